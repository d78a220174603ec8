import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { button, eventually, IN_GREENHOUSE, inEachBrowser, only, SEND, status } from './setup.js';

const WAITING = status(/^Waiting/);
const NOT_SENT = status('Not sent');
const CHECK = status('Check in Greenhouse');
const LINK_TO_PROFILE = { role: 'textbox', name: 'Link to the profile in Greenhouse' };

inEachBrowser(
  'what goes wrong on the way to Greenhouse',
  (world) => {
    /** Somebody whose button is pressed while Greenhouse does what `fault` says. */
    async function pressed(fault) {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      await world.settled();
      if (fault) await world.faults(fault);
      await page.click(SEND);
      return { person, page };
    }

    const fills = (count, person) => async () => {
      const found = await world.inGreenhouse(person);
      assert.ok(found.length <= count, `${found.length} times in Greenhouse`);
      return found.length === count ? found[0] : undefined;
    };

    test('Greenhouse is busy: it waits and goes out by itself', async () => {
      const { person, page } = await pressed({ kind: 'throttle', retry_after: 3 });
      await page.waitFor(status(/^Waiting: Greenhouse is busy/));
      await page.waitForText('Greenhouse asked us to slow down. The send goes out by itself.');
      await world.screenshot(page, 'waiting');
      assert.equal(await world.badge(), '1');
      await page.activate();
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
      assert.equal(await world.badge(), '');
    });

    for (const [kind, sentence] of [
      ['bad_request', 'Greenhouse rejected this candidate.'],
      ['unprocessable', 'Greenhouse rejected this candidate.'],
      ['forbidden', 'The Greenhouse user is not allowed to do this.'],
    ]) {
      test(`refused (${kind}): a reason, and Try again works`, async () => {
        const { person, page } = await pressed({ kind });
        await page.waitFor(NOT_SENT);
        await page.waitForText(sentence);
        assert.deepEqual(await world.inGreenhouse(person), []);
        if (kind === 'bad_request') await world.screenshot(page, 'refused');
        await page.click(button('Try again'));
        await page.waitFor(IN_GREENHOUSE);
        await world.theOneInGreenhouse(person);
      });
    }

    test('created, and the answer lost: a person looks, and says it is there', async () => {
      const { person, page } = await pressed({ kind: 'reset_after_commit' });
      await page.waitFor(CHECK);
      await page.waitForText('ATSi never sends twice by itself');
      await world.screenshot(page, 'uncertain');
      assert.equal(await world.badge(), '1');
      const { applications } = await world.theOneInGreenhouse(person);
      await page.fill(LINK_TO_PROFILE, applications[0].profile_url);
      await page.press('Enter');
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
      await page.click({ role: 'link', name: 'Open' });
      await world.browser.takeTab(applications[0].profile_url);
    });

    test('a link that leads to no profile: a sentence, and nothing changes', async () => {
      const { person, page } = await pressed({ kind: 'reset_after_commit' });
      await page.waitFor(CHECK);
      await page.fill(LINK_TO_PROFILE, 'https://example.com/people/1');
      await page.click(button('It is there'));
      await world.settled();
      await only(page, CHECK);
      await page.waitFor(LINK_TO_PROFILE);
      await world.theOneInGreenhouse(person);
    });

    for (const kind of ['server_error_after_commit', 'html_after_commit', 'truncated', 'empty', 'html_ok']) {
      test(`an answer that says nothing clear (${kind}): never sent twice by itself`, async () => {
        const { person, page } = await pressed({ kind });
        await page.waitFor(CHECK);
        await page.reload();
        await page.waitFor(CHECK);
        assert.ok((await world.inGreenhouse(person)).length <= 1);
      });
    }

    test('the connection lost before anything was created: sent again on a person’s word', async () => {
      const { person, page } = await pressed({ kind: 'reset_before_commit' });
      await page.waitFor(CHECK);
      assert.deepEqual(await world.inGreenhouse(person), []);
      await page.click(button('It is not there, send again'));
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('the key taken away meanwhile: it waits for a repair, and goes out after it', async () => {
      const { person, page } = await pressed({ kind: 'unauthorized', times: null });
      await page.waitFor(status(/^Waiting: the connection needs repair/));
      const options = await world.openOwn('options.html');
      await options.waitFor(status('The connection needs repair'));
      await world.screenshot(options, 'options-repair');
      await options.close();
      await world.sandbox.control('DELETE', 'faults');
      await world.connect();
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('the proxy is dead when the button is pressed: it waits, and goes out when the proxy is back', async () => {
      const { person, page } = await world.withoutProxy();
      await page.click(SEND);
      await page.waitFor(status('Waiting'));
      await page.waitForText('The ATSi proxy does not answer.');
      await world.proxy.start();
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('the proxy dies while Greenhouse works: one candidate, and after its start the truth', async () => {
      const { person, page } = await pressed({ kind: 'slow_after_commit', after_ms: 10_000 });
      await eventually('the candidate in Greenhouse', fills(1, person));
      await world.proxy.kill();
      await page.waitFor(status('Waiting'));
      await world.proxy.start();
      await page.click(button('Try now'));
      // The proxy knows that it had asked, and not what Greenhouse did: a person decides.
      await page.waitFor(CHECK);
      await page.fill(LINK_TO_PROFILE, (await world.theOneInGreenhouse(person)).applications[0].profile_url);
      await page.press('Enter');
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test("another program at the proxy's address: it says so, waits, and goes out to the right one", async () => {
      const { person, page } = await world.withoutProxy();
      const impostor = createServer((request, response) => {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>Welcome</title>');
      });
      await new Promise((resolve) => impostor.listen(Number(new URL(world.proxy.url).port), '127.0.0.1', resolve));
      await page.click(SEND);
      await page.waitFor(status('Waiting'));
      await page.waitForText('What answers at the proxy address is not an ATSi proxy.');
      impostor.closeAllConnections();
      await new Promise((resolve) => impostor.close(resolve));
      await world.proxy.start();
      await page.click(button('Try now'));
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });
  },
  { expected: ['net::ERR_'] },
);

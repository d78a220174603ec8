import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { button, eventually, IN_GREENHOUSE, inEachBrowser, only, SEND, status } from './setup.js';

const WAITING = status(/^Waiting/);
const NOT_SENT = status('Not sent');
const CHECK = status('Check in Greenhouse');
const LINK_TO_PROFILE = { role: 'textbox', name: 'Address of the profile in Greenhouse' };

inEachBrowser(
  'what goes wrong on the way to Greenhouse',
  (world) => {
    /** Somebody whose button is clicked while Greenhouse does what `fault` says. */
    async function clicked(fault) {
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

    test('a send waits while Greenhouse is busy and goes out automatically', async () => {
      const { person, page } = await clicked({ kind: 'throttle', retry_after: 3 });
      await page.waitFor(status(/^Waiting: Greenhouse is busy/));
      await page.waitForText('Greenhouse asked ATSi to slow down. The send goes out automatically.');
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
      test(`a refused send (${kind}) shows the reason and can be tried again`, async () => {
        const { person, page } = await clicked({ kind });
        await page.waitFor(NOT_SENT);
        await page.waitForText(sentence);
        assert.deepEqual(await world.inGreenhouse(person), []);
        if (kind === 'bad_request') await world.screenshot(page, 'refused');
        await page.click(button('Try again'));
        await page.waitFor(IN_GREENHOUSE);
        await world.theOneInGreenhouse(person);
      });
    }

    test('a send with a lost answer is settled by linking the profile', async () => {
      const { person, page } = await clicked({ kind: 'reset_after_commit' });
      await page.waitFor(CHECK);
      await page.waitForText('ATSi never sends twice on its own');
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

    test('an address that is not a profile is explained and changes nothing', async () => {
      const { person, page } = await clicked({ kind: 'reset_after_commit' });
      await page.waitFor(CHECK);
      await page.fill(LINK_TO_PROFILE, 'https://example.com/people/1');
      await page.click(button('Link profile'));
      await world.settled();
      await only(page, CHECK);
      await page.waitFor(LINK_TO_PROFILE);
      await world.theOneInGreenhouse(person);
    });

    for (const kind of ['server_error_after_commit', 'html_after_commit', 'truncated', 'empty', 'html_ok']) {
      test(`a send with an unclear answer (${kind}) is never repeated automatically`, async () => {
        const { person, page } = await clicked({ kind });
        await page.waitFor(CHECK);
        await page.reload();
        await page.waitFor(CHECK);
        assert.ok((await world.inGreenhouse(person)).length <= 1);
      });
    }

    test('a send lost before it arrived is repeated when a person says so', async () => {
      const { person, page } = await clicked({ kind: 'reset_before_commit' });
      await page.waitFor(CHECK);
      assert.deepEqual(await world.inGreenhouse(person), []);
      await page.click(button('Send again: not in Greenhouse'));
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('a send waits while the key is revoked and goes out after the repair', async () => {
      const { person, page } = await clicked({ kind: 'unauthorized', times: null });
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

    test('a send waits while the proxy is down and goes out when it is back', async () => {
      const { person, page } = await world.withoutProxy();
      await page.click(SEND);
      await page.waitFor(status('Waiting'));
      await page.waitForText('The ATSi proxy isn’t responding.');
      await world.proxy.start();
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('a proxy that dies during a send creates one candidate and reports it after its restart', async () => {
      const { person, page } = await clicked({ kind: 'slow_after_commit', after_ms: 10_000 });
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

    test('a send waits while another program answers at the proxy address', async () => {
      const { person, page } = await world.withoutProxy();
      const impostor = createServer((request, response) => {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>Welcome</title>');
      });
      await new Promise((resolve) => impostor.listen(Number(new URL(world.proxy.url).port), '127.0.0.1', resolve));
      await page.click(SEND);
      await page.waitFor(status('Waiting'));
      await page.waitForText('The proxy address doesn’t lead to an ATSi proxy.');
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

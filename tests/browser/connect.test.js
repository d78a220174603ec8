import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { button, inEachBrowser, SEND, status } from './setup.js';

const CONNECT_FIRST = button('Send to ATS: connect first');

const listening = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const urlOf = (server) => `http://127.0.0.1:${server.address().port}`;

inEachBrowser(
  'connecting',
  (world) => {
    test('the button on a profile leads to the options before anyone has connected', async () => {
      const page = await world.open((await world.person()).url);
      await page.click(CONNECT_FIRST);
      await world.browser.takeTab(world.browser.extensionUrl('options.html'));
      await world.screenshot(page, 'not-connected');
    });

    const wrong = {
      'a wrong key': {
        typed: { key: '0000000000000000000000000000beef' },
        sentence: 'Greenhouse does not accept this API key. Copy it again',
      },
      'an unknown service user': {
        typed: { user: 'nobody@hartwell.example' },
        sentence: 'Greenhouse does not know this service user.',
      },
      'a wrong key where Greenhouse does not say which of the two is wrong': {
        switches: { identical_401_texts: true },
        typed: { key: '0000000000000000000000000000beef' },
        sentence: 'does not accept this API key together with this service user.',
      },
      'a Harvest key': {
        typed: async () => ({ key: (await world.makeKey('harvest')).key }),
        sentence: 'check that its type is Candidate Ingestion',
      },
      'a proxy address where nobody listens': {
        typed: async () => {
          const server = createServer();
          await listening(server);
          const proxy = urlOf(server);
          await new Promise((resolve) => server.close(resolve));
          return { proxy };
        },
        sentence: 'The ATSi proxy isn’t responding. Check that atsi-proxy is running',
      },
      'a proxy address that is another web server': {
        typed: async () => ({ proxy: world.sandbox.url }),
        sentence: 'The proxy address doesn’t lead to an ATSi proxy.',
      },
      'a proxy address of another kind': {
        typed: { proxy: 'ftp:/atsi.example.com' },
        sentence: 'The proxy address must begin with https://',
      },
      'a proxy elsewhere without encryption': {
        typed: { proxy: 'http://example.com' },
        sentence: 'A proxy on another computer needs an https:// address',
      },
      'a proxy address with a path': {
        typed: async () => ({ proxy: `${world.proxy.url}/v1` }),
        sentence: 'The proxy address ends after the host and port',
      },
    };
    for (const [what, { typed, sentence, switches = {} }] of Object.entries(wrong)) {
      test(`${what} is explained, and the input stays`, async () => {
        await world.sandbox.control('PUT', 'switches', { identical_401_texts: false, ...switches });
        const values = { proxy: world.proxy.url, key: world.key, user: world.serviceUser };
        Object.assign(values, typeof typed === 'function' ? await typed() : typed);
        const page = await world.openOwn('options.html');
        await world.fillOptions(page, values);
        await page.waitForText(sentence);
        const alerts = await page.evaluate(() =>
          [...document.querySelectorAll('[role=alert]:not([hidden])')].map((alert) => alert.textContent),
        );
        assert.equal(alerts.filter((text) => text.includes(sentence)).length, 1, 'in the alert');
        const shown = await page.evaluate(() => [...document.querySelectorAll('#connect input')].map((input) => input.value));
        assert.deepEqual(shown, [values.proxy, values.key, values.user]);
        assert.deepEqual(await page.all(status('Connected')), []);
        if (what === 'a wrong key') await world.screenshot(page, 'options-wrong-key');
      });
    }

    test('a proxy address that leads to another website is explained', async () => {
      const server = createServer((request, response) => {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>Welcome</title><h1>Welcome</h1>');
      });
      await listening(server);
      const page = await world.openOwn('options.html');
      await world.fillOptions(page, { proxy: urlOf(server) });
      await page.waitForText('The proxy address doesn’t lead to an ATSi proxy.');
      server.closeAllConnections();
      server.close();
    });

    test('a valid key connects and shows only its last four characters', async () => {
      const profile = await world.open((await world.person()).url);
      await profile.waitFor(CONNECT_FIRST);
      const page = await world.openOwn('options.html');
      await world.fillOptions(page);
      await page.waitFor(status('Connected'));
      const text = await page.waitForText(`••••${world.key.slice(-4)}`);
      assert.match(text, /Account Hartwell Service/);
      assert.ok(text.includes(world.serviceUser));
      const [html, values] = await page.evaluate(() => [
        document.documentElement.outerHTML,
        [...document.querySelectorAll('#connect input')].map((input) => input.value),
      ]);
      assert.ok(!`${html} ${values}`.includes(world.key), 'the key is still in the page');
      await world.screenshot(page, 'options-connected');
      await profile.waitFor(SEND);

      await page.reload();
      await page.waitFor(status('Connected'));
    });

    test('the key is not in any storage that a content script can read', async () => {
      const page = await world.openOwn('options.html');
      const stored = await page.evaluate(async () =>
        JSON.stringify(await (globalThis.browser ?? chrome).storage.local.get(null)),
      );
      assert.match(stored, /Hartwell/);
      assert.ok(!stored.includes(world.key));
    });

    test('Disconnect reaches open profiles', async () => {
      const profile = await world.open((await world.person()).url);
      await profile.waitFor(SEND);
      const page = await world.openOwn('options.html');
      await page.click(button('Disconnect'));
      await page.waitForNone(status('Connected'));
      await profile.waitFor(CONNECT_FIRST);
    });
  },
  // Chromium reports a request that nobody answers as an error of whoever made it.
  { connect: false, expected: ['net::ERR_CONNECTION_REFUSED'] },
);

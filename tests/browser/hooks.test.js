import { test } from 'node:test';
import { accessible, button, eventually, inEachBrowser, status } from './setup.js';

const MAKE = button('Make a secret key');
const textbox = (name) => ({ role: 'textbox', name });

inEachBrowser('web hooks in the options', (world) => {
  const subscribe = (url, secret) => world.sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);

  test('made, entered in Greenhouse, and what comes is listed by itself', async () => {
    const page = await world.openOwn('options.html');
    await page.waitFor(status('Connected'));
    await page.waitForText('No web hook of the list has come yet.');
    await page.click(MAKE);
    // The proxy of the tests is on this computer, and says what that means.
    await page.waitForText('Greenhouse cannot reach this address');
    const { value: url } = await page.waitFor(textbox('Endpoint URL'));
    const { value: secret } = await page.waitFor(textbox('Secret key'));
    await subscribe(url, secret);
    await page.waitForText(/ping.*once, at/);

    await world.send(await world.person());
    await page.activate();
    await page.waitForText(/Prospect created received \d+ s ago/);
    await page.waitForText('1 of 10 have come.');
    await page.waitForText(/Candidate has been hired not yet received/);
    await world.screenshot(page, 'options-hooks');

    // Somebody else may know the secret: the one before counts no longer at once.
    await page.click(button('Make one, and refuse the old key now'));
    await eventually('another secret', async () =>
      (await page.waitFor(textbox('Secret key'))).value !== secret || undefined,
    );
    await page.waitForNone({ role: 'text', name: /stays valid for seven days/ });
    await accessible(page);
    await subscribe(url, secret);
    await page.waitForText('Turned away: the signature was not right.');
    await page.close();

    const again = await world.openOwn('options.html');
    await again.waitForText('Turned away: the signature was not right.');
    await again.waitForNone(textbox('Secret key'));
  });

  test('before anybody has connected there is nothing to set up', async () => {
    const browser = await world.launch({});
    const page = await browser.openExtensionPage('options.html');
    await page.waitFor(textbox('Proxy address'));
    await page.waitForNone(MAKE);
    await browser.close();
  });
});

import { test } from 'node:test';
import { accessible, button, eventually, inEachBrowser, status } from './setup.js';

const MAKE = button('Create secret key');
const textbox = (name) => ({ role: 'textbox', name });

inEachBrowser('web hooks in the options', (world) => {
  const subscribe = (url, secret) => world.sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);

  test('a webhook entered in Greenhouse is listed when it is received', async () => {
    const page = await world.openOwn('options.html');
    await page.waitFor(status('Connected'));
    await page.waitForText('No webhooks received yet.');
    await page.click(MAKE);
    // The proxy of the tests is on this computer, and says what that means.
    await page.waitForText('Greenhouse can’t reach this address');
    const { value: url } = await page.waitFor(textbox('Endpoint URL'));
    const { value: secret } = await page.waitFor(textbox('Secret key'));
    await subscribe(url, secret);
    await page.waitForText(/ping.*Once:/);

    await world.send(await world.person());
    await page.activate();
    await page.waitForText(/Prospect created Received just now/);
    await page.waitForText('1 of 10 received.');
    await page.waitForText(/Candidate has been hired Not received yet/);
    await world.screenshot(page, 'options-hooks');

    // Somebody else may know the secret: the one before counts no longer at once.
    await page.click(button('Replace key (the old one stops now)'));
    await eventually('another secret', async () =>
      (await page.waitFor(textbox('Secret key'))).value !== secret || undefined,
    );
    await page.waitForNone({ role: 'text', name: /keeps working for seven days/ });
    await accessible(page);
    await subscribe(url, secret);
    await page.waitForText('Rejected: wrong signature.');
    await page.close();

    const again = await world.openOwn('options.html');
    await again.waitForText('Rejected: wrong signature.');
    await again.waitForNone(textbox('Secret key'));
  });

  test('webhooks are hidden before anyone has connected', async () => {
    const browser = await world.launch({});
    const page = await browser.openExtensionPage('options.html');
    await page.waitFor(textbox('Proxy address'));
    await page.waitForNone(MAKE);
    await browser.close();
  });
});

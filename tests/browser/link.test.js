/** A Greenhouse admin without the extension: a mail, its link, a page of the proxy's own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accessible, button, inEachBrowser, SEND, status } from './setup.js';

const textbox = (name) => ({ role: 'textbox', name });
const KEY = textbox('Greenhouse API key');
const USER = textbox('Service user e-mail');
const CONNECT_FIRST = button('Send to ATS: connect first');

async function post(url, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${url}: ${response.status}`);
  return response.json();
}

inEachBrowser(
  'A one-time link',
  (world) => {
    const linkIn = ({ text }) => /http:\S+\/connect\/\S+/.exec(text)[0];
    const newKey = async () => (await world.makeKey('candidate_ingestion')).key;

    test('the link in the e-mail connects the company once', async () => {
      const ASKER = 'noor@hartwell.example';
      const ADMIN = 'it@hartwell.example';
      const { proxy, sandbox } = world;
      await post(`${proxy.url}/v1/sign-in/code`, { email: ASKER });
      const code = await world.code(ASKER);
      const { token } = await post(`${proxy.url}/v1/sign-in`, { email: ASKER, code, device: 'test' });
      await post(`${proxy.url}/v1/connection/requests`, { admin_email: ADMIN, note: 'Please & thank you' }, token);

      const mail = await world.mail(ADMIN);
      const letter = await world.open(`${sandbox.url}/mailbox/${mail.name}`);
      await letter.waitForText(/Please & thank you/);
      await world.screenshot(letter, 'admin-mail');
      const link = linkIn(mail);
      const page = await world.open(link);
      await accessible(page);
      await page.fill(KEY, world.key.slice(0, -1));
      await page.fill(USER, world.serviceUser);
      await page.click(button('Check and connect'));
      await page.waitForText(/Not connected yet/);
      await page.waitForText(/has 31 characters/);
      await accessible(page);

      const made = await newKey();
      await page.fill(KEY, made);
      await page.press('Enter');
      await page.waitForText(/Thank you/);
      await accessible(page);
      const asked = await fetch(`${proxy.url}/v1/connection/requests`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal((await asked.json()).requests[0].state, 'done');
      await page.goto(link);
      await page.waitForText(/no longer works/);
      assert.ok(!readFileSync(proxy.logFile, 'utf8').includes(made));
    });

    test('a link requested in the extension can be revoked and requested again, and reports when it is used', async () => {
      const page = await world.signIn('lin@brightpath.example', 'Lin Torres');
      await page.click(button('I need help from my Greenhouse admin'));
      await page.waitFor(textbox('Your admin’s e-mail'));
      await accessible(page);
      const ask = async (email) => {
        await page.fill(textbox('Your admin’s e-mail'), email);
        await page.fill(textbox('Your note'), 'We would love to use this.');
        // Who double-clicks asks once.
        await page.click(button('Send e-mail'), 2);
        await page.waitForText(`${email} Sent`);
        return linkIn(await world.mail(email));
      };
      await page.fill(textbox('Your admin’s e-mail'), 'nobody');
      await page.press('Enter');
      await page.waitForText('address');
      const wrong = await ask('typo@brightpath.example');
      await page.click({ ...button('Revoke'), description: 'Revoke the link for typo@brightpath.example' });
      await page.waitForText('typo@brightpath.example Revoked');
      const link = await ask('sam@brightpath.example');
      await accessible(page);
      await world.screenshot(page, 'welcome-asked');

      const profile = await world.open((await world.person()).url);
      await profile.waitFor(CONNECT_FIRST);
      const admin = await world.another();
      const theirs = await world.open(wrong, admin);
      await theirs.waitForText(/no longer works/);
      await theirs.goto(link);
      await theirs.fill(KEY, await newKey());
      await theirs.fill(USER, world.serviceUser);
      await theirs.click(button('Check and connect'));
      await theirs.waitForText(/Thank you/);
      await world.screenshot(theirs, 'admin-thanks');
      // Nobody touches the asker's browser meanwhile.
      await profile.waitFor(SEND);
      await page.activate();
      await page.waitForText('sam@brightpath.example Done: your company is connected');
      const mails = await world.sandbox.control('GET', 'mailbox');
      assert.equal(mails.filter(({ to }) => to === 'sam@brightpath.example').length, 1);
      await page.waitFor(status(/^Connected by .* You’re ready to send\.$/));
      await world.screenshot(page, 'welcome-done');
    });
  },
  { company: true, expected: ['status of 40', 'status of 422', 'net::ERR_CONNECTION_REFUSED'] },
);

/** A Greenhouse admin without the extension: a mail, its link, a page of the proxy's own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { eventually } from './driver.js';
import { Proxy, Sandbox } from './servers.js';
import { button, inEachBrowser } from './setup.js';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const ASKER = 'noor@hartwell.example';
const ADMIN = 'it@hartwell.example';

async function post(url, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${url}: ${response.status}`);
  return response.json();
}

inEachBrowser(
  'A one-time link',
  (world) => {
    test('is in the mail, and connects the company once', async (t) => {
      const folder = await world.folder();
      const sandbox = await Sandbox.start(['--mail-dir', folder]);
      t.after(() => sandbox.stop());
      const proxy = await Proxy.start(sandbox, ['--mode', 'company', '--mail-dir', folder]);
      t.after(() => proxy.stop());
      const mail = (to) =>
        eventually(`mail to ${to}`, async () => {
          const all = await sandbox.control('GET', 'mailbox');
          return all.find((one) => one.to === to);
        });
      await post(`${proxy.url}/v1/sign-in/code`, { email: ASKER });
      const code = /^ {4}([\d ]+)$/m.exec((await mail(ASKER)).text)[1];
      const { token } = await post(`${proxy.url}/v1/sign-in`, { email: ASKER, code, device: 'test' });
      await post(`${proxy.url}/v1/connection/requests`, { admin_email: ADMIN, note: 'Please & thank you' }, token);

      const { name, text } = await mail(ADMIN);
      const letter = await world.open(`${sandbox.url}/mailbox/${name}`);
      await letter.waitForText(/Please & thank you/);
      const [link] = /http:\S+\/connect\/\S+/.exec(text);
      const page = await world.open(link);
      const key = { role: 'textbox', name: 'Greenhouse API key' };
      const user = { role: 'textbox', name: 'Service user e-mail' };
      await accessible(page);
      await page.fill(key, world.key.slice(0, -1));
      await page.fill(user, world.serviceUser);
      await page.click(button('Check and connect'));
      await page.waitForText(/Not connected yet/);
      await page.waitForText(/has 31 characters/);
      await accessible(page);

      const { key: made } = await sandbox.control('POST', 'greenhouse/keys', {
        key_type: 'candidate_ingestion',
        partner: 'Jopwell',
      });
      await page.fill(key, made);
      await page.press('Enter');
      await page.waitForText(/Thank you/);
      await accessible(page);
      const asked = await fetch(`${proxy.url}/v1/connection/requests`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal((await asked.json()).requests[0].state, 'done');
      await page.goto(link);
      await page.waitForText(/counts no longer/);
      assert.ok(!readFileSync(proxy.logFile, 'utf8').includes(made));
    });
  },
  { connect: false },
);

async function accessible(page) {
  // What is shown may be known before the driver has let go of the page before.
  await eventually('the page has loaded', () =>
    page.evaluate(() => document.readyState === 'complete').catch(() => false),
  );
  await page.evaluate(`(() => {${axe}})()`);
  const { passes, violations } = await page.evaluate(async () => {
    const found = await window.axe.run(document);
    return { passes: found.passes.length, violations: found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`) };
  });
  assert.deepEqual(violations, []);
  assert.ok(passes > 5, 'axe-core has looked at something');
}

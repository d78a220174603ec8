import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browsers, eventually, launch } from './driver.js';

const extension = new URL('fixture', import.meta.url).pathname;

for (const name of browsers) {
  describe(`driver in ${name}`, () => {
    let server, site, profileDir, browser, page;

    before(async () => {
      server = createServer((request, response) => {
        response.setHeader('content-type', 'text/html');
        response.setHeader('content-security-policy', "default-src 'self'; script-src 'none'");
        response.end(`<!doctype html><title>A page</title><h1>At ${request.url}</h1>${'<br>'.repeat(200)}The end`);
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      site = `http://127.0.0.1:${server.address().port}`;
      profileDir = await mkdtemp(join(tmpdir(), 'atsi-driver-'));
      browser = await launch(name, { extension, profileDir });
      page = await browser.newPage();
      await page.goto(`${site}/first`);
    });

    after(async () => {
      await browser?.close();
      server?.close();
      await rm(profileDir, { recursive: true, force: true, maxRetries: 5 });
    });

    const button = { role: 'button', name: 'Ask the background' };

    test('the driver finds, scrolls to and clicks a button in a closed shadow root', async () => {
      await page.click(button);
      await page.waitFor({ role: 'status' });
      await page.waitForText('Trusted click, answer 1');
      assert.match(await page.text(), /^At \/first The end Ask the background Trusted click/);
    });

    test('the driver sees the focus inside a closed shadow root and presses keys', async () => {
      await page.reload();
      await page.press('Tab');
      await page.waitFor({ ...button, focused: true });
      assert.equal((await page.focused()).name, 'Ask the background');
      await page.press('Enter');
      await page.waitForText('Trusted click, answer 2');
    });

    test('the background restarts after the driver stops it', async () => {
      await browser.stopBackground();
      assert.equal(await browser.backgroundRuns(), false);
      await page.click(button);
      await page.waitForText('answer 1');
      assert.equal(await browser.backgroundRuns(), true);
    });

    test('the driver opens, fills, reloads and runs script in a page of the extension', async () => {
      const own = await browser.openExtensionPage('page.html');
      await own.fill({ role: 'textbox', name: 'Key' }, 'first');
      await own.fill({ role: 'textbox', name: 'Key' }, 'secret');
      await own.waitForText('6 characters');
      await own.reload();
      await own.waitForNone({ name: '6 characters' });
      const id = await own.evaluate((prefix) => prefix + (globalThis.browser ?? chrome).runtime.id, 'id ');
      assert.equal(id, `id ${browser.extensionId}`);
      await own.close();
    });

    test('the driver gives the extension its command, whether the background sleeps or not', async () => {
      await browser.stopBackground();
      await browser.pressCommand('note');
      assert.equal(await stored('command'), 'note');
    });

    test('the driver goes back in history', async () => {
      await page.goto(`${site}/second`);
      await page.waitFor({ role: 'heading', name: 'At /second' });
      await page.history(-1);
      await page.waitFor({ role: 'heading', name: 'At /first' });
    });

    test('the extension works after the driver reloads it under an open page', async () => {
      await browser.reloadExtension();
      await page.reload();
      await page.click(button);
      await page.waitForText('Trusted click, answer 1');
    });

    test('the driver takes a screenshot', async () => {
      const path = join(profileDir, 'screenshot.png');
      await page.screenshot(path);
      assert.equal((await readFile(path)).toString('latin1', 1, 4), 'PNG');
    });

    test('a wait that fails names what was on the page', async () => {
      assert.match(await page.outline(), /button "Ask the background"/);
    });

    test('stored data survives a restart of the browser on the same profile', async () => {
      await browser.close();
      browser = await launch(name, { extension, profileDir, wasm: false });
      page = await browser.newPage();
      await page.goto(site);
      assert.equal(await stored('command'), 'note');
    });

    test('the driver turns WebAssembly off in extension pages', async () => {
      const own = await browser.openExtensionPage('page.html');
      assert.equal(await own.evaluate(() => typeof WebAssembly), 'undefined');
      await own.close();
    });

    async function stored(key) {
      const own = await browser.openExtensionPage('page.html');
      const value = await eventually(`${key} to be stored`, async () => {
        const found = await own.evaluate((wanted) => (globalThis.browser ?? chrome).storage.local.get(wanted), key);
        return found[key];
      });
      await own.close();
      return value;
    }
  });
}

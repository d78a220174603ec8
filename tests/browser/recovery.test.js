import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { button, eventually, IN_GREENHOUSE, inEachBrowser, only, SEND, status } from './setup.js';

/** The built extension in a folder of the test's own, to change it. */
async function copied(extension, folder) {
  cpSync(extension, folder, { recursive: true });
  return folder;
}

inEachBrowser(
  'the extension ends in the middle of its work',
  (world) => {
    /** Somebody whose send Greenhouse takes its time over. */
    async function underWay(after_ms) {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      await world.settled();
      await world.faults({ kind: 'slow', after_ms });
      await page.click(SEND);
      await page.waitFor(status('Sending…'));
      return { person, page };
    }

    test('a send’s outcome arrives after the worker was stopped', async () => {
      const { person, page } = await underWay(3_000);
      await world.browser.stopBackground();
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
      assert.equal(await world.badge(), '');
    });

    test('a send’s outcome arrives after the worker was stopped and the page closed', async () => {
      const { person, page } = await underWay(3_000);
      await page.close();
      await world.browser.stopBackground();
      // The shortest alarm that browsers promise is half a minute.
      await eventually('the worker', async () => (await world.browser.backgroundRuns()) || undefined, undefined, 60_000);
      const popup = await world.popup();
      await popup.waitForText(person.name);
      await popup.waitForNone(status('Sending…'));
      await world.theOneInGreenhouse(person);
    });

    test('a send’s outcome arrives after the extension was reloaded', async () => {
      const { person, page } = await underWay(3_000);
      await world.browser.reloadExtension();
      await page.waitFor(IN_GREENHOUSE);
      await world.settled();
      await only(page, IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('a click starts a stopped worker and counts', async () => {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      await world.settled();
      await world.browser.stopBackground();
      await page.click(SEND);
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('a send’s outcome arrives after the browser was closed', async () => {
      const { person } = await underWay(2_000);
      await world.restartBrowser();
      const page = await world.open(person.url);
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('a send stays uncertain after browser and proxy died, and is not repeated', async () => {
      const { person } = await underWay(20_000);
      await eventually('Greenhouse to have the request', async () => {
        const waiting = await world.sandbox.control('GET', 'faults');
        return waiting.length === 0 || undefined;
      });
      await world.restartBrowser(async () => {
        await world.proxy.kill();
        await world.proxy.start();
      });
      const page = await world.open(person.url);
      await page.waitFor(status('Check in Greenhouse'));
      assert.deepEqual(await world.inGreenhouse(person), []);
      await page.click(button('Send again: not in Greenhouse'));
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('a send goes out after browser and proxy restart, without an open page', async () => {
      const { person, page } = await world.withoutProxy();
      await page.click(SEND);
      await page.waitFor(status('Waiting'));
      await world.restartBrowser(() => world.proxy.start());
      await eventually('the candidate in Greenhouse', async () => (await world.inGreenhouse(person))[0]);
      const popup = await world.popup();
      await popup.waitForNone(status(/^(Sending|Waiting)/));
      await world.theOneInGreenhouse(person);
    });

    /** Waits for the new copy's view: the old one's was marked before. */
    async function exchanged(page, exchange) {
      await page.evaluate(() => {
        for (const view of document.querySelectorAll('atsi-view')) view.setAttribute('data-before', '');
      });
      await exchange();
      await eventually('the view of the new copy', async () => {
        const marks = await page.evaluate(() =>
          [...document.querySelectorAll('atsi-view')].map((view) => view.hasAttribute('data-before')),
        );
        return (marks.length > 0 && !marks.includes(true)) || undefined;
      });
      await world.settled();
    }

    test('an extension reloaded twice under an open page has one working button', async () => {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      for (let times = 0; times < 2; times += 1) {
        await exchanged(page, () => world.browser.reloadExtension());
        await page.waitFor(SEND);
        await only(page, SEND);
      }
      await page.click(SEND);
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
      await exchanged(page, () => world.browser.reloadExtension());
      await page.waitFor(IN_GREENHOUSE);
      await only(page, IN_GREENHOUSE);
    });

    test('an extension updated twice under an open page has one working button', async () => {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      const file = join(world.extension, 'manifest.json');
      for (const part of [1, 2]) {
        const manifest = JSON.parse(readFileSync(file, 'utf8'));
        const update = { ...manifest, version: `${manifest.version.split('.').slice(0, 3).join('.')}.${part}` };
        writeFileSync(file, JSON.stringify(update));
        await exchanged(page, () => world.browser.installExtension());
        await page.waitFor(SEND);
        await only(page, SEND);
      }
      await page.click(SEND);
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });
  },
  { keepProfile: true, prepare: copied, expected: ['net::ERR_'] },
);

/**
 * A core that traps for real, once each: while it takes up the first click, and when it would read the
 * answer to the second one's request. The clock is an import that every event asks for, so a module of
 * one `unreachable` runs in its place.
 */
const TRAPPING = `
const unreachable = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11,
]))).exports.t;
let clicks = 0, isArmed = false;
const trapWhereArmed = () => {
  if (!isArmed) return;
  isArmed = false;
  globalThis.trapped = (globalThis.trapped ?? 0) + 1;
  unreachable();
};
const realFetch = globalThis.fetch;
globalThis.fetch = async (url, options) => {
  const answer = await realFetch(url, options);
  if (String(url.url ?? url).endsWith('/v1/sends') && clicks > 1 && !globalThis.hasAnswered) {
    globalThis.hasAnswered = true;
    isArmed = true;
  }
  return answer;
};
`;

async function trapping(extension, folder) {
  await copied(extension, folder);
  const file = join(folder, 'core.js');
  const core = readFileSync(file, 'utf8');
  const patched = core
    .replace(/(__wbg_now_\w+: function\(\) \{)/, '$1 trapWhereArmed();')
    .replace(/(export function ask\((\w+)[^)]*\) \{)/, "$1 if (JSON.parse($2).ask === 'press' && (clicks += 1) === 1) isArmed = true;");
  assert.equal(patched.match(/trapWhereArmed\(\);|clicks \+= 1/g)?.length, 2, 'both places were found in core.js');
  writeFileSync(file, TRAPPING + patched);
  return folder;
}

inEachBrowser(
  'a core that traps',
  (world) => {
    test('a fresh core takes over after a trap and neither loses nor repeats a send', async () => {
      for (const when of ['at the click', 'at the answer']) {
        const person = await world.person();
        const page = await world.open(person.url);
        await page.waitFor(SEND);
        await world.settled();
        await page.click(SEND);
        await page.waitFor(IN_GREENHOUSE);
        await world.theOneInGreenhouse(person);
        assert.deepEqual(await page.all(button(/stopped/)), [], when);
      }
      assert.equal(await traps(), 2);
    });

    /** How often it has trapped, said by the background itself. */
    async function traps() {
      if (world.name === 'chromium') return world.browser.workerEvaluate(() => globalThis.trapped);
      const page = await world.openOwn('popup.html');
      return page.evaluate(async () => (await browser.runtime.getBackgroundPage()).trapped);
    }
  },
  // Requests in progress fail as well: the trapped core left its state half updated, and its closures are freed.
  { prepare: trapping, expected: ['unreachable', 'RuntimeError', 'Lifetime', 'already borrowed', 'previous WASM instance'] },
);

import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, IN_GREENHOUSE, inEachBrowser, only, SEND, status } from './setup.js';

const SENDING = status('Sending…');

/** Long enough to do something in the middle of a send; the end is waited for, not the time. */
const SLOW = { kind: 'slow', after_ms: 4_000 };

/** How many POST /candidates Greenhouse has answered. */
async function posts(world) {
  const { calls } = await world.sandbox.control('GET', 'state');
  return Object.values(calls.post_candidates ?? {}).reduce((sum, count) => sum + count, 0);
}

/** Presses Send, and returns while Greenhouse is still at it. */
async function inTheMiddle(world, person) {
  const before = await posts(world);
  await world.faults(SLOW);
  const page = await world.open(person.url);
  await page.click(SEND);
  await page.waitFor(SENDING);
  await eventually('Greenhouse to have the request', async () => {
    const rules = await world.sandbox.control('GET', 'faults');
    return rules.length === 0 || undefined;
  });
  assert.equal(await posts(world), before, 'not answered yet');
  return page;
}

/** It arrived, once, and Greenhouse was asked once. */
async function sentOnce(world, person, before) {
  await world.theOneInGreenhouse(person);
  assert.equal(await posts(world), before + 1);
}

inEachBrowser(
  'recovery',
  (world) => {
    test('worker stopped in the middle of a send: the outcome arrives on the page, by itself', async () => {
      const person = await world.person();
      const before = await posts(world);
      const page = await inTheMiddle(world, person);
      await world.browser.stopBackground();
      await page.waitFor(IN_GREENHOUSE);
      await world.settled();
      await only(page, IN_GREENHOUSE);
      await sentOnce(world, person, before);
    });

    test('worker stopped in the middle of a send, page closed: the worker comes back for the outcome', async () => {
      const person = await world.person();
      const before = await posts(world);
      const page = await inTheMiddle(world, person);
      await page.close();
      await world.browser.stopBackground();
      // The browser's shortest alarm is half a minute.
      await eventually('the worker', async () => (await world.browser.backgroundRuns()) || undefined, undefined, 60_000);
      const popup = await world.popup();
      await popup.waitForNone(SENDING);
      await popup.waitForText(person.name);
      await popup.waitFor(IN_GREENHOUSE);
      await sentOnce(world, person, before);
    });

    test('worker stopped between two sends: the button of a page that was open works', async () => {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      await world.settled();
      await world.browser.stopBackground();
      const before = await posts(world);
      await page.click(SEND);
      await page.waitFor(IN_GREENHOUSE);
      await sentOnce(world, person, before);
    });

    test('browser closed in the middle of a send, started again on the same profile: the outcome is there', async () => {
      const person = await world.person();
      const before = await posts(world);
      await inTheMiddle(world, person);
      await world.restartBrowser();
      const page = await world.open(person.url);
      await page.waitFor(IN_GREENHOUSE);
      const popup = await world.popup();
      await popup.waitForText(person.name);
      await popup.waitForNone(SENDING);
      await sentOnce(world, person, before);
    });

    test('browser closed and the proxy killed in the middle of a send: one candidate at most, and it says what it knows', async () => {
      const person = await world.person();
      await inTheMiddle(world, person);
      await world.restartBrowser(async () => {
        await world.proxy.kill();
        await world.proxy.start();
      });
      const page = await world.open(person.url);
      // The request was on its way when the proxy died: nobody can know, so a person has to look.
      await page.waitFor(status(/^(Check in Greenhouse|In Greenhouse)/));
      assert.ok((await world.inGreenhouse(person)).length <= 1);
    });

    test('extension reloaded under an open page: exactly one button, and it works; twice', async () => {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      for (let times = 0; times < 2; times += 1) {
        await page.evaluate(() => document.querySelector('atsi-view').setAttribute('data-old', ''));
        await world.browser.reloadExtension();
        await eventually('a new button in place of the old', async () => {
          const views = await page.evaluate(() =>
            [...document.querySelectorAll('atsi-view')].map((view) => view.hasAttribute('data-old')),
          );
          return (views.length === 1 && !views[0]) || undefined;
        });
        await world.settled();
        await only(page, SEND);
      }
      const before = await posts(world);
      await page.click(SEND);
      await page.waitFor(IN_GREENHOUSE);
      await world.settled();
      await only(page, IN_GREENHOUSE);
      await sentOnce(world, person, before);
    });

    test('extension reloaded in the middle of a send: the outcome arrives', async () => {
      const person = await world.person();
      const before = await posts(world);
      const page = await inTheMiddle(world, person);
      await world.browser.reloadExtension();
      await page.waitFor(IN_GREENHOUSE);
      await world.settled();
      await only(page, IN_GREENHOUSE);
      await sentOnce(world, person, before);
    });

    test('extension installed anew over itself, as an update is: exactly one button, and it works', async () => {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      await page.evaluate(() => document.querySelector('atsi-view').setAttribute('data-old', ''));
      await world.browser.installExtension();
      await eventually('a new button', async () => {
        const fresh = await page.evaluate(() => document.querySelector('atsi-view:not([data-old])') !== null);
        return fresh || undefined;
      });
      await world.settled();
      await only(page, SEND);
      await page.click(SEND);
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });
  },
  { keepProfile: true },
);

/**
 * A copy of the extension whose core executes `unreachable`, once for each of these people: while it
 * takes the press, before anything is on disk; or when the proxy's answer has come.
 */
const TRAPS = { Trapone: 'at the press', Traptwo: 'at the answer' };
async function trapping(built, folder) {
  await cp(built, folder, { recursive: true });
  const path = join(folder, 'core.js');
  const core = await readFile(path, 'utf8');
  const [clock, press] = ['Date.now();', 'export function ask(message,'];
  assert.equal(core.split(clock).length, 2, 'the core reads its clock in one place');
  assert.equal(core.split(press).length, 2);
  const unreachable = '0061736d0100000001040160000003020100070501016600000a05010300000b';
  const patched = core
    .replace(clock, 'trapAtClock();')
    .replace(press, 'export function ask(message, ...rest) { armTrap(message); return realAsk(message, ...rest); }\nfunction realAsk(message,');
  const trap = `
    const bytes = Uint8Array.from('${unreachable}'.match(/../g), (hex) => parseInt(hex, 16));
    const traps = ${JSON.stringify(TRAPS)};
    const sprung = new Set();
    let left = 0;
    function armTrap(message) {
      if (message.ask !== 'press') return;
      const whose = Object.keys(traps).find((name) => JSON.stringify(message).includes(name) && !sprung.has(name));
      if (!whose) return;
      sprung.add(whose);
      if (traps[whose] === 'at the press') left = 1;
      else {
        const fetched = self.fetch;
        self.fetch = async (url, options) => {
          const response = await fetched(url, options);
          if (!String(url).endsWith('/v1/sends')) return response;
          self.fetch = fetched;
          const body = await response.text();
          // The core's next step is to take this answer.
          return { status: response.status, text: async () => { left = 1; return body; } };
        };
      }
    }
    function trapAtClock() {
      if (left > 0 && --left === 0) {
        self.trapped = (self.trapped ?? 0) + 1;
        new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f();
      }
      return Date.now();
    }\n`;
  await writeFile(path, trap + patched);
  return folder;
}

inEachBrowser(
  'a core that traps',
  (world) => {
    for (const [name, when] of Object.entries(TRAPS)) {
      test(`${when}: a fresh one takes over, the send is not lost, and it is sent once`, async () => {
        const person = await world.person({ name: `Tessa ${name}` });
        const before = await posts(world);
        const page = await world.open(person.url);
        await page.waitFor(SEND);
        await world.settled();
        await page.click(SEND);
        await page.waitFor(IN_GREENHOUSE);
        await world.settled();
        await only(page, IN_GREENHOUSE);
        await sentOnce(world, person, before);
        // And the fresh core goes on working.
        await (await world.send(await world.person())).close();
      });
    }
  },
  { prepare: trapping, expected: ['unreachable'] },
);

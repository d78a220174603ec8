import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessible, eventually, inEachBrowser, status } from './setup.js';

const HOUR = 3_600_000;
const box = (name) => ({ role: 'checkbox', name });

/** The browser's own question can be answered by no test. Firefox can be told to answer it itself, */
const prefs = { 'extensions.webextOptionalPermissionPrompts': false };

/**
 * and in Chromium the permission is there from the start. That it is optional, `permissions.snapshot.json` says.
 */
async function allowed(built, folder) {
  if (built.endsWith('firefox')) return built;
  const extension = join(folder, 'extension');
  await cp(built, extension, { recursive: true });
  const file = join(extension, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  manifest.permissions.push(...manifest.optional_permissions);
  delete manifest.optional_permissions;
  await writeFile(file, JSON.stringify(manifest));
  return extension;
}

inEachBrowser(
  'notifications',
  (world) => {
    const control = (person, name, body = {}) =>
      world.sandbox.control('POST', `greenhouse/candidates/${person.candidate.id}/${name}`, body);

    async function hooks() {
      const made = await fetch(`${world.proxy.url}/v1/hooks/secret`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: `chrome-extension://${'a'.repeat(32)}` },
        body: '{}',
      });
      const { url, secret } = await made.json();
      await world.sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);
    }

    /** Somebody sent, and made a candidate on a job. */
    async function onAJob() {
      const person = await world.person();
      await (await world.send(person)).close();
      person.candidate = await world.theOneInGreenhouse(person);
      const { jobs } = await world.sandbox.control('GET', 'state');
      const job = jobs.find((one) => one.status === 'open' && one.stages.length > 3);
      await control(person, 'convert', { job_id: job.id });
      return person;
    }

    /** By the browser's own account: a headless Firefox closes each at once, and says so. */
    const shown = (page) =>
      page.evaluate(async () => {
        const { notifications } = globalThis.browser ?? globalThis.chrome;
        return [...globalThis.closedIds, ...Object.keys(await notifications.getAll())];
      });
    const clear = (page) =>
      page.evaluate(async () => {
        const { notifications } = globalThis.browser ?? globalThis.chrome;
        for (const id of Object.keys(await notifications.getAll())) await notifications.clear(id);
        globalThis.closedIds = [];
      });
    /** Chromium keeps those that nobody closed. */
    const listen = (page) =>
      page.evaluate((keeps) => {
        const { notifications } = globalThis.browser ?? globalThis.chrome;
        globalThis.closedIds = [];
        if (!keeps) notifications.onClosed.addListener((id) => globalThis.closedIds.push(id));
      }, world.name === 'chromium');

    /** The local time of day, as the page's input has it, so far from now. */
    const timeAt = (page, from) =>
      page.evaluate((moment) => {
        const at = new Date(moment);
        return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
      }, Date.now() + from);
    const setTime = (page, id, value) =>
      page.evaluate(
        ([field, time]) => {
          const input = document.getElementById(field);
          input.value = time;
          input.dispatchEvent(new Event('change', { bubbles: true }));
        },
        [id, value],
      );

    /** Quiet between two moments, so far from now, and kept so. */
    async function setQuiet(page, ...hours) {
      const times = [];
      for (const [index, id] of ['quiet-from', 'quiet-until'].entries()) {
        const time = await timeAt(page, hours[index] * HOUR);
        await setTime(page, id, time);
        times.push(Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
      }
      await eventually('quiet hours to be kept', async () => {
        const { quiet_from, quiet_until } = await kept(page);
        return (quiet_from === times[0] && quiet_until === times[1]) || undefined;
      });
    }

    const kept = (page) =>
      page.evaluate(async () => {
        const { settings } = await (globalThis.browser ?? globalThis.chrome).storage.local.get('settings');
        return settings.notifications;
      });

    /**
     * What waits is due, by the disk, and the worker starts anew: the clock and the alarm are waited for
     * once, below.
     */
    async function minutePasses(page) {
      await world.browser.stopBackground();
      await page.evaluate(async () => {
        const { local } = (globalThis.browser ?? globalThis.chrome).storage;
        const { settings } = await local.get('settings');
        settings.notifications.due = Date.now() - 1;
        await local.set({ settings });
      });
      await world.settled();
    }

    test('notifications are off at first, respect quiet hours, and are saved', async () => {
      await hooks();
      const page = await world.openOwn('options.html');
      for (const name of ['Hired', 'At the offer stage', 'Rejected']) await page.waitFor({ ...box(name), checked: false });
      assert.equal(await page.evaluate(() => document.getElementById('quiet-from').value), '20:00');
      assert.equal(await page.evaluate(() => document.getElementById('quiet-until').value), '08:00');
      await page.click(box('Hired'));
      await page.waitFor(status('Saved in this browser'));
      await page.click(box('Rejected'));
      await eventually('both to be kept', async () => {
        const { hired, offer, rejected } = (await kept(page)) ?? {};
        return hired && rejected && offer === null ? true : undefined;
      });
      await world.screenshot(page, 'options-notifications');
      await accessible(page);
      await page.reload();
      await page.waitFor({ ...box('Hired'), checked: true });
      await page.waitFor({ ...box('At the offer stage'), checked: false });
    });

    test('several changes within a minute make one notification, also when the worker stops', async () => {
      const page = await world.openOwn('options.html');
      await page.waitFor({ ...box('Hired'), checked: true });
      // Quiet only from in five hours on, whatever the time is here.
      await setQuiet(page, 5, 6);
      await page.waitFor(status('Saved in this browser'));
      await listen(page);
      await clear(page);
      const jopwell = await world.open('https://www.jopwell.com/search');
      const [one, two, moved] = [await onAJob(), await onAJob(), await onAJob()];
      await control(one, 'hire');
      await control(two, 'hire');
      // Not wanted.
      await control(moved, 'move', { stage: 'Offer' });
      const waiting = async () => (await kept(page))?.waiting?.length;
      await eventually('two that wait', async () => ((await waiting()) === 2 ? true : undefined));
      assert.deepEqual(await shown(page), []);
      await world.browser.stopBackground();
      const told = async () => {
        const ids = await shown(page);
        return ids.length > 0 ? ids : undefined;
      };
      const [id, ...more] = await eventually('a notification', told, undefined, 100_000);
      assert.match(id, /^candidates\.html#\d+$/);
      assert.deepEqual(more, []);
      assert.equal(await waiting(), 0);

      // Now it is quiet: whoever is rejected waits.
      await clear(page);
      await setQuiet(page, -1, 1);
      await control(moved, 'reject');
      await eventually('one that waits', async () => ((await waiting()) === 1 ? true : undefined));
      // With no page open nothing wakes the worker meanwhile.
      await jopwell.close();
      await minutePasses(page);
      assert.deepEqual(await shown(page), []);
      assert.equal(await waiting(), 1);
      // Quiet no more: it is told, alone, and leads to the person.
      await setQuiet(page, 5, 6);
      await minutePasses(page);
      const [person] = await eventually('the notification', told);
      assert.match(person, new RegExp(`^https://[^/]+\\.greenhouse\\.io/people/${moved.candidate.id}`));
    });
  },
  { prepare: allowed, prefs },
);

import assert from 'node:assert/strict';
import { figure } from './figures.js';
import { mounted, sendPeople, shifts, withEverything } from './setup.js';
import { trace } from './trace.js';

const ROWS = 1000;
const OURS = 300;
const LONGEST_TASK = 50;

const longest = (tasks) => Math.max(0, ...tasks);

/** Counts what the worker asks the proxy for, from now on. */
async function countLookUps(browser) {
  if (!(await browser.backgroundRuns())) await browser.startBackground();
  const target = browser.puppeteer.targets().findLast((one) => one.type() === 'service_worker');
  const { client } = await target.worker();
  let count = 0;
  client.on('Network.requestWillBeSent', ({ request }) => {
    if (new URL(request.url).pathname === '/v1/lookups') count += 1;
  });
  await client.send('Network.enable');
  return () => count;
}

/** Resolves when the list is `filtered`, `sorted` or as it was, and painted. */
const painted = (page, wanted) =>
  page.evaluate(
    (state) =>
      new Promise((done) => {
        const now = () => {
          if (document.documentElement.hasAttribute('data-atsi-list')) return 'filtered';
          const last = [...document.querySelectorAll('tr.person')].findLastIndex(({ dataset }) => dataset.atsiItem === 'ours');
          return document.querySelectorAll('tr.person[data-atsi-item=ours]').length === last + 1 ? 'sorted' : null;
        };
        const look = () =>
          now() === state ? requestAnimationFrame(() => setTimeout(done)) : requestAnimationFrame(look);
        look();
      }),
    wanted,
  );

/**
 * What the main thread does from the press of a switch until the list stands as it says, and is painted. By
 * keyboard, in a tab whose accessibility tree nobody has asked for: to keep that current is work, too.
 * @returns {Promise<Record<string, {work: number, script: number}[]>>} by switch; the first press is not counted
 */
async function switches(browser, address) {
  const page = await browser.newPage();
  await page.goto(address);
  await mounted(page, OURS + 1);
  await page.press('Shift+Tab');
  const isOurs = await page.evaluate(() => document.activeElement.localName === 'atsi-view');
  assert.ok(isOurs, 'the focus is in the toolbar');
  const times = { filtered: [], sorted: [] };
  for (const name of ['filtered', 'sorted']) {
    if (name === 'sorted') await page.press('Shift+Tab');
    for (const wanted of [name, null, name, null]) {
      const pressed = async () => {
        const done = painted(page, wanted);
        await page.press('Enter');
        await done;
      };
      times[name].push(await trace(page, pressed));
    }
  }
  await page.close();
  return { filtered: times.filtered.slice(2), sorted: times.sorted.slice(2) };
}

/** The same in a browser without us: a script of the page moves as many rows, and hides the others. */
async function byThePage(page) {
  const measure = (change, ...more) =>
    trace(page, () =>
      page.evaluate(
        (what, ours) =>
          new Promise((done) => {
            requestAnimationFrame(() => {
              const rows = [...document.querySelectorAll('tr.person')];
              const step = Math.floor(rows.length / ours);
              const chosen = rows.filter((_, index) => index % step === 0).slice(0, ours);
              if (what === 'sort') rows[0].before(...chosen);
              else for (const row of rows) row.style.visibility = what === 'hide' && !chosen.includes(row) ? 'collapse' : '';
              requestAnimationFrame(() => setTimeout(done));
            });
          }),
        change,
        ...more,
      ),
    );
  await page.activate();
  await measure('sort', OURS);
  return {
    filtered: [await measure('hide', OURS), await measure('show', OURS)],
    sorted: [await measure('sort', OURS), await measure('sort', OURS)],
  };
}

/** A long candidate list in Greenhouse, a good part of it ours. */
export async function list() {
  return withEverything(async ({ sandbox, proxy, browser, open }) => {
    await sendPeople(browser, proxy, OURS);
    const { candidates } = await sandbox.control('GET', 'state');
    await sandbox.control('POST', 'greenhouse/fill', { count: ROWS - candidates.length });
    const address = `https://app.greenhouse.io/people?per_page=${ROWS}`;
    const rows = () => document.querySelectorAll('tr.person').length;

    const plain = await (await open()).newPage();
    const without = await trace(plain, () => plain.goto(address));

    const page = await browser.newPage();
    // At its very first contact the worker does not know yet from which change on it will be told, and asks twice.
    await page.goto(address);
    await mounted(page, OURS);
    await page.goto('about:blank');
    await browser.stopBackground();
    const lookUps = await countLookUps(browser);
    const withUs = await trace(page, async () => {
      await page.goto(address);
      await mounted(page, OURS);
    });
    await page.waitFor({ role: 'button', name: 'Only Jopwell' });
    const moved = (await page.evaluate(shifts)) - (await plain.evaluate(shifts));
    assert.equal(await page.evaluate(rows), ROWS);
    assert.equal((await page.text()).split('Source = Jopwell').length - 1, OURS, 'badges');

    const byPage = await byThePage(plain);

    const what = `list of ${ROWS} rows, ${OURS} ours`;
    return [
      figure(`${what}: look-ups`, lookUps(), '', { most: 1 }),
      figure(`${what}: script`, withUs.script, 'ms'),
      figure(`${what}: longest task, our script in it`, longest(withUs.tasks.map(({ script }) => script)), 'ms', {
        most: LONGEST_TASK,
      }),
      figure(
        `${what}: longest task that our script is in`,
        longest(withUs.tasks.filter(({ script }) => script > 0).map(({ length }) => length)),
        'ms',
      ),
      figure(`${what}: longest task of the page`, longest(withUs.tasks.map(({ length }) => length)), 'ms', {
        baseline: longest(without.tasks.map(({ length }) => length)),
      }),
      figure(`${what}: layout shift caused by badges and toolbar`, moved, '', { most: 0 }),
      ...Object.entries(await switches(browser, address)).flatMap(([name, traces]) => [
        figure(`${what}, ${name}: our script`, longest(traces.map(({ script }) => script)), 'ms', { most: LONGEST_TASK }),
        figure(`${what}, ${name}: all work of the main thread`, longest(traces.map(({ work }) => work)), 'ms', {
          baseline: longest(byPage[name].map(({ work }) => work)),
        }),
      ]),
    ];
  });
}

import assert from 'node:assert/strict';
import { figure } from './figures.js';
import { mounted, sendPeople, withEverything } from './setup.js';
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
    const lookUps = await countLookUps(browser);
    const withUs = await trace(page, async () => {
      await page.goto(address);
      await mounted(page, OURS);
    });
    assert.equal(await page.evaluate(rows), ROWS);
    assert.equal((await page.text()).split('Source = Jopwell').length - 1, OURS, 'badges');

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
    ];
  });
}

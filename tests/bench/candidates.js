import assert from 'node:assert/strict';
import { join } from 'node:path';
import { figure, median } from './figures.js';
import { runProxyBench } from './proxy.js';
import { withEverything } from './setup.js';
import { trace } from './trace.js';

const PEOPLE = 50_000;
const OPENINGS = 5;
const LONGEST_TASK = 50;
const FIRST_ROWS = 300;

/** Runs in the page: milliseconds from the opening to the first painted row. */
const firstRows = () =>
  new Promise((tell) => {
    const look = () =>
      document.querySelector('#rows tr:not(.space)')
        ? requestAnimationFrame(() => setTimeout(() => tell(performance.now())))
        : requestAnimationFrame(look);
    look();
  });

/** Runs in the page: by wheel steps, by pages and by the whole length, a step a frame. */
async function scrollAbout() {
  const scroll = document.getElementById('scroll');
  const frame = () => new Promise(requestAnimationFrame);
  for (const [step, count] of [
    [100, 60],
    [700, 60],
    [scroll.scrollHeight / 20, 20],
    [-scroll.scrollHeight / 7, 7],
  ]) {
    for (let index = 0; index < count; index += 1) {
      scroll.scrollTop += step;
      await frame();
    }
  }
}

/** Runs in the page: whether the rows in sight are drawn, and which they are. */
function inSight() {
  const box = document.getElementById('scroll').getBoundingClientRect();
  const at = (y) => document.elementFromPoint(box.left + 20, y)?.closest('tr')?.getAttribute('aria-rowindex');
  return { top: at(box.top + 60), bottom: at(box.bottom - 30), rows: document.querySelectorAll('#rows tr').length };
}

/** *All Jopwell candidates* with 50,000 of them. */
export async function candidates() {
  return withEverything(async ({ proxy, browser }) => {
    await proxy.kill();
    runProxyBench('fill', join(proxy.folder, 'atsi.db'), String(PEOPLE));
    await proxy.start();
    const all = { role: 'status', name: '50,000 candidates' };

    const times = [];
    for (let turn = 0; turn < OPENINGS; turn += 1) {
      const page = await browser.newPage();
      await page.goto(browser.extensionUrl('candidates.html'));
      times.push(await page.evaluate(firstRows));
      if (turn < OPENINGS - 1) await page.close();
    }
    const page = await browser.openExtensionPage('candidates.html');
    const reading = await trace(page, async () => {
      await page.reload();
      await page.evaluate(
        (words) =>
          new Promise((done) => {
            const look = () =>
              document.getElementById('count').textContent === words ? done() : setTimeout(look, 100);
            look();
          }),
        all.name,
      );
    });
    const scrolling = await trace(page, () => page.evaluate(scrollAbout));
    const seen = await page.evaluate(inSight);
    assert.ok(seen.top && seen.bottom && seen.rows < 100, JSON.stringify(seen));
    const sorted = await trace(page, () =>
      page.evaluate(async () => {
        document.querySelector('th button').click();
        await new Promise(requestAnimationFrame);
      }),
    );
    const longest = ({ tasks }) => Math.max(0, ...tasks.map(({ length }) => length));
    const what = `all candidates, ${PEOPLE}`;
    return [
      figure(`${what}: first rows after opening`, median(times), 'ms', { most: FIRST_ROWS }),
      figure(`${what}: longest task while they are read`, longest(reading), 'ms', { most: LONGEST_TASK }),
      figure(`${what}: longest task while scrolling`, longest(scrolling), 'ms', { most: LONGEST_TASK }),
      figure(`${what}: sorted by another column`, longest(sorted), 'ms'),
    ];
  });
}

import { figure, median } from './figures.js';
import { mounted, sendPeople, shifts, withEverything } from './setup.js';
import { trace } from './trace.js';

const ROWS = 1000;
const OURS = 300;
const LOADS = 3;
const LONGEST_TASK = 50;
const ADDRESS = 'https://www.jopwell.com/tracker';

const longest = (tasks) => Math.max(0, ...tasks);

/** Greenhouse's web hooks lead to the proxy, so that it knows each stage at once. */
async function hooks(browser, sandbox, proxy) {
  const made = await fetch(`${proxy.url}/v1/hooks/secret`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: browser.extensionUrl('').slice(0, -1) },
    body: '{}',
  });
  const { url, secret } = await made.json();
  await sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);
}

/** Loads the tracker and waits until `count` views of ours stand in it. */
async function load(page, count) {
  const began = Date.now();
  const traced = await trace(page, async () => {
    await page.goto(ADDRESS);
    await mounted(page, count);
  });
  return { time: Date.now() - began, traced };
}

/** A long candidate tracker on Jopwell, a good part of it ours and on a job, each with their stage. */
export async function tracker() {
  return withEverything(async ({ sandbox, proxy, browser, open }) => {
    await hooks(browser, sandbox, proxy);
    const grow = await browser.newPage();
    await grow.goto(`https://www.jopwell.com/search?cards=${ROWS}`);
    await grow.close();
    const people = (await sandbox.control('GET', 'jopwell/candidates')).slice(0, ROWS);
    await sandbox.control('POST', 'jopwell/tracker', { candidate_ids: people.map(({ id }) => id), status: 'Applied' });
    const step = Math.floor(people.length / OURS);
    await sendPeople(browser, proxy, OURS, (index) => people[index * step].id);
    const { candidates, jobs } = await sandbox.control('GET', 'state');
    const job = jobs.find((one) => one.status === 'open' && one.stages.length > 3);
    for (const { id } of candidates.filter(({ source }) => source === 'Jopwell'))
      await sandbox.control('POST', `greenhouse/candidates/${id}/convert`, { job_id: job.id });

    const plain = await (await open()).newPage();
    const page = await browser.newPage();
    const [bare, ours] = [[], []];
    for (let turn = 0; turn < LOADS; turn += 1) {
      bare.push(await load(plain, 0));
      ours.push(await load(page, OURS));
    }
    const moved = (await page.evaluate(shifts)) - (await plain.evaluate(shifts));
    const of = (loads, what) => median(loads.map(what));
    const what = `tracker of ${ROWS} rows, ${OURS} ours`;
    const task = ({ traced }, which) => longest(traced.tasks.filter(({ script }) => script > 0).map(which));
    return [
      figure(`${what}: from opening to the last status`, of(ours, ({ time }) => time), 'ms', {
        baseline: of(bare, ({ time }) => time),
      }),
      figure(`${what}: script`, of(ours, ({ traced }) => traced.script), 'ms'),
      figure(`${what}: longest task, our script in it`, of(ours, (one) => task(one, ({ script }) => script)), 'ms', {
        most: LONGEST_TASK,
      }),
      figure(`${what}: all work of the main thread`, of(ours, ({ traced }) => traced.work), 'ms', {
        baseline: of(bare, ({ traced }) => traced.work),
      }),
      figure(`${what}: layout shift caused by statuses`, moved, ''),
    ];
  });
}

import { once } from 'node:events';
import WebSocket, { WebSocketServer } from 'ws';
import { figure, quantile } from './figures.js';
import { send } from '../demo/steps.js';
import { mounted, sendPeople, withEverything } from './setup.js';
import { trace } from './trace.js';

const MOVES = 60;
const ECHOES = 200;
const BROWSERS = 1000;
const AIM_P95 = 250;

const NAME = 'Nadia Testperson';
const ROWS = 500;
const OURS = 300;
const LONGEST_TASK = 50;

const EXTENSION = `chrome-extension://${'a'.repeat(32)}`;

/** Greenhouse's stand-in tells the proxy of everything. */
async function hooks(sandbox, proxy) {
  const headers = { 'content-type': 'application/json', origin: EXTENSION };
  const made = await fetch(`${proxy.url}/v1/hooks/secret`, { method: 'POST', headers, body: '{}' });
  const { url, secret } = await made.json();
  await sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);
}

/** Somebody on a job, and their profile on Jopwell, open. */
async function onAJob({ sandbox, browser }) {
  const { path } = await sandbox.control('POST', 'jopwell/candidates', {
    variant: 'classic',
    name: NAME,
    emails: ['nadia@mail.example'],
  });
  const page = await browser.newPage();
  await page.goto(`https://www.jopwell.com${path}`);
  await send(page);
  const { candidates, jobs } = await sandbox.control('GET', 'state');
  const { id } = candidates.find((candidate) => candidate.last_name === 'Testperson');
  const job = jobs.find(({ status, stages }) => status === 'open' && stages.length > 2);
  await sandbox.control('POST', `greenhouse/candidates/${id}/convert`, { job_id: job.id });
  return { page, id, stages: job.stages.map(({ name }) => name) };
}

/** Runs in the page: when the text beside the name, which only its width tells of, is another. */
function changed() {
  const host = document.querySelector('h1 atsi-view');
  const before = host.getBoundingClientRect().width;
  globalThis.atsiChanged = new Promise((tell) => {
    const look = new ResizeObserver(() => {
      if (host.getBoundingClientRect().width === before) return;
      look.disconnect();
      tell(Date.now());
    });
    look.observe(host);
  });
}

/** Milliseconds from the move in Greenhouse, its delivery included, to the frame that shows it. */
async function moves({ sandbox }, { page, id, stages }) {
  const shows = (stage) => page.waitFor({ role: 'status', name: `In Greenhouse · ${stage}` });
  const times = [];
  await shows(stages[0]);
  await page.activate();
  for (let turn = 1; turn <= MOVES; turn += 1) {
    const stage = stages[turn % 2];
    await page.evaluate(changed);
    const start = Date.now();
    await sandbox.control('POST', `greenhouse/candidates/${id}/move`, { stage });
    times.push((await page.evaluate(() => globalThis.atsiChanged)) - start);
    await shows(stage);
  }
  return times;
}

/** Milliseconds for a message through a WebSocket of the worker, there and back, and nothing else. */
async function echoes({ browser }) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  await once(server, 'listening');
  const target = browser.puppeteer.targets().findLast((one) => one.type() === 'service_worker');
  const worker = await target.worker();
  const times = await worker.evaluate(
    async (url, count) => {
      const socket = new WebSocket(url);
      await new Promise((open) => socket.addEventListener('open', open));
      const taken = [];
      for (let turn = 0; turn < count; turn += 1) {
        const start = performance.now();
        const back = new Promise((heard) => socket.addEventListener('message', heard, { once: true }));
        socket.send('x'.repeat(500));
        await back;
        taken.push(performance.now() - start);
      }
      socket.close();
      return taken;
    },
    `ws://127.0.0.1:${server.address().port}`,
    ECHOES,
  );
  server.close();
  return times;
}

/** As many more listeners as there may be browsers in a large company; ends them when called. */
async function listeners(proxy) {
  const sockets = [];
  for (let index = 0; index < BROWSERS; index += 1) {
    const socket = new WebSocket(`${proxy.url.replace('http', 'ws')}/v1/live`, { origin: EXTENSION });
    socket.on('message', () => {});
    sockets.push(socket);
    await once(socket, 'open');
  }
  return () => sockets.forEach((socket) => socket.terminate());
}

/** The candidate tracker, a good part of it ours: the longest task that our script is in. */
async function tracker({ sandbox, proxy, browser }) {
  const page = await browser.newPage();
  await page.goto(`https://www.jopwell.com/search?cards=${ROWS}`);
  const people = (await sandbox.control('GET', 'jopwell/candidates')).filter(
    ({ path, id, profile }) => path.endsWith(id) && profile.name !== NAME,
  );
  const ids = people.slice(0, ROWS).map(({ id }) => id);
  if (ids.length < OURS) throw new Error(`only ${ids.length} people show an id of their own`);
  await sandbox.control('POST', 'jopwell/tracker', { candidate_ids: ids, status: 'Applied' });
  await sendPeople(browser, proxy, OURS, (index) => ids[index]);
  const { tasks, script } = await trace(page, async () => {
    await page.goto('https://www.jopwell.com/tracker');
    await mounted(page, OURS);
  });
  const rows = await page.evaluate(() => document.querySelectorAll('tr[data-row-id]').length);
  const what = `tracker of ${rows} rows, ${OURS} ours`;
  const longest = (all) => Math.max(0, ...all);
  return [
    figure(`${what}: script`, script, 'ms'),
    figure(`${what}: longest task, our script in it`, longest(tasks.map((task) => task.script)), 'ms', {
      most: LONGEST_TASK,
    }),
  ];
}

/** What changes in Greenhouse, on a page that is open. */
export async function live() {
  return withEverything(async (everything) => {
    const { sandbox, proxy } = everything;
    await hooks(sandbox, proxy);
    const person = await onAJob(everything);
    const alone = await moves(everything, person);
    const bare = await echoes(everything);
    const end = await listeners(proxy);
    const among = await moves(everything, person);
    end();
    const what = 'stage moved in Greenhouse → text on the open page';
    const tracked = await tracker(everything);
    return [
      ...tracked,
      figure(`${what}, median of ${MOVES}`, quantile(alone, 0.5), 'ms', { baseline: quantile(bare, 0.5) }),
      figure(`${what}, p95`, quantile(alone, 0.95), 'ms', { most: AIM_P95, baseline: quantile(bare, 0.95) }),
      figure(`${what}, ${BROWSERS} more browsers, median`, quantile(among, 0.5), 'ms'),
      figure(`${what}, ${BROWSERS} more browsers, p95`, quantile(among, 0.95), 'ms', { most: AIM_P95 }),
    ];
  });
}

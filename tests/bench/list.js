import { figure } from './figures.js';
import { badges, sendPeople, withEverything } from './setup.js';
import { trace } from './trace.js';

const ROWS = 1000;
const OURS = 300;
/** Milliseconds. */
const LONG = 50;

/** The addresses that the extension's worker asks at the proxy from now on. */
async function requests(browser, proxy) {
  const target = browser.puppeteer
    .targets()
    .find((one) => one.type() === 'service_worker' && one.url().startsWith(browser.extensionUrl('')));
  const { client } = await target.worker();
  const asked = [];
  client.on('Network.requestWillBeSent', ({ request }) => {
    if (request.url.startsWith(proxy.url)) asked.push(new URL(request.url).pathname);
  });
  await client.send('Network.enable');
  return asked;
}

/** A long list of candidates in Greenhouse, many of them ours. */
export async function list() {
  return withEverything(async ({ sandbox, proxy, browser, open }) => {
    console.error(`  ${OURS} people go through the proxy, at its rate towards Greenhouse`);
    await sendPeople(browser, proxy, OURS);
    const { candidates } = await sandbox.control('GET', 'state');
    await sandbox.control('POST', 'greenhouse/fill', { count: ROWS - candidates.length });
    const address = `https://app.greenhouse.io/people?per_page=${ROWS}`;

    const asked = await requests(browser, proxy);
    const page = await browser.newPage();
    const { script, tasks } = await trace(page, async () => {
      await page.goto(address);
      await badges(page, OURS);
    });
    const lookUps = asked.filter((path) => path === '/v1/lookups').length;

    const bare = await (await open()).newPage();
    const plain = await trace(bare, () => bare.goto(address));

    console.log('ours', tasks.filter((t) => t.length > 5), 'plain', plain.tasks.filter((t) => t.length > 5), asked);
    return [
      figure(`look-ups for a list of ${ROWS} rows, ${OURS} of them ours`, lookUps, '', { most: 1 }),
      figure('script on that list', script, 'ms'),
    ];
  });
}

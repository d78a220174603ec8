import { trace } from './trace.js';
import { mounted, sendPeople, shifts, withEverything } from './setup.js';
import { figure, median } from './figures.js';

const LOADS = 15;
const NOISY_LOADS = 5;
const CARDS = 100;
const NOISE = 600;
const ANCHORS = 20;
const STANDING = 2000;

/** The popup is told by the same queue: once it is filled, all that pages had asked before is answered. */
async function settled(browser) {
  const popup = await browser.openExtensionPage('popup.html');
  await popup.waitForText('Recent sends');
  await popup.close();
}

async function searchPage(browser) {
  const page = await browser.newPage();
  const times = [];
  for (let turn = 0; turn <= LOADS; turn += 1) {
    const { script } = await trace(page, async () => {
      await page.goto(`https://www.jopwell.com/search?cards=${CARDS}`);
      await settled(browser);
    });
    times.push(script);
  }
  await page.close();
  // The first one fills the caches.
  return figure(`script on a page of ${CARDS} cards, median of ${LOADS} loads`, median(times.slice(1)), 'ms', { most: 5 });
}

/** Inserts `noise` elements, one a task, ten a frame; now and then a link to one of `anchors`, `inCard` or bare. */
function insert(noise, anchors, inCard) {
  return new Promise((done) => {
    const place = document.querySelector('main');
    const add = (tag, text, into = place) => {
      const element = document.createElement(tag);
      element.textContent = text;
      into.append(element);
      return element;
    };
    const every = Math.floor(noise / anchors.length);
    let index = 0;
    const step = () => {
      add('p', `noise ${index}`);
      if (index % every === 0) add('a', `Person ${index}`, inCard ? add('div', '') : place).href = anchors[index / every];
      index += 1;
      if (index === noise) done();
      else if (index % 10 === 0) requestAnimationFrame(step);
      else setTimeout(step);
    };
    step();
  });
}

/** A list that grows, noisily, while people appear in it: strangers, or people of ours who get a badge each. */
async function noisyPage({ sandbox, proxy, browser }) {
  const people = await sendPeople(browser, proxy, ANCHORS);
  const ours = people.map((person) => `/people/${person.candidate_id}?application_id=${person.application_id}`);
  // Found and asked about as ours are, and left alone; the last one's badge tells when all of it is done.
  const strangers = ours.map((_, index) => (index < ANCHORS - 1 ? `/people/${index + 1}?application_id=${index + 1}` : ours[index]));
  const cards = Array.from({ length: STANDING }, (_, index) => `<p>card ${index}</p>`).join('');
  const address = { host: 'app.greenhouse.io', path: '/people' };
  await sandbox.control('POST', 'pages', {
    ...address,
    html: `<!doctype html><title>All candidates</title><main><h1>All candidates</h1>${cards}</main>`,
    csp: "script-src 'none'",
  });
  const page = await browser.newPage();
  const measure = async (anchors, inCard) => {
    const badges = anchors === ours ? ANCHORS : 1;
    const times = [];
    for (let turn = 0; turn < NOISY_LOADS; turn += 1) {
      await page.goto(`https://${address.host}${address.path}`);
      await settled(browser);
      await page.activate();
      const { script } = await trace(page, async () => {
        await page.evaluate(insert, NOISE, anchors, inCard);
        await mounted(page, badges);
      });
      await page.waitForText(new RegExp(`(Source = Jopwell.*){${badges}}`));
      times.push(script);
    }
    return median(times);
  };
  const what = `script over ${NOISE} noisy insertions, ${ANCHORS} people`;
  const figures = [
    figure(`${what} found in cards`, await measure(strangers, true), 'ms', { most: 5 }),
    figure(`${what} found bare beside the noise`, await measure(strangers, false), 'ms', { most: 5 }),
    figure(`${what} found in cards, each with a badge`, await measure(ours, true), 'ms', { most: 5 }),
    figure(`${what} found bare, each with a badge`, await measure(ours, false), 'ms', { most: 5 }),
  ];
  await page.close();
  return figures;
}

/** On one profile of each kind, the button having come and the core having answered. */
async function layoutShift({ sandbox, browser, open }) {
  const without = await open();
  const candidates = await sandbox.control('GET', 'jopwell/candidates');
  const one = new Map(candidates.map((candidate) => [candidate.profile.variant, candidate]));
  const measure = async (inBrowser, path, shown) => {
    const page = await inBrowser.newPage();
    await page.goto(`https://www.jopwell.com${path}`);
    await page.waitFor(shown);
    const sum = await page.evaluate(shifts);
    await page.close();
    return sum;
  };
  let ours = 0;
  for (const { path } of one.values()) {
    const shifted = await measure(browser, path, { role: 'button', name: 'Send to ATS' });
    ours += shifted - (await measure(without, path, { role: 'heading' }));
  }
  return figure(`layout shift caused by us, on ${one.size} kinds of profile`, ours, '', { most: 0 });
}

/** What the extension costs a page that it works on. */
export async function page() {
  return withEverything(async (everything) => [
    await searchPage(everything.browser),
    ...(await noisyPage(everything)),
    await layoutShift(everything),
  ]);
}

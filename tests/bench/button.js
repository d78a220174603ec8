import { fileURLToPath } from 'node:url';
import { send } from '../demo/steps.js';
import { figure, median, quantile } from './figures.js';
import { withEverything } from './setup.js';

const LOADS = 30;
const PROFILE = 'classic';

/**
 * Runs in the page before anything else: notes when the host element was first part of a frame that
 * has been painted, and every width it had since. The width tells what stands inside the closed root.
 */
function watchHost() {
  const seen = (globalThis.seenOfHost = []);
  const { port1, port2 } = new MessageChannel();
  const painted = [];
  // A message posted while a frame is made arrives when it has been made.
  port1.onmessage = () => painted.shift()(performance.now());
  const look = new ResizeObserver(([entry]) => {
    const { width } = entry.contentRect;
    painted.push((at) => seen.push({ at, width }));
    port2.postMessage(null);
  });
  const arrival = new MutationObserver(() => {
    const host = document.querySelector('atsi-view');
    if (!host) return;
    arrival.disconnect();
    look.observe(host);
  });
  arrival.observe(document, { childList: true, subtree: true });
}

/** Loads the profile and returns the frames of its host, in milliseconds from DOMContentLoaded. */
async function load(page, url, shown) {
  await page.goto(url);
  await page.waitFor(shown);
  return page.evaluate(async () => {
    // What is in the document now has been painted in the next frame but one.
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    const { domContentLoadedEventStart: start } = performance.getEntriesByType('navigation')[0];
    return globalThis.seenOfHost.map(({ at, width }) => ({ at: at - start, width }));
  });
}

const BUTTON = { role: 'button', name: 'Send to ATS' };
const SENT = { role: 'status', name: /^In Greenhouse/ };

async function openProfile(browser, url) {
  const page = await browser.newPage();
  await page.puppeteer.evaluateOnNewDocument(watchHost);
  await page.goto(url);
  return page;
}

/** Time to the button on screen and until the core has answered, beside ten lines of plain JavaScript. */
export async function button() {
  return withEverything(async ({ sandbox, browser, open }) => {
    const plain = await open(fileURLToPath(new URL('baseline/', import.meta.url)));
    const candidates = await sandbox.control('GET', 'jopwell/candidates');
    const [unsent, sent] = candidates
      .filter(({ profile }) => profile.variant === PROFILE)
      .map(({ path }) => `https://www.jopwell.com${path}`);

    const plainPage = await openProfile(plain, unsent);
    const page = await openProfile(browser, sent);
    await send(page);

    const firstFrame = ([first]) => first.at;
    const lastFrame = (frames) => frames.at(-1).at;
    const series = { plain: [], awake: [], stopped: [], awakeAnswer: [], stoppedAnswer: [] };
    for (let turn = 0; turn < LOADS; turn += 1) {
      // One load right after another, as the awake ones are: what a page leaves behind costs its heir.
      await load(plainPage, sent, BUTTON);
      series.plain.push(firstFrame(await load(plainPage, unsent, BUTTON)));
      await browser.stopBackground();
      series.stopped.push(firstFrame(await load(page, unsent, BUTTON)));
      await browser.stopBackground();
      // The status is the core's own word: from here on it is awake.
      series.stoppedAnswer.push(lastFrame(await load(page, sent, SENT)));
      series.awakeAnswer.push(lastFrame(await load(page, sent, SENT)));
      series.awake.push(firstFrame(await load(page, unsent, BUTTON)));
    }

    const compared = (name, values, aims = {}) => [
      figure(`${name}, median`, median(values), 'ms', { baseline: median(series.plain), ...aims }),
      figure(`${name}, p95`, quantile(values, 0.95), 'ms', { baseline: quantile(series.plain, 0.95) }),
    ];
    const plainly = (name, values) => [
      figure(`${name}, median`, median(values), 'ms'),
      figure(`${name}, p95`, quantile(values, 0.95), 'ms'),
    ];
    return [
      ...compared('button on screen, worker awake', series.awake, { mostRatio: 1.5 }),
      ...compared('button on screen, worker stopped', series.stopped),
      ...plainly("core's answer on screen, worker awake", series.awakeAnswer),
      ...plainly("core's answer on screen, worker stopped", series.stoppedAnswer),
    ];
  });
}

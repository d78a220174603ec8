/** The programs and the browser that a group measures in. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { eventually, launch } from '../browser/driver.js';
import { dist, Proxy, Sandbox } from '../browser/servers.js';
import { connect } from '../demo/steps.js';

/**
 * Runs `measure` with a sandbox, a proxy, and Chromium with the shipped extension in it, connected.
 * `open` starts one more Chromium, with another extension or none.
 */
export async function withEverything(measure) {
  const opened = [];
  let sandbox, proxy;
  const open = async (extension) => {
    const browser = await launch('chromium', { extension, httpsPort: sandbox.httpsPort });
    opened.push(browser);
    return browser;
  };
  try {
    sandbox = await Sandbox.start();
    proxy = await Proxy.start(sandbox);
    const browser = await open(join(dist, 'chromium'));
    await connect(browser, sandbox, proxy);
    return await measure({ sandbox, proxy, browser, open });
  } finally {
    for (const browser of opened) await browser.close();
    await proxy?.stop();
    await sandbox?.stop();
  }
}

/** How many sends are under way at once: the proxy itself keeps Greenhouse's rate. */
const AT_ONCE = 8;

/**
 * Sends invented people through the proxy, as the extension does.
 * @returns {Promise<{candidate_id: number, application_id: number}[]>} where they stand in Greenhouse
 */
export async function sendPeople(browser, proxy, count, externalId = (index) => `bench-${index}`) {
  const left = Array.from({ length: count }, (_, index) => index);
  const made = [];
  const worker = async () => {
    for (let index = left.pop(); index !== undefined; index = left.pop()) {
      const response = await fetch(`${proxy.url}/v1/sends`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
          origin: browser.extensionUrl('').slice(0, -1),
        },
        body: JSON.stringify({
          external_id: externalId(index),
          profile: { first_name: `Bench${index}`, last_name: 'Person' },
        }),
      });
      const send = await response.json();
      if (send.state !== 'created') throw new Error(`not created: ${response.status} ${JSON.stringify(send)}`);
      made.push(send);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return made;
}

/** Waits until exactly `count` of our views stand in the page, each showing the badge. */
export async function badges(page, count) {
  // The page's own tree first: to ask for the accessibility tree is work for the thread that is measured.
  await eventually(`${count} views of ours`, async () => {
    const views = await page.evaluate(() => document.querySelectorAll('atsi-view').length);
    return views === count || undefined;
  });
  const shown = await page.all({ role: 'text', name: 'Source = Jopwell' });
  if (shown.length !== count) throw new Error(`${shown.length} badges for ${count} people\n${await page.outline()}`);
}

/** Waits in the page, once a frame, as a look from outside would be work for its main thread. */
export async function mounted(page, count) {
  await page.activate();
  await page.evaluate(
    (wanted) =>
      new Promise((done) => {
        const look = () =>
          document.getElementsByTagName('atsi-view').length >= wanted ? done() : requestAnimationFrame(look);
        look();
      }),
    count,
  );
}

/** Runs in the page: the sum of all shifts so far. */
export function shifts() {
  return new Promise((tell) => {
    let sum = 0;
    const observer = new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) sum += value;
    });
    observer.observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() =>
      setTimeout(() => {
        for (const { value } of observer.takeRecords()) sum += value;
        tell(sum);
      }),
    );
  });
}

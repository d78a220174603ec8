import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../browser/driver.js';
import { dist, Proxy, Sandbox } from '../browser/servers.js';
import { connect } from '../demo/steps.js';
import { figure } from './figures.js';

const PEOPLE = 1_000;
/** Greenhouse's, as the proxy keeps it by default. */
const CALLS_PER_SECOND = 5;
/** Of the sandbox's jobs on Jopwell. */
const JOB = { id: '/jobs/314', title: 'Data Science Intern' };
const PAGE = `https://www.jopwell.com${JOB.id}/applicants`;
/** Nobody more arrives for so long, milliseconds: then nobody will by themselves. */
const PATIENCE = 90_000;

/**
 * People who applied through Jopwell at once: Chromium reads them on the page of the applicants, each
 * one's profile too, and is killed twice on the way, as is the proxy.
 */
export async function applications() {
  const profileDir = await mkdtemp(join(tmpdir(), 'atsi-bench-'));
  let sandbox, proxy, browser;
  try {
    sandbox = await Sandbox.start();
    proxy = await Proxy.start(sandbox);
    const start = () =>
      launch('chromium', { extension: join(dist, 'chromium'), httpsPort: sandbox.httpsPort, profileDir });
    const open = async () => (await browser.newPage()).goto(PAGE);
    browser = await start();
    await connect(browser, sandbox, proxy);
    const ids = await apply(sandbox, proxy, browser);
    const arrived = async () => {
      const { candidates } = await sandbox.control('GET', 'state');
      return candidates.filter(({ external_id: id }) => ids.has(id));
    };
    /** Until so many are there, or nobody more comes. */
    const wait = async (count) => {
      let [before, at] = [-1, Date.now()];
      for (;;) {
        const now = new Set((await arrived()).map(({ external_id: id }) => id)).size;
        if (now !== before) [before, at] = [now, Date.now()];
        if (now >= count || Date.now() - at > PATIENCE) return at;
        await sleep(500);
      }
    };
    const kills = {
      browser: async () => {
        browser.puppeteer.process().kill('SIGKILL');
        await browser.puppeteer.close().catch(() => {}); // Its connection is gone.
        browser = await start();
        await open();
      },
      proxy: async () => {
        await proxy.kill();
        await proxy.start();
      },
    };

    const began = Date.now();
    await open();
    for (const [share, what] of [[0.2, 'browser'], [0.4, 'proxy'], [0.6, 'browser'], [0.8, 'proxy']]) {
      await wait(PEOPLE * share);
      await kills[what]();
    }
    const took = ((await wait(PEOPLE)) - began) / 1000;
    const there = await arrived();
    const distinct = new Set(there.map(({ external_id: id }) => id)).size;
    const name = `${PEOPLE} applications read by Chromium; browser and proxy killed twice each; baseline: ${CALLS_PER_SECOND} requests a second`;
    return [
      figure(name, took, 's', { baseline: PEOPLE / CALLS_PER_SECOND, mostRatio: 1.05 }),
      figure('of these not in Greenhouse', PEOPLE - distinct, '', { most: 0 }),
      figure('of these in Greenhouse twice', there.length - distinct, '', { most: 0 }),
    ];
  } finally {
    await browser?.close();
    await proxy?.stop();
    await sandbox?.stop();
    await rm(profileDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @returns {Promise<Set<string>>} ids of people who applied to a job that is linked and switched on */
async function apply(sandbox, proxy, browser) {
  const { id } = await sandbox.control('POST', 'greenhouse/jobs', { name: JOB.title });
  const link = await fetch(`${proxy.url}/v1/job-links`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', origin: browser.extensionUrl('').slice(0, -1) },
    body: JSON.stringify({ jopwell_job: JOB, greenhouse_job_id: id, applications: 'on' }),
  });
  if (!link.ok) throw new Error(`the job is not linked: ${link.status} ${await link.text()}`);
  const ids = new Set();
  for (let number = 0; number < PEOPLE; number += 1) {
    const letters = [...String(number)].map((digit) => String.fromCharCode(97 + Number(digit))).join('');
    const person = { variant: 'classic', name: `Nadia T${letters}`, emails: [`nadia.${number}@mail.example`] };
    ids.add((await sandbox.control('POST', 'jopwell/candidates', person)).id);
  }
  const entry = { candidate_ids: [...ids], status: 'Applied', job_id: 314 };
  await sandbox.control('POST', 'jopwell/tracker', entry);
  return ids;
}

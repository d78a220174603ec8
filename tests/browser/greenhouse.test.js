import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dist } from './servers.js';
import { eventually, inEachBrowser, only, SOURCE, status } from './setup.js';

const HOSTS = ['app', 'app2', 'app3', 'app4', 'app5', 'app.eu', 's101.recruiting.eu', 'acme'];
const BADGE = { role: 'text', name: SOURCE };

/** Hosts of Greenhouse that the manifest leaves alone: public boards, APIs, help. */
const leftAlone = JSON.parse(readFileSync(join(dist, 'firefox', 'manifest.json'), 'utf8'))
  .content_scripts.flatMap(({ exclude_matches = [] }) => exclude_matches)
  .map((match) => match.split('/')[2]);

inEachBrowser(
  'Greenhouse pages',
  (world) => {
    /** Somebody sent from Jopwell; and their application. */
    async function sent() {
      const person = await world.person();
      await (await world.send(person)).close();
      const candidate = await world.theOneInGreenhouse(person);
      return { person, candidate, application: candidate.applications[0] };
    }

    const control = (candidate, name, body) =>
      world.sandbox.control('POST', `greenhouse/candidates/${candidate.id}/${name}`, body);

    async function aJob() {
      const { jobs } = await world.sandbox.control('GET', 'state');
      return jobs.find((job) => job.status === 'open' && job.stages.length > 2);
    }

    test('a profile shows the badge, in both designs and on every host', async () => {
      const { candidate, application } = await sent();
      for (const host of HOSTS) {
        for (const path of [
          `people/${candidate.id}?application_id=${application.id}`,
          `people/${candidate.id}/applications/${application.id}/redesign`,
        ]) {
          const page = await world.open(`https://${host}.greenhouse.io/${path}`);
          await page.waitFor(BADGE);
          await only(page, BADGE);
          await page.close();
        }
      }
    });

    test('the panel shows when and by whom a candidate was sent, and the current status', async () => {
      // Greenhouse does not let itself be read at first.
      await world.faults({ endpoint: 'get_candidates', kind: 'server_error', times: null });
      const { candidate, application } = await sent();
      const url = `https://app.greenhouse.io/people/${candidate.id}?application_id=${application.id}`;
      const page = await world.open(url);
      const before = await page.waitForText('Not read from Greenhouse yet');
      assert.match(before, /From Jopwell/);
      assert.match(before, /Sent (just now|\d+ min\S* ago)/);
      assert.match(before, /Sent by \S+/);

      const job = await aJob();
      await control(candidate, 'convert', { job_id: job.id });
      await control(candidate, 'move', { stage: job.stages[1].name });
      await world.sandbox.control('DELETE', 'faults');
      // The proxy leaves Greenhouse alone for a while after a failure; a worker that starts anew asks at once.
      await eventually('the new stage', async () => {
        await world.browser.stopBackground();
        await page.reload();
        await page.waitFor(BADGE);
        await world.settled();
        return (await page.all(status(job.stages[1].name))).length > 0 || undefined;
      });
      const text = await page.text();
      assert.ok(text.includes(job.name));
      await world.screenshot(page, 'greenhouse-legacy');
      const redesign = await world.open(
        `https://app2.greenhouse.io/people/${candidate.id}/applications/${application.id}/redesign`,
      );
      await redesign.waitFor(status(job.stages[1].name));
      await world.screenshot(redesign, 'greenhouse-redesign');
    });

    test('the redesigned profile keeps one badge when its tabs render again', async () => {
      const { candidate, application } = await sent();
      const page = await world.open(
        `https://app.greenhouse.io/people/${candidate.id}/applications/${application.id}/redesign`,
      );
      await page.waitFor(BADGE);
      for (const tab of ['Details', 'Activity', 'Overview']) {
        await page.click({ role: 'tab', name: tab });
        await page.waitFor(BADGE);
        await world.settled();
        await only(page, BADGE);
      }
    });

    test('lists show the badge on Jopwell candidates only, also in rows that load later', async () => {
      const first = await sent();
      // Strangers in front of the first and behind the second, so that the two stand on different pages.
      await world.sandbox.control('POST', 'greenhouse/fill', { count: 60, ours: 20 });
      const second = await sent();
      const page = await world.open('https://app.greenhouse.io/people');
      const rows = () =>
        page.evaluate(() =>
          [...document.querySelectorAll('tr[data-person-id]')].map((row) => [
            Number(row.dataset.personId),
            row.querySelectorAll('atsi-view').length,
          ]),
        );
      const ours = async () => {
        const { candidates } = await world.sandbox.control('GET', 'state');
        const filled = (candidate) => candidate.external_id?.startsWith('fill-');
        return candidates
          .filter((candidate) => candidate.source === 'Jopwell' && candidate.external_id && !filled(candidate))
          .map(({ id }) => id);
      };
      const expected = new Set(await ours());
      const check = async () => {
        const shown = await eventually('the badges of this page', async () => {
          const now = await rows();
          const wanted = now.filter(([id]) => expected.has(id)).length;
          return now.filter(([, badges]) => badges > 0).length === wanted ? now : undefined;
        });
        await world.settled();
        for (const [id, badges] of await rows()) {
          assert.equal(badges, expected.has(id) ? 1 : 0, `row of ${id}`);
        }
        return shown.map(([id]) => id);
      };
      let shown = await check();
      await world.screenshot(page, 'greenhouse-list');
      const loadMore = async () => {
        const before = (await rows()).length;
        await page.click({ role: 'button', name: /^(Load|Show) more/ });
        await eventually('more rows', async () => ((await rows()).length > before ? true : undefined));
        shown = await check();
      };
      while ((await page.all({ role: 'button', name: /^(Load|Show) more/ })).length) await loadMore();
      for (const { candidate } of [first, second]) assert.ok(shown.includes(candidate.id));
    });

    test('a job’s list of candidates shows the badge', async () => {
      const { candidate } = await sent();
      const job = await aJob();
      await control(candidate, 'convert', { job_id: job.id });
      const page = await world.open(`https://app.greenhouse.io/plans/${job.id}/candidates`);
      await page.waitFor(BADGE);
      await world.settled();
      const badged = await page.evaluate(() => {
        const rows = [...document.querySelectorAll('tr atsi-view')].map((view) => view.closest('tr'));
        return rows.map((row) => row.querySelector('a[href*="/people/"]').pathname.match(/people\/(\d+)/)[1]);
      });
      assert.ok(badged.includes(String(candidate.id)));
      const { candidates } = await world.sandbox.control('GET', 'state');
      for (const id of badged) {
        assert.equal(candidates.find((one) => String(one.id) === id).source, 'Jopwell', `badge on ${id}`);
      }
    });

    test('a profile that did not come from Jopwell shows nothing', async () => {
      const { candidates } = await world.sandbox.control('GET', 'state');
      const stranger = candidates.find(({ source }) => source && source !== 'Jopwell');
      const page = await world.open(
        `https://app.greenhouse.io/people/${stranger.id}?application_id=${stranger.applications[0].id}`,
      );
      await world.settled();
      assert.equal(await page.evaluate(() => document.querySelectorAll('atsi-view').length), 0);
    });

    test('hosts excluded in the manifest show nothing', async () => {
      const { candidate, application } = await sent();
      assert.ok(leftAlone.includes('boards.greenhouse.io') && leftAlone.includes('api.greenhouse.io'));
      const html = `<!doctype html><title>Board</title><main><h1>Board</h1>
        <a href="https://app.greenhouse.io/people/${candidate.id}?application_id=${application.id}">A link</a></main>`;
      const pages = [];
      for (const host of [...leftAlone, 'app.greenhouse.io']) {
        pages.push(await world.open(await world.rawPage(`https://${host}/people/raw`, html)));
      }
      // The same page does get its badge where it should.
      await pages.pop().waitFor(BADGE);
      await world.settled();
      for (const page of pages) {
        assert.equal(await page.evaluate(() => document.querySelector('h1').textContent), 'Board');
        assert.equal(await page.evaluate(() => document.querySelectorAll('atsi-view').length), 0, page.url());
      }
    });
  },
  { hosts: leftAlone },
);

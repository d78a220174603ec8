import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, eventually, IN_GREENHOUSE, inEachBrowser, SOURCE, status } from './setup.js';

const TRACKER = 'https://www.jopwell.com/tracker';
const ROWS = 500;

/** Greenhouse's web hooks for everything lead to the proxy. */
async function hooks(world) {
  const made = await fetch(`${world.proxy.url}/v1/hooks/secret`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: `chrome-extension://${'a'.repeat(32)}` },
    body: '{}',
  });
  const { url, secret } = await made.json();
  await world.sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);
}

inEachBrowser('what changes in Greenhouse shows on open pages', (world) => {
  const control = (person, name, body) =>
    world.sandbox.control('POST', `greenhouse/candidates/${person.candidate.id}/${name}`, body);
  const move = (person, stage) => control(person, 'move', { stage: person.job.stages[stage].name });

  /** Somebody sent, and made a candidate on a job. */
  async function onAJob() {
    const person = await world.person();
    await (await world.send(person)).close();
    person.candidate = await world.theOneInGreenhouse(person);
    const { jobs } = await world.sandbox.control('GET', 'state');
    person.job = jobs.find((job) => job.status === 'open' && job.stages.length > 3);
    await control(person, 'convert', { job_id: person.job.id });
    return person;
  }

  /** A page that was loaded anew shows nothing of what it heard. */
  const mark = (page) => page.evaluate(() => (globalThis.sameDocument = true));
  const stayed = async (page) => assert.equal(await page.evaluate(() => globalThis.sameDocument), true);

  const greenhouse = ({ candidate }) =>
    `https://app.greenhouse.io/people/${candidate.id}?application_id=${candidate.applications[0].id}`;

  test('a stage change in Greenhouse reaches open profile, search, tracker and panel', async () => {
    await hooks(world);
    const person = await onAJob();
    await world.sandbox.control('POST', 'jopwell/tracker', {
      candidate_ids: [person.externalId],
      status: 'Applied',
    });
    const stage = (index) => person.job.stages[index].name;
    const profile = await world.open(person.url);
    const search = await world.open(`https://www.jopwell.com/search?q=${encodeURIComponent(person.name)}`);
    const tracker = await world.open(TRACKER);
    const panel = await world.open(greenhouse(person));
    const pages = [profile, search, tracker, panel];
    const shows = async (index, word = stage(index)) => {
      await profile.waitFor(status(`In Greenhouse · ${word}`));
      for (const page of [search, tracker, panel]) await page.waitFor(status(word));
    };
    await shows(0);
    await panel.waitForText(SOURCE);
    for (const page of pages) await mark(page);

    // By hand: a person’s click on the stand-in’s own page.
    const byHand = await world.open(`https://app.greenhouse.io/people/${person.candidate.id}`);
    await byHand.click({ role: 'button', name: new RegExp(`${stage(1)}$`) });
    await shows(1);
    await world.screenshot(profile, 'live-profile');
    await world.screenshot(search, 'live-search');
    await world.screenshot(tracker, 'live-tracker');
    await world.screenshot(panel, 'live-panel');

    await control(person, 'reject', {});
    await shows(undefined, 'Rejected');
    await control(person, 'unreject', {});
    await shows(1);
    for (const page of pages) await stayed(page);
  });

  test('search shows one status for each sent candidate and nothing for others', async () => {
    await hooks(world);
    const person = await onAJob();
    const search = await world.open('https://www.jopwell.com/search');
    await search.waitFor(status(person.job.stages[0].name));
    await world.settled();
    const ours = new Set((await world.sandbox.control('GET', 'state')).candidates.map((one) => one.external_id));
    const people = await world.sandbox.control('GET', 'jopwell/candidates');
    const shown = await search.evaluate(() =>
      [...document.querySelectorAll('li.card')].map((card) => [
        card.querySelector('a').pathname,
        card.querySelectorAll('atsi-view').length,
      ]),
    );
    assert.ok(shown.length > 5);
    for (const [path, views] of shown) {
      const { id } = people.find((one) => one.path === path);
      assert.equal(views, ours.has(id) || ours.has(path) ? 1 : 0, path);
    }
  });

  test('a profile shows the prospect’s pool, and a merge into a profile that the key can’t read', async () => {
    await hooks(world);
    const person = await world.person();
    const profile = await world.send(person);
    person.candidate = await world.theOneInGreenhouse(person);
    await control(person, 'pool', { pool: 'Campus 2026' });
    await profile.waitFor(status('In Greenhouse · Prospect in “Campus 2026”'));
    await world.screenshot(profile, 'live-pool');
    const { candidates } = await world.sandbox.control('GET', 'state');
    const foreign = candidates.find(({ external_id: external }) => !external);
    await control(person, 'merge', { into: foreign.id });
    await profile.waitFor(status('In Greenhouse · Merged'));
    await world.screenshot(profile, 'live-merged');
  });

  test('a busy tab does not delay changes in other tabs', async () => {
    await hooks(world);
    const person = await onAJob();
    const busy = await world.open(greenhouse(person));
    await busy.waitFor(status(person.job.stages[0].name));
    const profile = await world.open(person.url);
    await profile.waitFor(status(`In Greenhouse · ${person.job.stages[0].name}`));
    await world.settled();
    await busy.evaluate(() =>
      setTimeout(() => {
        const since = Date.now();
        while (Date.now() < since + 10_000);
        globalThis.wasBusyUntil = Date.now();
      }),
    );
    await move(person, 1);
    await profile.waitFor(status(`In Greenhouse · ${person.job.stages[1].name}`));
    const heard = Date.now();
    const until = await eventually('the end of its work', () => busy.evaluate(() => globalThis.wasBusyUntil));
    assert.ok(heard < until, `${heard} ${until}`);
  });

  test('a candidate deleted in Greenhouse is no longer shown as being there', async () => {
    await hooks(world);
    const person = await onAJob();
    const profile = await world.open(person.url);
    await profile.waitFor(IN_GREENHOUSE);
    await control(person, 'delete', {});
    await profile.waitFor(status('Not sent'));
    await profile.waitForNone(IN_GREENHOUSE);
  });

  test('changes while the worker was stopped arrive by number', async () => {
    await hooks(world);
    const person = await onAJob();
    const profile = await world.open(person.url);
    await profile.waitFor(status(`In Greenhouse · ${person.job.stages[0].name}`));
    await mark(profile);
    await world.browser.stopBackground();
    await move(person, 1);
    // An alarm starts it; the shortest that browsers promise is half a minute.
    const moved = status(`In Greenhouse · ${person.job.stages[1].name}`);
    await eventually('the new stage', async () => (await profile.all(moved))[0], undefined, 60_000);
    await stayed(profile);
  });

  test('the live channel reopens after the proxy restarts', async () => {
    await hooks(world);
    const person = await onAJob();
    const profile = await world.open(person.url);
    await profile.waitFor(status(`In Greenhouse · ${person.job.stages[0].name}`));
    await mark(profile);
    await world.proxy.kill();
    await world.proxy.start();
    await move(person, 1);
    await profile.waitFor(status(`In Greenhouse · ${person.job.stages[1].name}`));
    await stayed(profile);
  });

  test('candidates on open pages are checked regularly without webhooks', async () => {
    await hooks(world);
    const person = await onAJob();
    await world.sandbox.control('PUT', 'webhooks', []);
    const profile = await world.open(person.url);
    await profile.waitFor(status(`In Greenhouse · ${person.job.stages[0].name}`));
    await mark(profile);
    await move(person, 1);
    // The extension says within 20 seconds who is looked at; where web hooks lived, the proxy asks every two minutes.
    const moved = status(`In Greenhouse · ${person.job.stages[1].name}`);
    await eventually('the new stage', async () => (await profile.all(moved))[0], undefined, 200_000);
    await stayed(profile);
  });

  test('a colleague’s send appears on open pages', async () => {
    await hooks(world);
    const other = await world.colleague();
    const person = await world.person();
    const theirs = await world.open(person.url, other);
    await theirs.waitFor({ role: 'button', name: 'Send to ATS' });
    await world.settled(other);
    await (await world.send(person)).close();
    await theirs.waitFor(IN_GREENHOUSE);
    await other.close();
  });

  test('an open tracker shows colleagues’ sends and looks up rows that Jopwell adds', async () => {
    await hooks(world);
    const other = await world.colleague();
    const [sent, added, missed] = [await world.person(), await onAJob(), await onAJob()];
    const toTracker = ({ externalId }) =>
      world.sandbox.control('POST', 'jopwell/tracker', { candidate_ids: [externalId], status: 'Applied' });
    await toTracker(sent);
    const tracker = await world.open(TRACKER);
    await world.settled();
    await mark(tracker);
    const isTold = (person) =>
      eventually(`${person.name} to be told`, () =>
        tracker.evaluate(
          (path) => Boolean(document.querySelector(`tr[data-row-id] a[href$="${path}"]`)?.closest('tr').querySelector('atsi-view')),
          new URL(person.url).pathname,
        ),
      );
    /** As a page does that renders itself: what is new in the tracker, and nothing else. */
    const addRows = () =>
      tracker.evaluate(async () => {
        const text = await (await fetch(location.href)).text();
        const rows = (of) => [...of.querySelectorAll('tr[data-row-id]')];
        const known = new Set(rows(document).map((row) => row.dataset.rowId));
        const fresh = rows(new DOMParser().parseFromString(text, 'text/html'));
        rows(document)[0].before(...fresh.filter((row) => !known.has(row.dataset.rowId)));
      });

    await (await world.send(sent, other)).close();
    await isTold(sent);
    await toTracker(added);
    await addRows();
    await isTold(added);
    // The proxy is away when the row comes; once it is back, nobody has to do anything.
    await toTracker(missed);
    await world.proxy.kill();
    await addRows();
    await world.settled();
    await world.proxy.start();
    await isTold(missed);
    await stayed(tracker);
    await world.screenshot(tracker, 'live-tracker-rows');
    await other.close();
  });

  const PHONE = { stage: 'Phone', status: 'Phone Screen' };
  const choose = (automatic, more = {}) =>
    fetch(`${world.proxy.url}/v1/write-back`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', origin: `chrome-extension://${'a'.repeat(32)}` },
      body: JSON.stringify({ rules: [PHONE], automatic, ...more }),
    });

  /** The tracker's row of a person, as Jopwell has it. */
  async function rowOf(person) {
    const rows = await world.sandbox.control('GET', 'jopwell/tracker');
    return rows.find((row) => row.candidate_id === person.externalId);
  }
  const isSet = (person, wanted) =>
    eventually(`${wanted} on Jopwell`, async () => ((await rowOf(person)).status === wanted ? true : undefined));

  /** Somebody in the phone screen in Greenhouse, and *Applied* on Jopwell. */
  async function tracked() {
    await hooks(world);
    const person = await onAJob();
    await move(person, 1);
    const ids = { candidate_ids: [person.externalId], status: 'Applied' };
    await world.sandbox.control('POST', 'jopwell/tracker', ids);
    return person;
  }

  test('the options map stages to statuses and choose the automatic ones', async () => {
    await choose([]);
    const page = await world.openOwn('options.html');
    const stages = { role: 'textbox', name: 'Stages for Phone Screen' };
    await page.waitFor({ ...stages, value: 'Phone' });
    await page.fill(stages, 'Phone, Preliminary');
    await page.click({ role: 'checkbox', name: 'Set Phone Screen automatically' });
    await page.click({ role: 'button', name: 'Save statuses' });
    await page.waitFor(status('Saved for your company'));
    await world.screenshot(page, 'options-write-back');
    await page.reload();
    await page.waitFor({ ...stages, value: 'Phone, Preliminary' });
    await page.waitFor({ role: 'checkbox', name: 'Set Phone Screen automatically', checked: true });
  });

  test('a login page does not count as a set status, and the next click sets it', async () => {
    await choose([]);
    const person = await tracked();
    const switches = (changes) => world.sandbox.control('PUT', 'switches', changes);
    await switches({ statuses_need_login: true });
    const offer = { role: 'button', name: 'Set to Phone Screen' };
    const page = await world.open(TRACKER);
    await page.waitFor(offer);
    await world.settled();
    const { id: rowId } = await rowOf(person);
    await page.click(offer);
    await eventually('the log-in page', async () => (await rowOf(person)).turned_away === 1 || undefined);
    const shown = () => page.evaluate((id) => document.querySelector(`[data-row-id="${id}"] select`).value, rowId);
    await eventually('Applied in the row again', async () => (await shown()) === 'Applied' || undefined);
    await page.waitFor(offer);
    assert.ok(!(await page.text()).includes('set by ATSi'));
    assert.equal((await rowOf(person)).status, 'Applied');
    await switches({ statuses_need_login: false });
    await world.settled();
    await page.click(offer);
    await isSet(person, 'Phone Screen');
    await page.waitForText('set by ATSi');
  });

  test('a click in the tracker sets the matching status, and another undoes it', async () => {
    await choose([]);
    const person = await tracked();
    const page = await world.open(TRACKER);
    await mark(page);
    await page.waitFor({ role: 'button', name: 'Set to Phone Screen' });
    await world.settled();
    assert.equal((await rowOf(person)).status, 'Applied');
    await world.screenshot(page, 'tracker-offer');
    const waits = await world.open(greenhouse(person));
    // Who was looked up less than ten seconds ago is looked up by a click.
    await waits.click({ role: 'button', name: 'Sync now' });
    await waits.waitForText(/On Jopwell Applied/);
    await waits.waitFor(status('Set Phone Screen on Jopwell'));
    await accessible(waits);
    await world.screenshot(waits, 'panel-waiting');
    await waits.close();
    // So does their row in a list, and all rows are as high as without it.
    const list = await world.open('https://app.greenhouse.io/people');
    await list.waitFor(status('Waiting'));
    await world.screenshot(list, 'list-waiting');
    // Others of ours may wait, too.
    const [{ description }] = await list.all(status('Waiting'));
    assert.match(description, /Open the tracker and set it in the candidate’s row/);
    await accessible(list);
    const heights = await list.evaluate(() => {
      const rows = [...document.querySelectorAll('tr.person')];
      const measure = () => rows.map((row) => row.getBoundingClientRect().height);
      const shown = measure();
      for (const view of document.querySelectorAll('tr.person atsi-view')) view.remove();
      return [shown, measure()];
    });
    assert.deepEqual(...heights);
    await list.close();
    await page.click({ role: 'button', name: 'Set to Phone Screen' });
    await isSet(person, 'Phone Screen');
    await page.waitForText('set by ATSi');
    // The panel in Greenhouse says the same, and which way the status came.
    const panel = await world.open(greenhouse(person));
    await panel.waitForText(/On Jopwell Phone Screen/);
    const text = await panel.waitForText(/Waiting Nothing/);
    assert.match(text, /Updated .+ (by webhook|checked by ATSi)/);
    // What was read less than ten seconds ago is not read again.
    const sync = async () => {
      await panel.click({ role: 'button', name: 'Sync now' });
      return (await panel.text()).includes('by Sync now') || undefined;
    };
    await eventually('a status that was read by a click', sync, undefined, 30_000);
    await world.screenshot(panel, 'panel-done');
    await panel.close();
    await world.screenshot(page, 'tracker-set');
    await page.click({ role: 'button', name: 'Undo' });
    await isSet(person, 'Applied');
    await page.waitFor({ role: 'button', name: 'Set to Phone Screen' });
    await stayed(page);
  });

  test('an automatic status is set once among colleagues and never against a person', async () => {
    await choose(['Phone Screen']);
    const other = await world.colleague();
    const [one, two] = [await world.open(TRACKER), await world.open(TRACKER, other)];
    const person = await tracked();
    await one.reload();
    await two.reload();
    await isSet(person, 'Phone Screen');
    await one.reload();
    await one.waitForText('set by ATSi');
    const { id } = await rowOf(person);
    // A person sets something else, by hand: it stays, whoever looks.
    await one.evaluate(
      async (row) => {
        const form = document.querySelector(`tr[data-row-id="${row}"] form`);
        form.querySelector('select').value = 'Offer';
        await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
      },
      id,
    );
    for (const page of [one, two]) {
      await page.reload();
      await page.waitFor({ role: 'button', name: 'Set to Phone Screen' });
    }
    await world.settled();
    await world.settled(other);
    assert.equal((await rowOf(person)).status, 'Offer');
    await choose([]);
    await other.close();
  });

  test('the preview in the options follows the unsaved form', async () => {
    await choose([]);
    const [one, two] = [await tracked(), await tracked()];
    await control(two, 'reject', {});
    await choose([], { rules: [PHONE, { stage: 'Rejected', status: 'Rejected' }] });
    const page = await world.openOwn('options.html');
    await page.waitFor({ role: 'textbox', name: 'Stages for Phone Screen', value: 'Phone' });
    await page.click({ role: 'button', name: 'Preview changes' });
    await page.waitFor(status(/would get a status on Jopwell, 0 of them automatically$/));
    for (const person of [one, two]) await page.waitForText(person.externalId);
    await page.waitForText('only moves forward');
    // Before it is saved, and without asking again.
    await page.click({ role: 'checkbox', name: 'Set Rejected automatically' });
    await page.waitFor(status(/, [1-9]\d* of them automatically$/));
    await page.fill({ role: 'textbox', name: 'Stages for Phone Screen' }, 'Nothing');
    await page.waitForText(/skipped: no words above match the stage/);
    await page.evaluate(() => document.getElementById('rejected-hint').scrollIntoView());
    await world.screenshot(page, 'options-preview');
    await accessible(page);
    const saved = await fetch(`${world.proxy.url}/v1/write-back`, { headers: { origin: `chrome-extension://${'a'.repeat(32)}` } });
    assert.deepEqual((await saved.json()).automatic, []);
    assert.equal((await rowOf(two)).status, 'Applied');
  });

  /** Rejected is set by itself, so long after the rejection in Greenhouse. */
  const chooseWait = (wait) =>
    choose(['Rejected'], { rules: [{ stage: 'Rejected', status: 'Rejected' }], rejected_after: wait });

  test('Rejected waits as long as the options say', async () => {
    await choose([]);
    const page = await world.openOwn('options.html');
    await page.waitFor({ role: 'textbox', name: 'Stages for Phone Screen', value: 'Phone' });
    await page.click({ role: 'checkbox', name: 'Set Rejected automatically' });
    await page.evaluate(() => {
      const select = document.getElementById('rejected-after');
      select.value = '86400000';
      select.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await page.click({ role: 'button', name: 'Save statuses' });
    await page.waitFor(status('Saved for your company'));
    await world.screenshot(page, 'options-rejected-waits');
    await accessible(page);
    await page.reload();
    await page.waitFor({ role: 'checkbox', name: 'Set Rejected automatically', checked: true });
    await page.waitFor({ role: 'combobox', name: 'When to set Rejected automatically', value: 'after 1 day' });
  });

  test('a waiting Rejected shows the time left, and a click sets it now or not at all', async () => {
    await chooseWait(3_600_000);
    const now = await tracked();
    await control(now, 'reject', {});
    const page = await world.open(TRACKER);
    const waits = 'Rejected will be set in 60 min';
    await page.waitForText(waits);
    // The worker ends and comes back: the proxy knows how long is left.
    await world.browser.stopBackground();
    await page.reload();
    await page.waitForText(waits);
    await world.screenshot(page, 'tracker-waits');
    assert.equal((await rowOf(now)).status, 'Applied');
    await page.click({ role: 'button', name: 'Set now' });
    await isSet(now, 'Rejected');
    await page.waitForText('set by ATSi');

    const never = await tracked();
    await control(never, 'reject', {});
    await page.reload();
    await page.waitForText(waits);
    await page.click({ role: 'button', name: 'Don’t set' });
    const offer = { role: 'button', name: 'Set to Rejected' };
    await page.waitFor(offer);
    await page.reload();
    await page.waitFor(offer);
    await world.settled();
    assert.equal((await rowOf(never)).status, 'Applied');
  });

  test('a waiting Rejected is set when its time is over, unless the rejection was reversed', async () => {
    await chooseWait(12_000);
    const other = await world.colleague();
    const [person, back] = [await tracked(), await tracked()];
    const pages = [await world.open(TRACKER), await world.open(TRACKER, other), await world.open(TRACKER)];
    for (const one of [person, back]) await control(one, 'reject', {});
    await pages[0].waitForText('Rejected will be set in 1 min');
    await control(back, 'unreject', {});
    await isSet(person, 'Rejected');
    for (const page of pages) await page.reload();
    await pages[0].waitForText('set by ATSi');
    await world.settled();
    await world.settled(other);
    assert.equal((await rowOf(back)).status, 'Applied');
    await choose([]);
    await other.close();
  });

  test(`a tracker of ${ROWS} rows shows each candidate’s status`, async () => {
    await hooks(world);
    const person = await onAJob();
    const grow = await world.open(`https://www.jopwell.com/search?cards=${ROWS}`);
    await grow.close();
    const people = await world.sandbox.control('GET', 'jopwell/candidates');
    const ids = people.slice(0, ROWS - 1).map(({ id }) => id);
    await world.sandbox.control('POST', 'jopwell/tracker', {
      candidate_ids: [person.externalId, ...ids.filter((id) => id !== person.externalId)],
      status: 'Applied',
    });
    const tracker = await world.open(TRACKER);
    assert.ok((await tracker.evaluate(() => document.querySelectorAll('tr[data-row-id]').length)) >= ROWS);
    await tracker.waitFor(status(person.job.stages[0].name));
    await move(person, 1);
    await tracker.waitFor(status(person.job.stages[1].name));
  });
});

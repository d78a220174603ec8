import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { accessible, button, eventually, IN_GREENHOUSE, inEachBrowser, SEND, status } from './setup.js';

const TRACKER = 'https://www.jopwell.com/tracker';
const SWITCH = button('Send applications automatically');
/** Ids of the sandbox's jobs on Jopwell. */
const [FIRMWARE, DESIGNER, ANALYST, CARE, INTERN] = [310, 311, 312, 313, 314];

/** In Greenhouse. The proxy reads its list every five minutes, so they are there from the start. */
const JOBS = ['Software Engineer, Firmware', 'Product Designer', 'Financial Analyst', 'Customer Care Lead', 'Data Science Intern'];

inEachBrowser(
  'who applies on Jopwell becomes a candidate in Greenhouse',
  (world) => {
    const applies = (job_id, ...people) =>
      world.sandbox.control('POST', 'jopwell/tracker', {
        candidate_ids: people.map((person) => person.externalId),
        status: 'Applied',
        job_id,
      });
    const applicants = (job) => `https://www.jopwell.com/jobs/${job}/applicants`;

    /** The job in Greenhouse that a button of the panel links to, once the page was given the yes for it. */
    async function link(page, job) {
      const { jobs } = await world.sandbox.control('GET', 'state');
      const wanted = jobs.find(({ name }) => name === job);
      await page.click(button(`Link to ${job}`));
      await page.waitForText(`In Greenhouse: ${job}`);
      return wanted;
    }

    /** Exactly one candidate on exactly this job. */
    async function arrives(person, job) {
      const found = await eventually(`${person.name} in Greenhouse`, async () => {
        const [one] = await world.inGreenhouse(person);
        return one;
      });
      assert.deepEqual(
        found.applications.map(({ prospect, job_id }) => [prospect, job_id]),
        [[false, job.id]],
      );
      return found;
    }

    test('a job’s applicants are previewed before sending is turned on, and each arrives once', async () => {
      for (const name of JOBS) await world.sandbox.control('POST', 'greenhouse/jobs', { name });
      const people = [await world.person(), await world.person(), await world.person()];
      await applies(INTERN, ...people);
      const page = await world.open(applicants(INTERN));
      await page.waitForText('3 people applied to 1 job; none sent yet.');
      await page.waitForText('Not linked to a Greenhouse job; 3 people are waiting.');
      await page.waitFor(status('Applied · job not linked'));
      await world.screenshot(page, 'applications-unlinked');
      const where = await eventually('the button', () => page.restingPoint(button('Link to Data Science Intern')));
      const job = await link(page, 'Data Science Intern');
      await page.waitFor(status('Applied · not sent'));
      if (world.name === 'chromium') {
        // A double click that is slower than the link: the switch stands in the same place by then. Firefox's driver
        // counts no clicks across two commands.
        assert.deepEqual(await page.restingPoint(SWITCH).then(({ y }) => y), where.y);
        await page.puppeteer.mouse.click(where.x, where.y, { clickCount: 2 });
        await world.settled();
        await page.waitFor(SWITCH);
      }
      const told = await page.text();
      for (const { name } of people) assert.ok(told.includes(name), told);
      await page.waitForText('Turning this on sends these people');
      await world.screenshot(page, 'applications-preview');
      for (const person of people) assert.deepEqual(await world.inGreenhouse(person), []);

      await page.click(SWITCH);
      for (const person of people) await arrives(person, job);
      await page.waitForText('3 people applied to 1 job; all are in Greenhouse.');
      await page.waitForText('Recently sent');
      await world.screenshot(page, 'applications-sent');

      // New ones go by themselves, with two tabs open.
      const late = await world.person();
      await applies(INTERN, late);
      const tabs = [await world.open(applicants(INTERN)), await world.open(applicants(INTERN))];
      const found = await arrives(late, job);
      assert.match(found.emails[0].value, /^nadia\.\d+@mail\.example$/);
      for (const tab of tabs) await tab.waitForText('4 people applied to 1 job; all are in Greenhouse.');
      for (const person of [...people, late]) await world.theOneInGreenhouse(person);
    });

    /** A job in Greenhouse of the same name, linked, with a yes, from the page of its applicants. */
    async function opened(job, name) {
      const { jobs } = await world.sandbox.control('GET', 'state');
      const { id } = jobs.find((one) => one.name === name);
      const first = await world.person();
      await applies(job, first);
      const page = await world.open(applicants(job));
      await page.click(button(`Link to ${name}`));
      await page.click(SWITCH);
      await page.waitForText('Sent automatically');
      await arrives(first, { id });
      return { page, id };
    }

    test('applications wait during a pause and go out when it ends', async () => {
      const { page, id } = await opened(CARE, 'Customer Care Lead');
      await page.click(button('Pause all'));
      await page.waitFor(button('Resume all'));
      const person = await world.person();
      await applies(CARE, person);
      await page.reload();
      await page.waitFor(status('Applied · paused'));
      await world.settled();
      assert.deepEqual(await world.inGreenhouse(person), []);
      await world.screenshot(page, 'applications-paused');
      await page.click(button('Resume all'));
      await arrives(person, { id });
    });

    test('an application of an existing prospect waits for a person’s decision', async () => {
      const { id } = await opened(ANALYST, 'Financial Analyst');
      const person = await world.person();
      await (await world.send(person)).close();
      const { id: prospect } = await world.theOneInGreenhouse(person);
      await applies(ANALYST, person);
      const page = await world.open(applicants(ANALYST));
      const held = status('Applied · already a prospect');
      await page.waitFor(held);
      await world.screenshot(page, 'applications-prospect');
      await world.theOneInGreenhouse(person);
      await page.click(button('Send anyway'));
      await page.waitForNone(held);
      const found = await eventually('a second profile', async () => {
        const found = await world.inGreenhouse(person);
        return found.length === 2 ? found : undefined;
      });
      const other = found.find((one) => one.id !== prospect);
      assert.deepEqual(other.applications.map((one) => one.job_id), [id]);

      const other2 = await world.person();
      await (await world.send(other2)).close();
      await applies(ANALYST, other2);
      await page.reload();
      await page.waitFor(held);
      await page.click(button('Don’t send'));
      await page.waitForNone(held);
      await page.waitFor(status('Not sent'));
      await world.theOneInGreenhouse(other2);
    });

    test('applications arrive once when tab, worker and proxy stop in the middle', async () => {
      const { page, id } = await opened(DESIGNER, 'Product Designer');
      await world.settled();
      const people = [];
      for (let count = 0; count < 6; count += 1) people.push(await world.person());
      await applies(DESIGNER, ...people);
      await world.proxy.kill();
      await page.reload();
      await page.waitFor(status('Waiting'));
      await page.close();
      await world.browser.stopBackground();
      await world.proxy.start();
      const again = await world.open(TRACKER);
      for (const person of people) await arrives(person, { id });
      await world.settled();
      for (const person of people) await world.theOneInGreenhouse(person);
      await again.waitForText(/Product Designer/);
      await world.screenshot(again, 'applications-tracker');
    });

    test('an application whose profile opens only in a tab goes out when the profile is opened', async () => {
      const { page, id } = await opened(FIRMWARE, 'Software Engineer, Firmware');
      const person = await world.person({ variant: 'app' });
      await applies(FIRMWARE, person);
      await page.reload();
      await page.waitFor(status('Applied · details missing'));
      await world.screenshot(page, 'applications-missing');
      assert.deepEqual(await world.inGreenhouse(person), []);
      await world.open(person.url);
      const found = await arrives(person, { id });
      assert.equal(found.emails.length, 1);
    });

    test('a résumé behind the login arrives in Greenhouse as a file, by send and by application', async () => {
      await world.sandbox.control('PUT', 'switches', { resumes_need_login: true });
      const refused = await world.person({ has_resume: true });
      const profile = await world.open(refused.url);
      await profile.click(SEND);
      await profile.waitForText('Jopwell asked to sign in first');
      await profile.waitFor(IN_GREENHOUSE);
      assert.deepEqual((await world.theOneInGreenhouse(refused)).files, []);
      await world.screenshot(profile, 'applications-no-file');

      await profile.goto('https://www.jopwell.com/login');
      await profile.click(button('Log in'));
      await profile.waitForText('Search');
      const sent = await world.person({ has_resume: true });
      await world.send(sent);
      const file = async (person) => {
        const [found] = await world.inGreenhouse(person);
        return found?.files.length ? found.files : undefined;
      };
      assert.match((await eventually('the file', () => file(sent)))[0], /\.pdf$/);

      const { id } = await world.sandbox.control('GET', 'state').then(({ jobs }) =>
        jobs.find(({ name }) => name === 'Data Science Intern'),
      );
      const applicant = await world.person({ has_resume: true });
      await applies(INTERN, applicant);
      await world.open(applicants(INTERN));
      await arrives(applicant, { id });
      await eventually('the file', () => file(applicant));
    });

    for (const [bytes, what, why] of [
      [0, '0 bytes', 'the file is empty'],
      [500_000_000, '500 MB', 'the file is larger than 20 MB'],
      [21 << 20, '21 MB', 'the file is larger than 20 MB'],
    ]) {
      test(`a candidate with a résumé of ${what} is sent without it, and the panel says why`, async () => {
        await world.sandbox.control('PUT', 'switches', { resume_bytes: bytes });
        const person = await world.person({ has_resume: true });
        const page = await world.send(person);
        await page.waitForText(why);
        assert.deepEqual((await world.theOneInGreenhouse(person)).files, []);
        if (bytes === 0) await world.screenshot(page, 'applications-empty-file');
        await world.sandbox.control('PUT', 'switches', { resume_bytes: null });
      });
    }

    test('a résumé of 19 MB is sent', async () => {
      await world.sandbox.control('PUT', 'switches', { resume_bytes: 19_000_000 });
      const person = await world.person({ has_resume: true });
      await world.send(person);
      await eventually('the file', async () => (await world.theOneInGreenhouse(person)).files[0]);
      await world.sandbox.control('PUT', 'switches', { resume_bytes: null });
    });

    test('pushed applications are counted on the options page, accepted and rejected', async () => {
      const options = await world.openOwn('options.html');
      // What the cards above say is there: nothing moves any more.
      await options.waitForText('No webhooks received yet.');
      await options.click(button('Create secret for Jopwell'));
      const { value: url } = await options.waitFor({ role: 'textbox', name: 'Address for Jopwell' });
      const { value: secret } = await options.waitFor({ role: 'textbox', name: 'Secret for Jopwell' });
      const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
      const push = (id, body, { late = 0, by = key } = {}) => {
        const timestamp = Math.floor(Date.now() / 1000) + late;
        const text = JSON.stringify(body);
        const signature = createHmac('sha256', by).update(`${id}.${timestamp}.${text}`).digest('base64');
        return fetch(url, {
          method: 'POST',
          headers: { 'webhook-id': id, 'webhook-timestamp': `${timestamp}`, 'webhook-signature': `v1,${signature}` },
          body: text,
        });
      };
      const application = (external_id, first_name) => ({
        external_id,
        jopwell_job: { id: `/jobs/${INTERN}`, title: 'Data Science Intern' },
        profile: { first_name, last_name: 'Pushed' },
      });
      assert.equal((await push('msg_1', application('pushed-1', 'Imani'))).status, 202);
      const there = await eventually('who was pushed in Greenhouse', async () => {
        const [one] = await world.inGreenhouse({ externalId: 'pushed-1' });
        return one;
      });
      assert.equal(there.applications[0].prospect, false);
      const turnedAway = [
        await push('msg_2', application('pushed-2', 'Noor'), { by: Buffer.alloc(32) }),
        await push('msg_3', application('pushed-3', 'Noor'), { late: -3600 }),
        await push('msg_1', application('pushed-4', 'Noor')),
        await push('msg_4', { external_id: 'pushed-5' }),
      ];
      assert.deepEqual(turnedAway.map(({ status }) => status), [401, 401, 422, 400]);
      await options.waitForText('Accepted: Once');
      for (const words of ['wrong signature', 'check their clocks', 'The first one counts', 'can’t read it as an application']) {
        await options.waitForText(words);
      }
      await accessible(options);
      await options.evaluate(() => document.getElementById('push').scrollIntoView());
      await world.screenshot(options, 'options-pushed');
      await options.click(button('Replace secret (the old one stops now)'));
      await eventually('another secret', async () =>
        (await options.waitFor({ role: 'textbox', name: 'Secret for Jopwell' })).value !== secret || undefined,
      );
      assert.equal((await push('msg_5', application('pushed-6', 'Noor'))).status, 401);
    });
  },
  { isPublic: true },
);

inEachBrowser('a proxy that Greenhouse cannot reach', (world) => {
  test('a candidate is sent with a link to the résumé when the proxy has no public address', async () => {
    const person = await world.person({ has_resume: true });
    const page = await world.send(person);
    await page.waitForText('the ATSi proxy has no public address');
    const { resume_url } = await world.theOneInGreenhouse(person);
    assert.match(resume_url, /\/resumes\//);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, inEachBrowser, SOURCE, status } from './setup.js';

inEachBrowser(
  'what changes in Greenhouse shows on open pages',
  (world) => {
    const greenhouse = (person, host = 'app') =>
      `https://${host}.greenhouse.io/people/${person.candidate.id}?application_id=${person.candidate.applications[0].id}`;

    const control = (person, name, body) =>
      world.sandbox.control('POST', `greenhouse/candidates/${person.candidate.id}/${name}`, body);

    /** Web hooks of everything lead to the proxy. */
    async function hooks() {
      const made = await fetch(`${world.proxy.url}/v1/hooks/secret`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: `chrome-extension://${'a'.repeat(32)}` },
        body: '{}',
      });
      const { url, secret } = await made.json();
      await world.sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);
    }

    async function aJob() {
      const { jobs } = await world.sandbox.control('GET', 'state');
      return jobs.find((job) => job.status === 'open' && job.stages.length > 3);
    }

    /** Somebody sent, and made a candidate on a job. */
    async function onAJob() {
      const person = await world.person();
      await (await world.send(person)).close();
      person.candidate = await world.theOneInGreenhouse(person);
      person.job = await aJob();
      await control(person, 'convert', { job_id: person.job.id });
      return person;
    }

    test('a stage is moved: the panel that is open in Greenhouse changes by itself', async () => {
      await hooks();
      const person = await onAJob();
      const page = await world.open(greenhouse(person));
      await page.waitForText(SOURCE);
      await page.waitFor(status(person.job.stages[0].name));
      // A page that was loaded twice shows nothing that it did not hear.
      await page.evaluate(() => (globalThis.sameDocument = true));
      for (const stage of [1, 2]) {
        await control(person, 'move', { stage: person.job.stages[stage].name });
        await page.waitFor(status(person.job.stages[stage].name));
      }
      assert.equal(await page.evaluate(() => globalThis.sameDocument), true);
    });

    test('the proxy starts anew: what changed meanwhile comes, by number', async () => {
      const person = await onAJob();
      const page = await world.open(greenhouse(person));
      await page.waitFor(status(person.job.stages[0].name));
      await world.proxy.kill();
      await world.proxy.start();
      await control(person, 'move', { stage: person.job.stages[1].name });
      await page.waitFor(status(person.job.stages[1].name));
    });
  },
);

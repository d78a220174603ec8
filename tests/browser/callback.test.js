import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, button, eventually, inEachBrowser, status } from './setup.js';

const ADDRESS = { role: 'textbox', name: 'Address of Jopwell’s system' };
const SECRET = { role: 'textbox', name: 'Signing secret' };
const MAKE = button('Create signing secret');
const REPLACE = button('Replace signing secret (the old one stops now)');
const SAVE = button('Save address');
const AGAIN = button('Send again');

inEachBrowser(
  'what changes is delivered to Jopwell’s own systems, and the options show how that goes',
  (world) => {
    const receiver = (changes) => world.sandbox.control('PUT', 'receiver', changes);
    const came = () => world.sandbox.control('GET', 'receiver');

    /** The last message that tells this of somebody's application. */
    const told = (wanted) =>
      eventually('a message to the receiver', async () =>
        (await came()).findLast(({ event }) => event.data.candidate?.status?.applications.some(wanted)),
      );

    /** Greenhouse's web hooks lead to the proxy, so that it hears of every move at once. */
    async function hear(page) {
      await page.click(button('Create secret key'));
      const { value: url } = await page.waitFor({ role: 'textbox', name: 'Endpoint URL' });
      const { value: secret } = await page.waitFor({ role: 'textbox', name: 'Secret key' });
      await world.sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);
    }

    test('a status change is delivered signed, and a failed delivery can be sent again', async () => {
      const options = await world.openOwn('options.html');
      await options.waitFor(status('Connected'));
      await hear(options);
      await options.waitForNone(MAKE);
      await options.fill(ADDRESS, 'https://a:b@hooks.kiln.example/');
      await options.click(SAVE);
      await options.waitForText('Deliveries are signed instead');
      await options.waitForNone(SECRET);

      await options.fill(ADDRESS, `${world.sandbox.url}/sandbox/receiver`);
      await options.click(SAVE);
      await options.waitFor(status('Saved: changes are now delivered to this address'));
      const { value: first } = await options.waitFor(SECRET);
      await options.waitForText('Nothing delivered yet.');
      await options.click(MAKE);
      const secret = await eventually('another secret', async () => {
        const { value } = await options.waitFor(SECRET);
        return value === first ? undefined : value;
      });
      await receiver({ secret });
      await options.waitFor(REPLACE);

      const person = await world.person();
      await (await world.send(person)).close();
      const { id } = await world.theOneInGreenhouse(person);
      const { jobs } = await world.sandbox.control('GET', 'state');
      const job = jobs.find((one) => one.status === 'open' && one.stages.length > 3);
      const control = (name, body) => world.sandbox.control('POST', `greenhouse/candidates/${id}/${name}`, body);
      await control('convert', { job_id: job.id });
      await control('move', { stage: job.stages[1].name });
      const moved = await told(({ stage }) => stage === job.stages[1].name);
      assert.equal(moved.type, 'candidate.changed');
      assert.equal(moved.event.data.candidate.external_id, person.externalId);
      assert.ok((await came()).every(({ verified }) => verified), JSON.stringify(await came()));
      await options.activate();
      await options.waitForText(/Up to date. Last delivery: .* Candidate .* delivered/);
      await options.waitForNone({ role: 'text', name: /on its way/ });

      await receiver({ status: 500 });
      await control('move', { stage: job.stages[2].name });
      await options.waitForText('Deliveries fail and are retried automatically.');
      await options.waitForText(/Candidate .* tried (once|\d+ times), answered 500 next attempt:/);
      assert.ok(!(await options.text()).includes(person.name), 'no name stands in the list');
      await accessible(options);
      await options.evaluate(() => document.getElementById('callback').scrollIntoView());
      await world.screenshot(options, 'options-callback');

      await receiver({ status: 204 });
      await options.click(AGAIN);
      await options.waitFor(status('Sending again'));
      await options.waitForNone({ role: 'text', name: /answered 500/ });
      await options.waitForText(/Up to date. Last delivery:/);
      const arrived = await told(({ stage }) => stage === job.stages[2].name);
      assert.ok(arrived.verified && arrived.times > 1, JSON.stringify(arrived));

      // What has arrived goes once more, as a message of its own.
      const before = new Set((await came()).map(({ id: known }) => known));
      await options.click(AGAIN);
      const copy = await eventually('one more message', async () =>
        (await came()).find(({ id: one }) => !before.has(one)),
      );
      assert.equal(copy.event.data.candidate.idempotency_key, arrived.event.data.candidate.idempotency_key);
      const messages = await came();
      assert.ok(messages.every(({ verified }) => verified), JSON.stringify(messages));
    });

    test('a replaced signing secret stops signing at once', async () => {
      const options = await world.openOwn('options.html');
      await options.click(REPLACE);
      const { value: secret } = await options.waitFor(SECRET);
      await options.waitForNone({ role: 'text', name: /by both the old and the new secret/ });
      const before = new Set((await came()).map(({ id }) => id));
      const fresh = async () => (await came()).find(({ id }) => !before.has(id));
      // The receiver has the old one still.
      await options.click(AGAIN);
      assert.equal((await eventually('a message to the receiver', fresh)).verified, false);
      await receiver({ secret });
      await options.click(AGAIN);
      await eventually('a message that is signed with the new one', async () =>
        (await came()).some(({ id, verified }) => !before.has(id) && verified) || undefined,
      );
    });

    test('deliveries stop when the address is emptied, and the secret is shown once', async () => {
      const options = await world.openOwn('options.html');
      const { value } = await options.waitFor({ ...ADDRESS, value: /sandbox\/receiver$/ });
      assert.equal(value, `${world.sandbox.url}/sandbox/receiver`);
      await options.waitFor(MAKE);
      await options.waitForNone(SECRET);
      await options.click(ADDRESS);
      await options.press('Control+a');
      await options.press('Delete');
      await options.click(SAVE);
      await options.waitFor(status('Deliveries stopped'));
      await options.waitForNone(MAKE);
      await options.waitForNone(AGAIN);
    });

    test('the sandbox lists received deliveries', async () => {
      const page = await world.open(`${world.sandbox.url}/receiver`);
      await page.waitForText(/candidate\.changed verified (once|\d+ times)/);
      await world.screenshot(page, 'sandbox-receiver');
    });
  },
  { proxyFlags: ['--callback-to-private'] },
);

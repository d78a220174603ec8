/** The key is checked while somebody enters it: a line for each thing, and what to change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, button, eventually, inEachBrowser, status } from './setup.js';

const textbox = (name) => ({ role: 'textbox', name });

inEachBrowser(
  'a key that is checked as it is pasted',
  (world) => {
    /** Six lines, each as what stands before it and the sentence behind. */
    async function lines(page) {
      return page.evaluate(() =>
        [...document.querySelectorAll('#key-checks li')].map((line) => line.innerText.replace(/\s+/g, ' ').trim()),
      );
    }

    async function enter(page, key, user = world.serviceUser) {
      await page.fill(textbox('Service user e-mail'), user);
      await page.fill(textbox('Greenhouse API key'), key);
    }

    const user = async (wanted) => {
      const { users } = await world.sandbox.control('GET', 'state');
      return users.find(wanted).email;
    };

    const cases = {
      'a complete key': [
        async () => [world.key],
        [/^✓ The key is complete/, /^✓ The service user is an e-mail/, /^✓ Greenhouse accepts the key\. It acts as/, /^✓ The service user sees \d+ open job/, /^✓ .*prospect pool/, /^✓ The service user may create prospects/],
      ],
      'a Harvest key': [
        async () => [(await world.makeKey('harvest')).key],
        [/^✓/, /^✓/, /^✗ Greenhouse does not accept this key\. It may be of another type: Harvest/, /^–/, /^–/, /^–/],
      ],
      'a Job Board key': [
        async () => [(await world.makeKey('job_board')).key],
        [/^✓/, /^✓/, /^✗ .*Candidate Ingestion for the partner Jopwell/, /^–/, /^–/, /^–/],
      ],
      'spaces around it': [async () => [` ${world.key} `], [/^✓/, /^✓/, /^✓/, /^✓/, /^✓/, /^✓/]],
      'a space inside': [
        async () => [`${world.key.slice(0, 9)} ${world.key.slice(9)}`],
        [/^✗ .*space.*Copy it again/, /^–/, /^–/, /^–/, /^–/, /^–/],
      ],
      'the last character is missing': [
        async () => [world.key.slice(0, -1)],
        [/^– The key has 31 characters/, /^✓/, /^✗ .*probably incomplete/, /^–/, /^–/, /^–/],
      ],
      'a user that Greenhouse does not know': [
        async () => [world.key, 'nobody@hartwell.example'],
        [/^✓/, /^✓/, /^✗ .*does not know the service user/, /^–/, /^–/, /^–/],
      ],
      'a disabled user': [
        async () => [world.key, await user(({ disabled }) => disabled)],
        [/^✓/, /^✓/, /^✗ .*probably disabled.*enable the user/, /^–/, /^–/, /^–/],
      ],
      'the Basic role': [
        async () => [world.key, await user(({ role, disabled }) => role === 'basic' && !disabled)],
        [/^✓/, /^✓/, /^✓/, /./, /./, /^✗ .*Basic role.*Site Admin/],
      ],
    };
    for (const [what, [typed, wanted]] of Object.entries(cases)) {
      test(`${what}`, async () => {
        const page = await world.openOwn('options.html');
        await page.fill(textbox('Proxy address'), world.proxy.url);
        await enter(page, ...(await typed()));
        await page.waitForText(wanted[2].source.includes('✓') ? 'Greenhouse accepts the key' : /✗/);
        let found;
        try {
          found = await eventually('the lines', async () => {
            found = await lines(page);
            return (found.length === 6 && wanted.every((line, index) => line.test(found[index]))) || undefined;
          });
        } catch {
          wanted.forEach((line, index) => assert.match(found[index] ?? '', line));
        }
        await accessible(page);
        await world.screenshot(page, `key-${what.replaceAll(' ', '-')}`);
        // Nothing was connected by looking.
        assert.deepEqual(await page.all(status('Connected')), []);
        assert.equal(await page.evaluate(() => document.querySelector('#problem').textContent), '');
      });
    }

    test('each step of the guide opens its page on the Greenhouse host that is open', async () => {
      const guide = async (page) =>
        page.evaluate(() =>
          [...document.querySelectorAll('#help li a')].map(({ hostname, pathname }) => `${hostname}${pathname}`),
        );
      const there = '/configure/dev_center/credentials';
      const page = await world.openOwn('options.html');
      await page.waitForText('Check: Greenhouse asks for a type, a partner and a description.');
      assert.deepEqual(await guide(page), Array(4).fill(`app.greenhouse.io${there}`));
      await world.open('https://app2.greenhouse.io/people');
      await page.activate();
      await eventually('links to the host that is open', async () =>
        (await guide(page)).every((link) => link === `app2.greenhouse.io${there}`) || undefined,
      );
      const opened = await world.open(await page.evaluate(() => document.querySelector('#guide-3').href));
      await opened.waitForText('Create New API Key');
      await accessible(page);
      await page.evaluate(() => document.querySelector('#help').scrollIntoView());
      await world.screenshot(page, 'options-guide');
    });

    test('the key check shows only the latest input and disappears after Connect', async () => {
      const page = await world.openOwn('options.html');
      await page.fill(textbox('Proxy address'), world.proxy.url);
      await enter(page, '0000000000000000000000000000beef');
      await page.waitForText('Greenhouse does not accept this key.');
      await page.fill(textbox('Greenhouse API key'), world.key);
      await page.waitForText('The key is complete.');
      await page.click(button('Connect'));
      await page.waitFor(status('Connected'));
      assert.deepEqual(await lines(page), []);
    });
  },
  { connect: false },
);

/** A key is nowhere but sealed at the proxy: a whole run, and then every file, page and answer is looked through. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { button, IN_GREENHOUSE, inEachBrowser, SEND, status } from './setup.js';

const ADMIN = 'ada@hartwell.example';
const COLLEAGUE = 'ben@hartwell.example';

/** How a key may be written: as it is, in UTF-16, and in the forms that Basic authentication gives it. */
function writings(key) {
  const basic = [key, `${key}:`].map((text) => Buffer.from(text).toString('base64').replace(/=+$/, ''));
  return [key, ...basic].flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')]);
}

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.isFile()) yield path;
  }
}

inEachBrowser(
  'secrets',
  (world) => {
    test('no key is in a log, database, profile, e-mail, page or answer after a whole run', async () => {
      const keys = [world.key, (await world.makeKey('candidate_ingestion')).key];
      const wrong = (await world.makeKey('harvest')).key;
      const tokens = [];
      const pages = [];
      const look = async (page) => pages.push([page.url(), await page.evaluate(() => document.documentElement.outerHTML)]);

      await world.signIn(ADMIN, 'Ada Park');
      const options = await world.openOwn('options.html');
      await world.fillOptions(options, { key: wrong });
      await options.waitForText(/does not accept/);
      await look(options);
      await world.fillOptions(options, { key: keys[0] });
      await options.waitFor(status('Connected'));
      await look(options);

      const profileDir = await world.folder();
      const ben = await world.another({ profileDir });
      await (await world.signIn(COLLEAGUE, 'Ben Castell', ben)).waitForText(/You’re ready to send/);
      await look(await world.send(await world.person(), ben));

      // The key is replaced while a send is under way.
      await world.faults({ kind: 'throttle', retry_after: 3 });
      const person = await world.person();
      const profile = await world.open(person.url, ben);
      await profile.click(SEND);
      await profile.waitFor(status(/^Waiting/));
      await world.fillOptions(options, { key: keys[1] });
      await options.waitForText(`••••${keys[1].slice(-4)}`);
      await profile.waitFor(IN_GREENHOUSE);
      const { id } = await world.theOneInGreenhouse(person);
      await look(profile);
      await look(options);
      await look(await world.popup(ben));
      const inGreenhouse = await world.open(`https://app.greenhouse.io/people/${id}`, ben);
      await inGreenhouse.waitForText('Source = Jopwell');
      await look(inGreenhouse);

      // Each answer that needs nothing but a token, to the admin and to the colleague.
      const { paths } = await (await fetch(`${world.proxy.url}/openapi.json`)).json();
      const plain = Object.keys(paths).filter((path) => paths[path].get && !path.includes('{') && path !== '/v1/live');
      assert.ok(plain.length > 15, 'there are answers to look at');
      for (const email of [ADMIN, COLLEAGUE]) {
        const post = async (path, body) => {
          const headers = { 'content-type': 'application/json' };
          return (await fetch(world.proxy.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
        };
        await post('/v1/sign-in/code', { email });
        const { token } = await post('/v1/sign-in', { email, code: await world.code(email), device: 'test' });
        tokens.push(token);
        for (const path of plain) {
          const answer = await fetch(world.proxy.url + path, { headers: { authorization: `Bearer ${token}` } });
          pages.push([`${path} for ${email}`, await answer.text()]);
        }
      }

      const { folder, logFile } = world.proxy;
      await ben.close();
      await world.restartBrowser(async () => {
        await world.proxy.kill();
        const places = [folder, world.profileDir, profileDir, world.mailDir].flatMap((one) => [...files(one)]);
        const all = [
          ...[...places, logFile].map((path) => [path, readFileSync(path)]),
          ...pages.map(([name, text]) => [name, Buffer.from(text)]),
        ];
        // What does stand there is found.
        const standsIn = (words, place) =>
          all.some(([name, content]) => name.startsWith(place) && writings(words).some((one) => content.includes(one)));
        assert.ok(standsIn(world.serviceUser, folder), 'in the database');
        assert.ok(standsIn(COLLEAGUE, world.mailDir), 'in the mails');
        for (const one of [world.profileDir, profileDir]) assert.ok(standsIn(new URL(world.proxy.url).host, one), 'in the profiles');
        for (const [secret, words] of [...[...keys, wrong].entries(), ...tokens.map((token) => ['a token', token])]) {
          for (const written of writings(words)) {
            const found = all.filter(([, content]) => content.includes(written)).map(([name]) => name);
            assert.deepEqual(found, [], `${secret} stands there`);
          }
        }
      });
    });
  },
  { company: true, keepProfile: true, expected: ['status of 40', 'status of 422'] },
);

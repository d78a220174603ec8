/** Devices that a company manages: its policy names the proxy and a token, and nobody takes a step. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, firefoxWithPolicies } from './driver.js';
import { accessible, button, inEachBrowser, SEND, status } from './setup.js';

const textbox = (name) => ({ role: 'textbox', name });

/** Where Chromium of Debian reads what an administrator decided for the whole machine. */
const POLICIES = '/etc/chromium/policies/managed';

inEachBrowser(
  'managed devices',
  (world) => {
    /** Puts a policy where the browser reads it, and gives the options to start such a browser with. */
    async function decree(t, policy) {
      if (world.name === 'firefox') {
        const policies = { '3rdparty': { Extensions: { [world.browser.extensionId]: policy } } };
        return { program: firefoxWithPolicies(await world.folder(), policies) };
      }
      const made = mkdirSync(POLICIES, { recursive: true });
      const file = join(POLICIES, `atsi-test-${process.pid}.json`);
      t.after(() => {
        rmSync(file, { force: true });
        if (made) rmSync(made, { recursive: true });
      });
      const extensions = { [world.browser.extensionId]: policy };
      writeFileSync(file, JSON.stringify({ '3rdparty': { extensions } }));
      return {};
    }

    /** May this test write where the browser reads? */
    function mayDecree() {
      if (world.name === 'firefox') return true;
      try {
        const made = mkdirSync(POLICIES, { recursive: true });
        const file = join(POLICIES, `atsi-test-${process.pid}.probe`);
        writeFileSync(file, '');
        rmSync(file);
        if (made) rmSync(made, { recursive: true });
        return true;
      } catch {
        return false;
      }
    }

    test('a device with the policy’s token can send until it is removed', async (t) => {
      if (!mayDecree()) return t.skip(`${POLICIES} cannot be written`);
      const welcome = await world.signIn('ada@hartwell.example', 'Ada Park');
      await welcome.close();
      await world.connect();
      const options = await world.openOwn('options.html');
      await options.waitForText('No token yet. Create one to let managed devices sign in by policy.');
      await options.click(button('Create token'));
      await options.waitForText('Token created by Ada Park');
      await accessible(options);
      await world.screenshot(options, 'options-managed');
      const policy = JSON.parse((await options.waitFor(textbox('Policy JSON'))).value);
      assert.equal(policy.proxyAddress, world.proxy.url);

      const device = await world.another(await decree(t, policy));
      // Nobody opens our pages or signs in there. A click sends nothing until the browser has read its policy.
      const remove = { ...button('Remove'), description: /^Remove: .* on Linux/ };
      const person = await world.person();
      const theirProfile = await world.open(person.url, device);
      const isListed = async () => {
        await options.reload();
        await options.waitForText('Token created by Ada Park');
        await options.waitForText('ada@hartwell.example');
        return (await options.all(remove))[0];
      };
      // Chromium may load a policy late, and the extension tries for 22 seconds.
      await eventually('the device among the colleagues', isListed, undefined, 60_000);
      await theirProfile.click(SEND);
      await theirProfile.waitFor(status(/^In Greenhouse/));
      await world.theOneInGreenhouse(person);
      const theirs = await world.openOwn('options.html', device);
      await theirs.waitFor(status('Connected'));
      await theirs.waitForText('Recruiter');
      assert.deepEqual(await theirs.all(button('Connect')), []);
      await world.screenshot(theirs, 'options-managed-device');
      await theirs.close();

      const profile = await world.open((await world.person()).url, device);
      await profile.waitFor(SEND);
      await options.click(remove);
      await options.waitForText('joins again automatically while your policy’s token works');
      await accessible(options);
      await world.screenshot(options, 'options-remove-device');
      await options.click(button('Remove only'));
      await profile.waitFor(button('Send to ATS: sign in first'));
      // As the question said: its policy still names the token.
      await device.stopBackground();
      await profile.reload();
      await profile.waitFor(SEND);

      await options.click(remove);
      await options.click(button('Remove and revoke token'));
      await options.waitForText('No token yet. Create one to let managed devices sign in by policy.');
      await profile.waitFor(button('Send to ATS: sign in first'));
      // Its policy still names the token, which counts no longer.
      await device.stopBackground();
      await profile.reload();
      await profile.waitFor(button('Send to ATS: sign in first'));
    });

    if (world.name !== 'firefox') return;

    test('a device with a manifest of managed storage can send', async () => {
      const options = await world.openOwn('options.html');
      await options.click(button('Create token'));
      const home = await world.folder();
      const folder = join(home, '.mozilla/managed-storage');
      mkdirSync(folder, { recursive: true });
      const data = JSON.parse((await options.waitFor(textbox('Policy JSON'))).value);
      const manifest = { name: 'atsi@jopwell.com', description: 'ATSi', type: 'storage', data };
      writeFileSync(join(folder, 'atsi@jopwell.com.json'), JSON.stringify(manifest));
      const device = await world.another({ home });
      const profile = await world.open((await world.person()).url, device);
      await profile.waitFor(SEND);
      await options.click({ ...button('Remove'), description: /^Remove: .* on Linux/ });
      await options.click(button('Remove and revoke token'));
      await profile.waitFor(button('Send to ATS: sign in first'));
    });
  },
  { company: true, expected: ['status of 40', 'net::ERR_CONNECTION_REFUSED'] },
);

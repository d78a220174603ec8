import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { browsers } from './driver.js';
import { dist } from './servers.js';
import { button, IN_GREENHOUSE, inEachBrowser, SEND, status } from './setup.js';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

describe('the packages', () => {
  for (const name of browsers) {
    test(`${name} has only the permissions in permissions.snapshot.json`, () => {
      const manifest = JSON.parse(readFileSync(join(dist, name, 'manifest.json'), 'utf8'));
      const asks = {
        permissions: manifest.permissions,
        optional_permissions: manifest.optional_permissions,
        host_permissions: manifest.host_permissions,
        optional_host_permissions: manifest.optional_host_permissions,
        content_security_policy: manifest.content_security_policy,
        content_scripts: manifest.content_scripts.map(({ matches, exclude_matches, all_frames, world }) => ({
          matches,
          exclude_matches,
          all_frames,
          world,
        })),
        web_accessible_resources: manifest.web_accessible_resources,
        externally_connectable: manifest.externally_connectable,
        data_collection_permissions: manifest.browser_specific_settings.gecko.data_collection_permissions,
      };
      const agreed = JSON.parse(readFileSync(new URL('permissions.snapshot.json', import.meta.url), 'utf8'));
      assert.deepEqual(JSON.parse(JSON.stringify(asks)), agreed);
    });
  }

  test('Mozilla’s linter accepts the Firefox package', { skip: !browsers.includes('firefox') }, async () => {
    const linter = require('addons-linter').createInstance({
      config: { _: [join(dist, 'firefox')], logLevel: 'fatal', output: 'none' },
      runAsBinary: false,
    });
    const { errors, warnings, notices, metadata } = await linter.run();
    assert.equal(metadata.id, 'atsi@jopwell.com', 'it has read the package');
    assert.deepEqual([...errors, ...warnings, ...notices], []);
  });
});

inEachBrowser(
  'our own pages',
  (world) => {
    /** No finding of axe-core, in both colour schemes. */
    async function isAccessible(page) {
      await page.evaluate(`(() => {${axe}})()`);
      for (const scheme of ['light', 'dark']) {
        await page.colorScheme(scheme);
        const [passes, violations] = await page.evaluate(async () => {
          const found = await window.axe.run(document);
          const inShort = ({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) });
          return [found.passes.length, found.violations.map(inShort)];
        });
        assert.deepEqual(violations, [], `${scheme}, ${page.url()}`);
        assert.ok(passes > 10, 'axe-core has looked at something');
      }
    }

    /** Somebody whose send comes to a bad end, or to none for an hour. */
    async function clickSend(fault, outcome) {
      await world.faults(fault);
      const page = await world.open((await world.person()).url);
      await page.click(SEND);
      await page.waitFor(status(outcome));
      await page.close();
    }

    test('the browser reports only what one manifest for both browsers causes', async () => {
      // Firefox has no service worker for an extension and needs `scripts`, which Chromium passes over.
      // Chromium wants the schema of managed storage named, which Firefox does without.
      const known = {
        chromium: ["'background.scripts' requires manifest version of 2 or lower."],
        firefox: ['Reading manifest: Warning processing storage: An unexpected property was found in the WebExtension manifest.'],
      };
      assert.deepEqual(await world.browser.manifestWarnings(), known[world.name]);
    });

    test('the options are accessible before connecting', async () => {
      const page = await world.openOwn('options.html');
      await page.waitFor(button('Connect'));
      await isAccessible(page);
    });

    test('the options are accessible with an alert', async () => {
      const page = await world.openOwn('options.html');
      await world.fillOptions(page, { key: '0000000000000000000000000000beef' });
      await page.waitForText('Greenhouse does not accept this API key.');
      await isAccessible(page);
      await world.screenshot(page, 'options-alert-dark');
    });

    test('the popup is accessible before connecting', async () => {
      const page = await world.popup();
      await page.waitFor(status('Not connected yet'));
      await isAccessible(page);
    });

    test('the options are accessible when connected', async () => {
      await world.connect();
      const page = await world.openOwn('options.html');
      await page.waitFor(status('Connected'));
      await isAccessible(page);
      await world.screenshot(page, 'options-connected-dark');
    });

    test('the popup is accessible with sends in every state', async () => {
      await (await world.send(await world.person())).close();
      await clickSend({ kind: 'bad_request' }, 'Not sent');
      await clickSend({ kind: 'reset_after_commit' }, 'Check in Greenhouse');
      await clickSend({ kind: 'throttle', retry_after: 3_600 }, /^Waiting/);
      const page = await world.popup();
      for (const state of ['Connected', IN_GREENHOUSE.name, 'Not sent', 'Check in Greenhouse', /^Waiting/]) {
        await page.waitFor(status(state));
      }
      await isAccessible(page);
      await world.screenshot(page, 'popup-every-state-dark');
      await page.colorScheme('light');
      await world.screenshot(page, 'popup-every-state');
    });
  },
  { connect: false },
);

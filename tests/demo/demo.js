/**
 * `./build.sh demo`: ATSi on stand-ins for both sites, to try by hand; without a display, or with
 * `--headless`, a tour that it takes by itself.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from '../browser/driver.js';
import { dist, Proxy, Sandbox } from '../browser/servers.js';
import { tour } from './tour.js';
import { visit } from './visit.js';

const HELP = `Options:
  --browser firefox      instead of Chromium
  --headless             the tour by itself, though there is a display
  --screenshots FOLDER   the tour, its pictures named for the documentation`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        browser: { type: 'string', default: 'chromium' },
        headless: { type: 'boolean', default: false },
        screenshots: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error.message}\n${HELP}`);
    process.exit(2);
  }
}

/** The first of these ports that is free and may be used, or 0: any. */
async function freePort(...wanted) {
  for (const port of wanted) {
    const server = createServer();
    const free = await new Promise((tell) =>
      server.once('error', () => tell(false)).listen(port, '127.0.0.1', () => tell(true)),
    );
    if (!free) continue;
    await new Promise((closed) => server.close(closed));
    return port;
  }
  return 0;
}

/** Addresses without a port, such as the ones that the extension links to, have to work as well. */
function addresses(browser, sandbox) {
  // Only Chromium can map the port too.
  if (browser !== 'chromium') return { httpsPort: sandbox.httpsPort };
  const rules = ['www.jopwell.com', 'jopwell.com', '*.greenhouse.io'].map(
    (host) => `MAP ${host}:443 127.0.0.1:${sandbox.httpsPort}`,
  );
  return { args: [`--host-resolver-rules=${rules.join(', ')}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`] };
}

const options = readOptions();
if (options.help) {
  console.log(HELP);
  process.exit();
}
const hasDisplay = Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
const shown = hasDisplay && !options.headless && !options.screenshots;

let sandbox, proxy, browser;
// Ctrl+C ends the process with the browser, at once.
process.once('exit', () => {
  for (const program of [proxy, sandbox]) if (program) rmSync(program.folder, { recursive: true, force: true });
});
async function run() {
  const httpsPorts = options.browser === 'chromium' ? [8443] : [443, 8443];
  sandbox = await Sandbox.start([], { https: await freePort(...httpsPorts), http: await freePort(8444) });
  proxy = await Proxy.start(sandbox, [], await freePort(8787));
  browser = await launch(options.browser, {
    extension: join(dist, options.browser),
    ...addresses(options.browser, sandbox),
    headless: !shown,
  });
  if (shown) return visit({ sandbox, proxy, browser });
  const folder = options.screenshots ?? fileURLToPath(new URL('../../test-output/demo', import.meta.url));
  // No picture of an earlier tour stays.
  if (!options.screenshots) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (!hasDisplay) console.log('There is no display, so ATSi takes the tour by itself.\n');
  return tour({ sandbox, proxy, browser, folder, numbered: !options.screenshots });
}

try {
  await run();
} finally {
  await browser?.close();
  for (const program of [proxy, sandbox]) await program?.stop();
}

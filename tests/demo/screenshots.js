/**
 * `./build.sh screenshots`: makes the pictures of the documents again, all but those in `BY_HAND`. Most are
 * pictures that browser tests take anyway; the others are the demo's tour.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const taken = join(root, 'test-output/screenshots');
const documents = join(root, 'docs/screenshots');

/** Taken by `tour.js`, under these names. */
const TOUR = [
  'options',
  'connected',
  'profile',
  'sent',
  'greenhouse-profile',
  'moved',
  'greenhouse-list',
  'popup',
  'greenhouse-redesign',
];

/** For each test file: the picture in the documents, and the test's own name for it. */
const TESTS = {
  applications: {
    'applications-no-file': 'applications-no-file',
    'applications-preview': 'applications-preview',
    'applications-prospect': 'applications-prospect',
    'applications-sent': 'applications-sent',
  },
  callback: { 'options-callback': 'options-callback' },
  company: { 'admin-code': 'welcome-code', 'admin-colleagues': 'options-invited' },
  hooks: { 'admin-hooks': 'options-hooks' },
  jobs: {
    'job-closed': 'job-closed',
    'job-difference': 'job-difference',
    'job-form': 'job-form',
    'job-proposed': 'job-proposed',
    'job-saved': 'job-saved',
    'options-job-board': 'options-job-board',
    'options-job-saving': 'options-job-saving',
  },
  key: { 'admin-key': 'key-a-disabled-user' },
  link: { 'admin-done': 'welcome-done', 'admin-mail': 'admin-mail' },
  live: {
    'options-preview': 'options-preview',
    'panel-waiting': 'panel-waiting',
    'tracker-waits': 'tracker-waits',
  },
  managed: { 'admin-managed': 'options-managed' },
  notifications: { 'options-notifications': 'options-notifications' },
  popup: { 'popup-report': 'popup-report' },
};

/** The desktop draws these, not the browser: take them by hand when their texts change. */
const BY_HAND = ['notification'];

function run(what, args, env = {}) {
  console.log(`\n${what}`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${what} failed`);
}

rmSync(taken, { recursive: true, force: true });
run('The tour of the demo', ['tests/demo/demo.js', '--screenshots', documents]);
const files = Object.keys(TESTS).map((name) => `tests/browser/${name}.test.js`);
run('Browser tests that take pictures', ['--test', '--test-concurrency=1', ...files], { ATSI_BROWSERS: 'chromium' });

const missing = TOUR.filter((name) => !existsSync(join(documents, `${name}.png`)));
for (const [picture, name] of Object.values(TESTS).flatMap(Object.entries)) {
  const from = join(taken, `chromium-${name}.png`);
  if (existsSync(from)) copyFileSync(from, join(documents, `${picture}.png`));
  else missing.push(picture);
}
if (missing.length) throw new Error(`no test takes these pictures any more: ${missing.join(', ')}`);
console.log(`\nThe pictures are in docs/screenshots. Look at what changed; by hand: ${BY_HAND.join(', ')}.`);

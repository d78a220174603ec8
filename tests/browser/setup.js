/**
 * What a browser test stands on: the sandbox, a proxy pointed at it, and a browser with the built
 * extension. One such world serves a whole test file in one browser, so that each test works with a
 * person of its own.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { browsers, eventually, launch } from './driver.js';
import { dist, Proxy, Sandbox } from './servers.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screenshots = fileURLToPath(new URL('../../test-output/screenshots/', import.meta.url));

export const button = (name) => ({ role: 'button', name });
export const status = (name) => ({ role: 'status', name });
export const SEND = button('Send to ATS');
export const IN_GREENHOUSE = status(/^In Greenhouse/);
export const SOURCE = 'Source = Jopwell';

/** Firefox's note on an answer for a page that rests in its cache meanwhile; shown again, the page asks anew. */
const RESTING_PAGE = 'Promise resolved while context is inactive';
/** The browsers' notes on a WebSocket whose proxy ended: no code can keep them from being made. */
const ENDED_SOCKETS = [
  'WebSocket connection to',
  'establish a connection to the server at ws:',
  'The connection to ws:',
];

/** The five ways in which the sandbox builds a profile. Microdata and h-card pages show no id of the site's own. */
export const VARIANTS = ['classic', 'json_ld', 'microdata', 'h_card', 'app'];
const WITHOUT_ID = ['microdata', 'h_card'];

/**
 * Describes `topic` once for each browser, around a world that starts before its first test.
 *
 * @param {(world: World) => void} define
 * @param {object} [options]
 * @param {boolean} [options.connect] false: the extension is installed, nobody has connected it
 * @param {boolean} [options.company] the proxy serves companies, and its mail is in the sandbox's mailbox; nobody is signed in
 * @param {boolean} [options.isPublic] the proxy has an address that Greenhouse can reach
 * @param {string[]} [options.proxyFlags] more flags of the proxy
 * @param {boolean} [options.keepProfile] the browser can be started again on the same profile
 * @param {string[]} [options.hosts] more host names that lead to the sandbox
 * @param {boolean} [options.wasm] as in `launch`
 * @param {string} [options.locale] as in `launch`
 * @param {Record<string, unknown>} [options.prefs] as in `launch`
 * @param {string[]} [options.expected] errors that the tests of this file bring about, as patterns
 * @param {(folder: string) => Promise<string>} [options.prepare] gives the folder to install instead of the built one
 */
export function inEachBrowser(topic, define, options = {}) {
  for (const name of browsers) {
    describe(`${topic}, in ${name}`, () => {
      const world = new World(name, options);
      before(() => world.start());
      afterEach(() => world.tidy());
      after(() => world.stop());
      define(world);
    });
  }
}

class World {
  /** @type {Sandbox} */ sandbox;
  /** @type {Proxy} */ proxy;
  browser;
  #options;
  #pages = [];
  #folders = [];
  #others = [];
  #profiles = new Set();
  #count = 0;
  #taken = new Set();

  constructor(name, options) {
    this.name = name;
    this.#options = options;
  }

  async start() {
    const { company = false, connect = !company, keepProfile = false, prepare, isPublic = false, proxyFlags = [] } = this.#options;
    this.extension = join(dist, this.name);
    if (prepare) this.extension = await prepare(this.extension, await this.folder());
    if (company) this.mailDir = await this.folder();
    const mail = company ? ['--mail-dir', this.mailDir] : [];
    this.sandbox = await Sandbox.start(mail);
    // Greenhouse fetches files from the proxy's own address, which it has to know from the start.
    const port = isPublic ? await freePort() : 0;
    const flags = isPublic ? ['--public-url', `http://127.0.0.1:${port}`] : [];
    if (company) flags.push('--mode', 'company', ...mail);
    flags.push(...proxyFlags);
    this.proxy = await Proxy.start(this.sandbox, flags, port);
    const { users } = await this.sandbox.control('GET', 'state');
    this.serviceUser = users.find(({ role, disabled }) => role === 'site_admin' && !disabled).email;
    this.key = (await this.makeKey('candidate_ingestion')).key;
    if (keepProfile) this.profileDir = await this.folder();
    this.browser = await this.launch({ profileDir: this.profileDir });
    if (connect) await this.connect();
  }

  async stop() {
    const errors = this.browser ? await this.browser.extensionErrors().catch((error) => [error.message]) : [];
    await this.browser?.close();
    for (const other of this.#others) await other.close();
    await this.proxy?.stop();
    await this.sandbox?.stop();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    const expected = [...(this.#options.expected ?? []), RESTING_PAGE, ...ENDED_SOCKETS];
    assert.deepEqual(
      errors.filter((error) => !expected.some((pattern) => error.includes(pattern))),
      [],
      'errors of the extension during this file',
    );
  }

  /** After each test: no page stays open, no fault stays set. */
  async tidy() {
    for (const page of this.#pages.splice(0)) await page.close().catch(() => {}); // Closed by the test, or with its browser.
    await this.sandbox?.control('DELETE', 'faults');
  }

  /** A temporary folder, removed at the end. */
  async folder() {
    const folder = await mkdtemp(join(tmpdir(), 'atsi-test-'));
    this.#folders.push(folder);
    return folder;
  }

  /** A browser with the extension. The welcome page that a new profile gets is there, and closed again. */
  async launch(options) {
    const { hosts, wasm, locale, prefs } = this.#options;
    const { extension, sandbox } = this;
    const browser = await launch(this.name, { extension, httpsPort: sandbox.httpsPort, hosts, wasm, locale, prefs, ...options });
    // One that came later would lie over the page that a test clicks on.
    if (!this.#profiles.has(options.profileDir)) await browser.takeTab(browser.extensionUrl('welcome.html'));
    if (options.profileDir) this.#profiles.add(options.profileDir);
    return browser;
  }

  /** One more browser, with a profile of its own. */
  async another(options = {}) {
    const browser = await this.launch(options);
    this.#others.push(browser);
    return browser;
  }

  /** The same, connected to the same proxy. */
  async colleague() {
    const browser = await this.another();
    await this.connect(browser);
    return browser;
  }

  /** Ends the browser and starts it on the same profile. */
  async restartBrowser(between = async () => {}) {
    this.#pages = [];
    await this.browser.close();
    await between();
    this.browser = await this.launch({ profileDir: this.profileDir });
  }

  makeKey(key_type) {
    return this.sandbox.control('POST', 'greenhouse/keys', { key_type, partner: 'Jopwell' });
  }

  /* ---- The options page ---- */

  async fillOptions(page, { proxy = this.proxy.url, key = this.key, user = this.serviceUser } = {}) {
    await page.fill({ role: 'textbox', name: 'Proxy address' }, proxy);
    await page.fill({ role: 'textbox', name: 'Greenhouse API key' }, key);
    await page.fill({ role: 'textbox', name: 'Service user e-mail' }, user);
    await page.click(button('Connect'));
  }

  async connect(browser = this.browser) {
    const page = await browser.openExtensionPage('options.html');
    await this.fillOptions(page);
    await page.waitFor(status('Connected'));
    await page.close();
  }

  /* ---- Accounts ---- */

  /** The newest mail to an address that was not taken yet. @returns {Promise<{text: string, name: string}>} */
  async mail(to) {
    const one = await eventually(`mail to ${to}`, async () => {
      const all = await this.sandbox.control('GET', 'mailbox');
      return all.find((mail) => mail.to === to && !this.#taken.has(mail.name));
    });
    this.#taken.add(one.name);
    return one;
  }

  /** The six digits in the newest mail to an address. */
  async code(email) {
    return /^ {4}([\d ]+)$/m.exec((await this.mail(email)).text)[1];
  }

  /** The welcome page of a person who has clicked *Get started*, at the proxy of this world. */
  async getStarted(browser = this.browser) {
    const page = await this.openOwn('welcome.html', browser);
    await page.click(button('Get started'));
    const address = { role: 'textbox', name: 'Proxy address' };
    // Shown where nobody answers at the usual address.
    await page.fill(address, this.proxy.url);
    await page.click(button('Use this proxy'));
    return page;
  }

  /** Signs somebody in by the code in their mail. @returns the welcome page */
  async signIn(email, name, browser = this.browser) {
    const page = await this.getStarted(browser);
    await page.fill({ role: 'textbox', name: 'Work e-mail' }, email);
    await page.click(button('Send code'));
    await page.fill({ role: 'textbox', name: 'Code' }, await this.code(email));
    await page.fill({ role: 'textbox', name: 'Your name' }, name);
    await page.click(button('Sign in'));
    await page.waitForNone(button('Sign in'));
    return page;
  }

  /* ---- Pages ---- */

  async open(url, browser = this.browser) {
    const page = await browser.newPage();
    this.#pages.push(page);
    await page.goto(url);
    return page;
  }

  async openOwn(path, browser = this.browser) {
    const page = await browser.openExtensionPage(path);
    this.#pages.push(page);
    return page;
  }

  /** The popup once the core has filled it; what pages had asked before is answered by then. */
  async popup(browser = this.browser) {
    const page = await this.openOwn('popup.html', browser);
    await page.waitForText('Recent sends');
    return page;
  }

  /** Waits until the core has answered whatever the open pages have asked: one worker, one queue. */
  async settled(browser = this.browser) {
    const page = await this.popup(browser);
    await page.close();
  }

  /** The text on the toolbar icon. */
  async badge(browser = this.browser) {
    const page = await this.openOwn('popup.html', browser);
    const text = await page.evaluate(() => (globalThis.browser ?? chrome).action.getBadgeText({}));
    await page.close();
    return text;
  }

  async screenshot(page, name) {
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot(join(screenshots, `${this.name}-${name}.png`));
  }

  /* ---- People ---- */

  /** Somebody new on Jopwell. @returns {Promise<{name: string, url: string, externalId: string}>} */
  async person(profile = {}) {
    // Letters only: a name holds no digits.
    const letters = [...String((this.#count += 1))].map((digit) => String.fromCharCode(97 + Number(digit))).join('');
    const whole = {
      variant: 'classic',
      name: `Nadia T${letters}`,
      headline: 'Data Analyst at Evergreen Health',
      emails: [`nadia.${this.#count}@mail.example`],
      ...profile,
    };
    const { id, path } = await this.sandbox.control('POST', 'jopwell/candidates', whole);
    return {
      name: whole.name,
      url: `https://www.jopwell.com${path}`,
      externalId: WITHOUT_ID.includes(whole.variant) ? path : id,
    };
  }

  /** What Greenhouse holds of a person: never more than one entry, if all is well. */
  async inGreenhouse({ externalId }) {
    const { candidates } = await this.sandbox.control('GET', 'state');
    return candidates.filter(({ external_id }) => external_id === externalId);
  }

  async theOneInGreenhouse(person) {
    const found = await this.inGreenhouse(person);
    assert.equal(found.length, 1, `${person.name} is in Greenhouse ${found.length} times`);
    return found[0];
  }

  /** Opens somebody's profile and sends them. */
  async send(person, browser = this.browser) {
    const page = await this.open(person.url, browser);
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    return page;
  }

  /** Somebody's profile, ready to be sent, and a proxy that has died. */
  async withoutProxy() {
    const person = await this.person();
    const page = await this.open(person.url);
    await page.waitFor(SEND);
    await this.settled();
    await this.proxy.kill();
    return { person, page };
  }

  /** What Greenhouse's API does wrong, once where nothing else is said. */
  faults(...rules) {
    return this.sandbox.control('PUT', 'faults', rules.map((rule) => ({ endpoint: 'post_candidates', times: 1, ...rule })));
  }

  /** A page of one's own under any host, with the policy `csp`. */
  async rawPage(url, html, csp) {
    const { host, pathname } = new URL(url);
    await this.sandbox.control('POST', 'pages', { host, path: pathname, html, csp });
    return url;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Exactly one element matches, now. */
export async function only(page, query) {
  const found = await page.all(query);
  assert.equal(found.length, 1, `${found.length} match\n${await page.outline()}`);
  return found[0];
}

/** axe-core finds nothing on the page as it is now. */
export async function accessible(page) {
  // What is shown may be known before the driver has let go of the page before.
  await eventually('the page has loaded', () =>
    page.evaluate(() => document.readyState === 'complete').catch(() => false),
  );
  await page.evaluate(`(() => {${axe}})()`);
  const { passes, violations } = await page.evaluate(async () => {
    const found = await window.axe.run(document);
    return { passes: found.passes.length, violations: found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`) };
  });
  assert.deepEqual(violations, []);
  assert.ok(passes > 5, 'axe-core has looked at something');
}

export { eventually };

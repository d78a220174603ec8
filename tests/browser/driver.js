/**
 * One small API over Chromium and Firefox with an unpacked extension installed, so that a test is
 * written once and runs in both.
 *
 * Elements are found by role and accessible name in the browser's own accessibility tree, which
 * sees into closed shadow roots as assistive technology does: in Chromium over the DevTools
 * protocol, in Firefox over WebDriver BiDi from the privileged scope (nsIAccessible). Pointer and
 * keys are the browser's own input, so the page gets trusted events.
 */
import {
  accessSync,
  constants,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';

/** The browsers a test file runs in. `ATSI_BROWSERS=firefox` narrows it while developing. */
export const browsers = (process.env.ATSI_BROWSERS ?? 'chromium,firefox').split(',');

/** Real hosts that resolve to this machine. Firefox has no wildcard, Chromium also maps *.greenhouse.io. */
const LOCAL_HOSTS = [
  'www.jopwell.com',
  'jopwell.com',
  ...['app', 'app2', 'app3', 'app4', 'app5', 'app.eu', 's101.recruiting.eu', 'acme'].map(
    (host) => `${host}.greenhouse.io`,
  ),
];

/** Upper bound for a wait, milliseconds. Only a test that is going to fail ever reaches it. */
const PATIENCE = 20_000;

/** Any fixed UUID: Firefox makes one up at each installation, and the address of extension pages holds it. */
const FIREFOX_UUID = '5b0f6f0a-7f1c-4b58-9d0e-2c4f6f3d9a11';

const FIREFOX = ['FIREFOX', ['firefox-esr', 'firefox']];

function executable(variable, names) {
  if (process.env[variable]) return process.env[variable];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not in this folder.
      }
    }
  }
  throw new Error(`${names.join(' or ')} is not installed; install it or name it in ${variable}`);
}

/**
 * Calls `probe` until it returns something else than undefined, and returns that; `explain` says,
 * in the error, what was there instead.
 */
export async function eventually(what, probe, explain = async () => '', patience = PATIENCE) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}\n${await explain()}`);
    await sleep(50);
  }
}

const squash = (text) => (text ?? '').replace(/\s+/g, ' ').trim();

const matches = (node, query) =>
  Object.entries(query).every(([key, wanted]) =>
    wanted instanceof RegExp ? wanted.test(node[key]) : node[key] === wanted,
  );

const describe = (query) =>
  Object.entries(query)
    .map(([key, value]) => `${key} ${value instanceof RegExp ? value : JSON.stringify(value)}`)
    .join(', ');

/**
 * Starts a browser with the extension in it.
 *
 * @param {'chromium'|'firefox'} name
 * @param {object} [options]
 * @param {string} [options.extension] folder of the unpacked extension
 * @param {number} [options.httpsPort] put into `https://` addresses that carry no port
 * @param {string} [options.profileDir] keep the profile there, to start the browser again on it
 * @param {string[]} [options.hosts] more host names that lead to this machine
 * @param {boolean} [options.headless] false: in a window, for a person
 * @param {boolean} [options.wasm] false: WebAssembly is switched off in the whole browser
 * @param {string} [options.locale] the language of the browser itself; Firefox speaks what is installed
 * @param {string[]} [options.args] more command line switches
 * @param {Record<string, unknown>} [options.prefs] more Firefox preferences
 * @param {string} [options.home] Firefox's home folder, where it looks for managed storage
 * @param {string} [options.program] another Firefox than the one that is installed
 * @returns {Promise<ChromiumBrowser|FirefoxBrowser>}
 */
export async function launch(name, options = {}) {
  const Browser = { chromium: ChromiumBrowser, firefox: FirefoxBrowser }[name];
  if (!Browser) throw new Error(`unknown browser ${name}`);
  const browser = new Browser(name, options, await Browser.start(options));
  try {
    await browser.prepare();
    if (options.extension) await browser.installExtension();
    return browser;
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/**
 * A Firefox in a folder of its own, for which these policies hold and for no other on the machine: the program, which
 * finds the rest beside itself, is copied, and the rest linked.
 *
 * @param {object} policies what `policies.json` says under `policies`
 * @returns {string} the program, for `launch`
 */
export function firefoxWithPolicies(folder, policies) {
  const program = realpathSync(executable(...FIREFOX));
  const [installed, name] = [dirname(program), basename(program)];
  for (const part of readdirSync(installed)) {
    if (part !== name && part !== 'distribution') symlinkSync(join(installed, part), join(folder, part));
  }
  copyFileSync(program, join(folder, name));
  mkdirSync(join(folder, 'distribution'));
  writeFileSync(join(folder, 'distribution', 'policies.json'), JSON.stringify({ policies }));
  return join(folder, name);
}

class Browser {
  /** Id of the installed extension: Chromium's 32 letters, Firefox's `browser_specific_settings.gecko.id`. */
  extensionId;
  /** What pages wrote to their consoles, and their uncaught errors; for the report of a failed test. */
  log = [];

  constructor(name, options, puppeteerBrowser) {
    this.name = name;
    this.options = options;
    this.puppeteer = puppeteerBrowser;
  }

  /** Installs, or installs anew after files in its folder were changed (an update). */
  async installExtension() {
    this.extensionId = await this.puppeteer.installExtension(this.options.extension);
  }

  /** @returns {Promise<Page>} a new tab, in front */
  async newPage() {
    const page = this.wrap(await this.puppeteer.newPage());
    page.puppeteer
      .on('console', (message) => this.log.push(`${page.puppeteer.url()} ${message.type()}: ${message.text()}`))
      .on('pageerror', (error) => this.log.push(`${page.puppeteer.url()} uncaught: ${error.message}`));
    return page;
  }

  /** @returns {Promise<Page>} a page of the extension in a new tab; `evaluate` there may use its APIs */
  async openExtensionPage(path) {
    const page = await this.newPage();
    await page.goto(this.extensionUrl(path));
    return page;
  }

  async close() {
    await this.puppeteer.close();
  }
}

/** A node of the accessibility tree.
 * @typedef {object} Node
 * @property {string} role ARIA role (`button`, `status`, `textbox`, …); `text` for a run of text
 * @property {string} name accessible name, white space squashed
 * @property {string} value
 * @property {string} description
 * @property {boolean} disabled
 * @property {boolean} focused
 * @property {boolean} pressed
 * @property {boolean} checked
 * @property {boolean} expanded
 */

/** What to look for: any properties of {@link Node}; strings are equal, RegExps match.
 * @typedef {Partial<Record<keyof Node, string|RegExp|boolean>>} Query
 */

class Page {
  constructor(browser, puppeteerPage) {
    this.browser = browser;
    this.puppeteer = puppeteerPage;
  }

  /** The address with the port of the local server in it: the same in both browsers. */
  address(url) {
    const address = new URL(url);
    if (address.protocol === 'https:' && !address.port && this.browser.options.httpsPort) {
      address.port = String(this.browser.options.httpsPort);
    }
    return address.href;
  }

  async goto(url) {
    await this.puppeteer.goto(this.address(url));
  }

  url() {
    return this.puppeteer.url();
  }

  async reload() {
    await this.puppeteer.reload();
  }

  /** @param {number} step -1 is the Back button; does not wait for what comes, the next `waitFor` does */
  async history(step) {
    await this.evaluate((delta) => history.go(delta), step);
  }

  /** Runs in the page's own world, whatever its Content-Security-Policy; arguments and result as JSON. */
  async evaluate(script, ...args) {
    return this.puppeteer.evaluate(script, ...args);
  }

  /** @returns {Promise<Node[]>} in document order, closed shadow roots included, hidden elements not */
  async all(query) {
    return (await this.tree()).filter((node) => matches(node, query));
  }

  /** @returns {Promise<Node>} the first that matches, as soon as there is one */
  async waitFor(query) {
    return eventually(
      describe(query),
      async () => (await this.all(query))[0],
      () => this.outline(),
    );
  }

  /** Waits until nothing matches. */
  async waitForNone(query) {
    await eventually(
      `no ${describe(query)}`,
      async () => ((await this.all(query)).length === 0 ? true : undefined),
      () => this.outline(),
    );
  }

  /** All text a person is shown, closed shadow roots included, white space squashed. */
  async text() {
    const texts = await this.all({ role: 'text' });
    return squash(texts.map((node) => node.name).join(' '));
  }

  /** @param {string|RegExp} wanted part of the text, or a pattern for it */
  async waitForText(wanted) {
    const found = (text) => (wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted));
    return eventually(
      `text ${wanted}`,
      async () => {
        const text = await this.text();
        return found(text) ? text : undefined;
      },
      () => this.outline(),
    );
  }

  /** The element that has the focus, in a closed shadow root too. @returns {Promise<Node|undefined>} */
  async focused() {
    return (await this.all({ focused: true })).find((node) => node.role !== 'document');
  }

  /** Presses the primary button in the middle of the element, scrolled into view and at rest; `count` times in a row. */
  async click(query, count = 1) {
    await this.activate();
    const { x, y } = await eventually(
      `${describe(query)} to click`,
      () => this.restingPoint(query),
      () => this.outline(),
    );
    await this.puppeteer.mouse.click(x, y, { count });
  }

  async hover(query) {
    await this.activate();
    const { x, y } = await eventually(`${describe(query)} to hover`, () => this.restingPoint(query));
    await this.puppeteer.mouse.move(x, y);
  }

  /** One key with its modifiers: `Enter`, `Shift+Tab`, `Control+a`. */
  async press(combination) {
    await this.activate();
    const keys = combination.split('+');
    const last = keys.pop();
    for (const key of keys) await this.puppeteer.keyboard.down(key);
    await this.puppeteer.keyboard.press(last);
    for (const key of keys.reverse()) await this.puppeteer.keyboard.up(key);
  }

  /** Moves the focus to the element by Tab, as a person without a mouse does. */
  async focusByTab(query) {
    await this.waitFor(query);
    await eventually(`the focus on ${describe(query)}`, async () => {
      await this.press('Tab');
      const focused = await this.focused();
      return (focused && matches(focused, query)) || undefined;
    });
  }

  /** Replaces what a text box holds, by typing. */
  async fill(query, text) {
    await this.click(query);
    await this.press('Control+a');
    await this.press('Delete');
    await this.puppeteer.keyboard.type(text);
  }

  async screenshot(path) {
    await this.activate();
    await this.puppeteer.screenshot({ path });
  }

  /** Brings the tab to the front: a tab in the background gets no input and runs no animation. */
  async activate() {
    await this.puppeteer.bringToFront();
  }

  async close() {
    await this.puppeteer.close();
  }

  /** The accessibility tree in lines, for the message of a failed wait. */
  async outline() {
    const lines = (await this.tree())
      .filter((node) => node.name && node.role !== 'generic')
      .map((node) => `  ${node.role} ${JSON.stringify(node.name)}${node.disabled ? ' disabled' : ''}`);
    return [`${this.url()} shows:`, ...lines.slice(0, 80), ...this.browser.log.slice(-20)].join('\n');
  }

  /** The middle of the first match, once it stays in the same place for two looks. */
  async restingPoint(query) {
    const [node] = await this.all(query);
    if (!node) return undefined;
    const before = await this.center(node);
    await sleep(30);
    const after = await this.center(node);
    return before && after && before.x === after.x && before.y === after.y ? after : undefined;
  }
}

class ChromiumBrowser extends Browser {
  static start({ args = [], profileDir, hosts: more = [], wasm = true, headless = true, locale = 'en-US' }) {
    const hosts = [...LOCAL_HOSTS, ...more, '*.greenhouse.io'].map((host) => `MAP ${host} 127.0.0.1`);
    return puppeteer.launch({
      browser: 'chrome',
      executablePath: executable('CHROMIUM', ['chromium', 'chromium-browser', 'google-chrome']),
      pipe: true,
      enableExtensions: true,
      acceptInsecureCerts: true,
      headless,
      defaultViewport: null,
      userDataDir: profileDir,
      // What most tests read is English, whatever the machine speaks.
      env: { ...process.env, LANGUAGE: locale.replace('-', '_') },
      args: [
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-quic',
        '--window-size=1280,900',
        `--lang=${locale}`,
        // Nothing but this machine is reached, whatever a page names.
        `--host-resolver-rules=${hosts.join(', ')}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        ...(wasm ? [] : ['--js-flags=--jitless']),
        ...args,
      ],
    });
  }

  async prepare() {
    // Without developer mode Chromium disables an unpacked extension at its first reload.
    const page = await this.puppeteer.newPage();
    await page.goto('chrome://extensions');
    await page.evaluate(() => chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true }));
    await page.close();
    this.puppeteer.on('targetcreated', (target) => this.#listen(target));
  }

  async installExtension() {
    const before = this.extensionId && this.#workerTarget();
    await super.installExtension();
    if (before) this.#retired.add(before);
  }

  async #listen(target) {
    if (target.type() !== 'service_worker') return;
    try {
      // The session puppeteer holds anyway: one more would keep the worker from being stopped.
      const { client } = await target.worker();
      client
        .on('Runtime.consoleAPICalled', ({ type, args }) =>
          this.log.push(`background ${type}: ${args.map((arg) => arg.value ?? arg.description).join(' ')}`),
        )
        .on('Runtime.exceptionThrown', ({ exceptionDetails: details }) =>
          this.log.push(`background uncaught: ${details.exception?.description ?? details.text}`),
        );
    } catch {
      // The worker stopped before it could be listened to.
    }
  }

  wrap(puppeteerPage) {
    return new ChromiumPage(this, puppeteerPage);
  }

  extensionUrl(path) {
    return `chrome-extension://${this.extensionId}/${path}`;
  }

  /** Saves downloads there, without a question. */
  async downloadTo(folder) {
    const session = await this.puppeteer.target().createCDPSession();
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  }

  /** Workers ended by a reload: their targets can stay in puppeteer's list for as long as the browser runs. */
  #retired = new WeakSet();

  #workerTarget() {
    return this.puppeteer
      .targets()
      .findLast(
        (target) =>
          target.type() === 'service_worker' &&
          target.url().startsWith(this.extensionUrl('')) &&
          !this.#retired.has(target),
      );
  }

  async backgroundRuns() {
    return this.#workerTarget() !== undefined;
  }

  /** Stops the service worker as the browser does when it has been idle; the next event starts it. */
  async stopBackground() {
    const target = this.#workerTarget();
    if (!target) return;
    const { client } = await target.worker();
    const connection = client.connection();
    const { targetInfo } = await client.send('Target.getTargetInfo');
    // Detached first: while somebody is attached, a worker that is started at once is the same target, and puppeteer
    // never hears that the former one ended.
    await connection.send('Target.detachFromTarget', { sessionId: client.id() });
    await connection.send('Target.closeTarget', { targetId: targetInfo.targetId });
    await eventually('the service worker to stop', async () => (this.#workerTarget() === target ? undefined : true));
  }

  async startBackground() {
    const page = await this.openExtensionPage('manifest.json');
    const session = await page.puppeteer.createCDPSession();
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.startWorker', { scopeURL: this.extensionUrl('') });
    await eventually('the service worker to start', async () => this.#workerTarget());
    await page.close();
  }

  /** Runs in the service worker. Chromium only. */
  async workerEvaluate(script, ...args) {
    if (!this.#workerTarget()) await this.startBackground();
    const worker = await this.#workerTarget().worker();
    return worker.evaluate(script, ...args);
  }

  /** `runtime.reload()`: what an update does to the pages that are open. */
  async reloadExtension() {
    if (!(await this.backgroundRuns())) await this.startBackground();
    const before = this.#workerTarget();
    await this.workerEvaluate(() => {
      setTimeout(() => chrome.runtime.reload()); // After this call has returned.
    });
    this.#retired.add(before);
    await eventually('the new service worker', async () => this.#workerTarget());
  }

  /** Waits for a tab that something else than the test opened on this address, and closes it. */
  async takeTab(url) {
    const target = await this.puppeteer.waitForTarget((one) => one.url() === url, { timeout: PATIENCE });
    await (await target.page()).close();
  }

  /** What the browser lays to the extension: errors in its worker, pages and content scripts. */
  async extensionErrors() {
    return (await this.#faultsFound()).runtimeErrors.map(({ message, source }) => `${source}: ${message}`);
  }

  /** What the browser says of the manifest, warnings too. */
  async manifestWarnings() {
    return (await this.#faultsFound()).manifestErrors.map(({ message }) => message);
  }

  async #faultsFound() {
    const page = await this.puppeteer.newPage();
    await page.goto('chrome://extensions');
    const found = await page.evaluate((id) => chrome.developerPrivate.getExtensionInfo(id), this.extensionId);
    await page.close();
    return found;
  }

  /** Gives the extension the command as if its shortcut were pressed on the tab in front: headless
   * Chromium hands no key to its own shortcuts. */
  async pressCommand(command) {
    await this.workerEvaluate(async (name) => {
      const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
      chrome.commands.onCommand.dispatch(name, tab);
    }, command);
  }
}

class ChromiumPage extends Page {
  /** The page's own session: puppeteer exchanges it when a navigation swaps the page's process. */
  get session() {
    return this.puppeteer._client();
  }

  async tree() {
    const { nodes } = await this.session.send('Accessibility.getFullAXTree');
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const inOrder = [];
    const visit = (node) => {
      if (!node) return;
      if (!node.ignored) inOrder.push(node);
      if (node.role?.value !== 'StaticText') node.childIds?.forEach((id) => visit(byId.get(id)));
    };
    visit(nodes.find((node) => node.parentId === undefined));
    return inOrder.map((node) => {
      const properties = Object.fromEntries((node.properties ?? []).map(({ name, value }) => [name, value.value]));
      const on = (name) => properties[name] === true || properties[name] === 'true';
      return {
        role: CHROMIUM_ROLES[node.role?.value] ?? node.role?.value ?? '',
        name: squash(node.name?.value),
        value: String(node.value?.value ?? ''),
        description: squash(node.description?.value),
        disabled: on('disabled'),
        focused: on('focused'),
        pressed: on('pressed'),
        checked: on('checked'),
        expanded: on('expanded'),
        handle: node.backendDOMNodeId,
      };
    });
  }

  /** @param {'light'|'dark'} scheme what `prefers-color-scheme` says */
  async colorScheme(scheme) {
    await this.puppeteer.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  }

  async center({ handle }) {
    try {
      await this.session.send('DOM.scrollIntoViewIfNeeded', { backendNodeId: handle });
      const { quads } = await this.session.send('DOM.getContentQuads', { backendNodeId: handle });
      const [quad] = quads;
      return quad && { x: (quad[0] + quad[4]) / 2, y: (quad[1] + quad[5]) / 2 };
    } catch {
      return undefined; // The page took the element away meanwhile: look again.
    }
  }
}

/** Chromium's own names where they differ from ARIA's. */
const CHROMIUM_ROLES = { RootWebArea: 'document', StaticText: 'text', img: 'image' };

class FirefoxBrowser extends Browser {
  static start({ extension, args = [], prefs = {}, profileDir, hosts = [], wasm = true, headless = true, home, program }) {
    const id =
      extension &&
      JSON.parse(readFileSync(join(extension, 'manifest.json'), 'utf8')).browser_specific_settings.gecko.id;
    return puppeteer.launch({
      browser: 'firefox',
      executablePath: program ?? executable(...FIREFOX),
      acceptInsecureCerts: true,
      headless,
      defaultViewport: null,
      userDataDir: profileDir,
      env: home ? { ...process.env, HOME: home } : undefined,
      // The privileged scope: the accessibility tree, extension pages, the background's life.
      args: ['--remote-allow-system-access', '--width=1280', '--height=900', ...args],
      extraPrefsFirefox: {
        'network.dns.localDomains': [...LOCAL_HOSTS, ...hosts].join(','),
        'intl.locale.requested': 'en-US',
        'intl.accept_languages': 'en-US, en',
        'network.dns.disableIPv6': true,
        'extensions.webextensions.uuids': JSON.stringify(id ? { [id]: FIREFOX_UUID } : {}),
        // Firefox ignores clicks until a new page was drawn a few times; a person is slower than that anyway.
        'dom.input_events.security.minNumTicks': 0,
        'dom.input_events.security.minTimeElapsedInMS': 0,
        // A temporary extension loses its data at the browser's end otherwise.
        'extensions.webextensions.keepStorageOnUninstall': true,
        'extensions.webextensions.keepUuidOnUninstall': true,
        // The second is for extensions, which keep WebAssembly without it.
        ...(wasm ? {} : { 'javascript.options.wasm': false, 'javascript.options.wasm_trustedprincipals': false }),
        ...prefs,
      },
    });
  }

  #chrome;

  async prepare() {
    const [page] = await this.puppeteer.pages();
    const { session } = page.mainFrame().browsingContext.userContext.browser;
    this.send = async (method, params) => (await session.send(method, params)).result;
    const { contexts } = await this.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
    this.#chrome = contexts.find(({ url }) => url === 'chrome://browser/content/browser.xhtml').context;
  }

  /** Runs in the browser window's own privileged scope. */
  async privileged(script, ...args) {
    return this.evaluateIn(this.#chrome, script, args);
  }

  async evaluateIn(context, script, args) {
    const call = typeof script === 'function' ? `(${script})(...${JSON.stringify(args)})` : `(${script})`;
    const outcome = await this.send('script.evaluate', {
      expression: `(async () => JSON.stringify(await ${call}))()`,
      target: { context },
      awaitPromise: true,
    });
    if (outcome.type === 'exception') throw new Error(outcome.exceptionDetails.text);
    return outcome.result.value === undefined ? undefined : JSON.parse(outcome.result.value);
  }

  wrap(puppeteerPage) {
    return new FirefoxPage(this, puppeteerPage);
  }

  /** Saves downloads there, without a question. */
  async downloadTo(folder) {
    await this.privileged((path) => {
      Services.prefs.setIntPref('browser.download.folderList', 2);
      Services.prefs.setStringPref('browser.download.dir', path);
      Services.prefs.setBoolPref('browser.download.useDownloadDir', true);
    }, folder);
  }

  extensionUrl(path) {
    return `moz-extension://${FIREFOX_UUID}/${path}`;
  }

  async backgroundRuns() {
    const state = await this.privileged(
      (id) => WebExtensionPolicy.getByID(id)?.extension.backgroundState,
      this.extensionId,
    );
    return state === 'running' || state === 'starting';
  }

  /** Ends the event page as the browser does when it has been idle; the next event starts it. */
  async stopBackground() {
    await this.privileged(
      (id) => WebExtensionPolicy.getByID(id).extension.terminateBackground({ disableResetIdleForTest: true }),
      this.extensionId,
    );
  }

  async startBackground() {
    await this.privileged((id) => WebExtensionPolicy.getByID(id).extension.wakeupBackground(), this.extensionId);
  }

  /** `runtime.reload()`: what an update does to the pages that are open. */
  async reloadExtension() {
    await this.privileged(async (id) => {
      const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
      await (await AddonManager.getAddonByID(id)).reload();
    }, this.extensionId);
    await eventually('the background to start', async () => ((await this.backgroundRuns()) ? true : undefined));
  }

  /** Waits for a tab that something else than the test opened on this address, and closes it. */
  async takeTab(url) {
    await eventually(`a tab with ${url}`, () =>
      this.privileged((wanted) => {
        const tab = gBrowser.tabs.find((one) => one.linkedBrowser.currentURI.spec === wanted);
        if (!tab) return undefined;
        gBrowser.removeTab(tab);
        return true;
      }, url),
    );
  }

  /** What the browser lays to the extension: errors in its background, pages and content scripts. */
  async extensionErrors() {
    // A page was closed while it waited for an answer, or was still loading; no fault, and nobody can catch it.
    // The same where the port sets a timer: Firefox's word for a window that is closed (nsJSScriptTimeoutHandler).
    const closed = /Promise (resolved|rejected) after context unloaded|FrameData missing for |\/port\.js:\d+: NS_ERROR_NOT_INITIALIZED$/;
    return (await this.#said()).filter((text) => !closed.test(text));
  }

  /** What the browser says of the manifest. */
  async manifestWarnings() {
    return this.privileged((id) => {
      const { warnings, errors } = WebExtensionPolicy.getByID(id).extension;
      return [...errors, ...warnings];
    }, this.extensionId);
  }

  #said() {
    return this.privileged(
      (prefix) =>
        Services.console
          .getMessageArray()
          .filter((message) => message instanceof Ci.nsIScriptError && !(message.flags & Ci.nsIScriptError.warningFlag))
          .filter(({ sourceName, errorMessage }) => `${sourceName} ${errorMessage}`.includes(prefix))
          .map(({ sourceName, lineNumber, errorMessage }) => `${sourceName}:${lineNumber}: ${errorMessage}`),
      this.extensionUrl(''),
    );
  }

  /** Gives the extension the command as its shortcut does on the tab in front: keys sent by a driver
   * never reach the browser's own shortcuts. */
  async pressCommand(command) {
    await this.privileged(
      async (id, name) => {
        const { shortcuts } = WebExtensionPolicy.getByID(id).extension;
        const { shortcut } = (await shortcuts.commands).get(name);
        const parts = shortcut.split('+');
        const key = parts.pop().toUpperCase();
        const modifiers = parts
          .map((part) => ({ Alt: 'alt', Command: 'accel', Ctrl: 'accel', MacCtrl: 'control', Shift: 'shift' })[part])
          .sort()
          .join();
        const element = [...document.querySelectorAll('keyset[id^="ext-keyset-id-"] > key')].find(
          (candidate) =>
            candidate.getAttribute('key')?.toUpperCase() === key &&
            candidate.getAttribute('modifiers').split(/[ ,]+/).sort().join() === modifiers,
        );
        element.doCommand();
      },
      this.extensionId,
      command,
    );
  }
}

class FirefoxPage extends Page {
  get context() {
    return this.puppeteer.mainFrame()._id;
  }

  async goto(url) {
    const address = this.address(url);
    const own = address.startsWith('moz-extension:');
    // For an extension's page the end of the load is never reported.
    await this.browser.send('browsingContext.navigate', {
      context: this.context,
      url: address,
      wait: own ? 'none' : 'complete',
    });
    if (own) await this.#loaded(address);
  }

  async reload() {
    const own = this.url().startsWith('moz-extension:');
    if (own) await this.evaluate(() => document.documentElement.setAttribute('data-before-reload', ''));
    await this.browser.send('browsingContext.reload', { context: this.context, wait: own ? 'none' : 'complete' });
    if (own) await this.#loaded(this.url());
  }

  async #loaded(address) {
    await eventually(`${address} to load`, async () => {
      try {
        const loaded = await this.evaluate(
          (wanted) =>
            location.href === wanted &&
            document.readyState === 'complete' &&
            !document.documentElement.hasAttribute('data-before-reload'),
          address,
        );
        return loaded || undefined;
      } catch {
        return undefined; // Between two documents.
      }
    });
  }

  async evaluate(script, ...args) {
    return this.browser.evaluateIn(this.context, script, args);
  }

  async tree() {
    const nodes = await this.browser.privileged(walkAccessibles, this.context);
    return nodes.map((node) => ({ ...node, name: squash(node.name), description: squash(node.description) }));
  }

  async colorScheme(scheme) {
    await this.browser.privileged((dark) => {
      Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', dark ? 0 : 1);
    }, scheme === 'dark');
    await eventually(`the ${scheme} colours`, async () =>
      (await this.evaluate((wanted) => matchMedia(`(prefers-color-scheme: ${wanted})`).matches, scheme)) || undefined,
    );
  }

  async center({ handle }) {
    // The accessibility tree hears of a new layout with the frame that shows it.
    await this.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    return (await this.browser.privileged(centerOfAccessible, this.context, handle)) ?? undefined;
  }
}

/* The two below run in Firefox's window, not here. */

async function walkAccessibles(context) {
  const { NavigableManager } = ChromeUtils.importESModule('chrome://remote/content/shared/NavigableManager.sys.mjs');
  // Kept alive on the window: without a holder the accessibility engine switches off again.
  window.accessibility ??= Cc['@mozilla.org/accessibilityService;1'].getService(Ci.nsIAccessibilityService);
  const root = window.accessibility.getAccessibleFor(NavigableManager.getBrowserById(context))?.firstChild;
  const has = Ci.nsIAccessibleStates;
  const accessibles = [];
  (window.accessiblesByContext ??= {})[context] = accessibles;
  const nodes = [];
  const visit = (accessible) => {
    try {
      const states = {};
      accessible.getState(states, {});
      const on = (state) => (states.value & state) !== 0;
      const own = window.accessibility.getStringRole(accessible.role);
      const role =
        own === 'text leaf' ? 'text' : own === 'password text' ? 'textbox' : accessible.computedARIARole || own;
      nodes.push({
        role: role === 'img' ? 'image' : role,
        name: accessible.name ?? '',
        value: accessible.value ?? '',
        description: accessible.description ?? '',
        disabled: on(has.STATE_UNAVAILABLE),
        focused: on(has.STATE_FOCUSED),
        pressed: on(has.STATE_PRESSED),
        checked: on(has.STATE_CHECKED),
        expanded: on(has.STATE_EXPANDED),
        handle: accessibles.push(accessible) - 1,
      });
      for (let index = 0; index < accessible.childCount; index += 1) {
        visit(accessible.getChildAt(index));
      }
    } catch {
      // Gone while it was being read; the next look sees the new tree.
    }
  };
  if (root) visit(root);
  return nodes;
}

async function centerOfAccessible(context, handle) {
  const { NavigableManager } = ChromeUtils.importESModule('chrome://remote/content/shared/NavigableManager.sys.mjs');
  const root = window.accessibility.getAccessibleFor(NavigableManager.getBrowserById(context))?.firstChild;
  const bounds = (accessible) => {
    const [x, y, width, height] = [{}, {}, {}, {}];
    accessible.getBoundsInCSSPixels(x, y, width, height);
    return { x: x.value, y: y.value, width: width.value, height: height.value };
  };
  try {
    const accessible = window.accessiblesByContext[context][handle];
    accessible.scrollTo(Ci.nsIAccessibleScrollType.SCROLL_TYPE_ANYWHERE);
    const view = bounds(root);
    const box = bounds(accessible);
    const x = box.x - view.x + box.width / 2;
    const y = box.y - view.y + box.height / 2;
    const inView = box.width > 0 && box.height > 0 && x >= 0 && y >= 0 && x < view.width && y < view.height;
    return inView ? { x, y } : null;
  } catch {
    return null; // The page took the element away meanwhile: look again.
  }
}

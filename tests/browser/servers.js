/**
 * Starts and stops the built programs for a test, each in a temporary folder of its own (database
 * and key file stand there). Their output goes to `test-output/*.log`, which outlives the test.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Folder of the built programs and extensions: `dist/`, or ATSI_DIST. */
export const dist = process.env.ATSI_DIST ?? join(root, 'dist');

/** How long a program may take until it listens and until it has stopped, milliseconds. */
const PATIENCE = 20_000;

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

let logs = 0;

class Program {
  #name;
  #flags;
  #patterns;
  #child;
  #exited;
  /** Path of the file with everything it wrote. */
  logFile;
  /** Its working folder. */
  folder;

  constructor(name, flags, patterns) {
    this.#name = name;
    this.#flags = flags;
    this.#patterns = patterns;
  }

  /** Starts it, again in the same folder, and resolves to what its lines on stdout say: one match a pattern. */
  async start(moreFlags = []) {
    this.folder ??= await mkdtemp(join(tmpdir(), `${this.#name}-`));
    const output = join(root, 'test-output');
    mkdirSync(output, { recursive: true });
    this.logFile = join(output, `${this.#name}-${process.pid}-${(logs += 1)}.log`);
    const log = createWriteStream(this.logFile);
    const child = spawn(join(dist, this.#name), [...this.#flags, ...moreFlags], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    child.stderr.pipe(log, { end: false });
    child.stdout.pipe(log, { end: false });
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    }).then((reason) => {
      running.delete(child);
      log.end();
      return reason;
    });

    const found = new Map();
    const listening = new Promise((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        for (const pattern of this.#patterns) {
          const match = pattern.exec(line);
          if (match) found.set(pattern, match[1]);
        }
        if (found.size === this.#patterns.length) resolve();
      });
    });
    const failure = await Promise.race([
      listening,
      this.#exited.then((reason) => `ended (${reason})`),
      sleep(PATIENCE, 'does not say that it listens', { ref: false }),
    ]);
    if (failure) {
      await this.kill();
      await rm(this.folder, { recursive: true, force: true });
      throw new Error(`${this.#name} ${failure}; see ${this.logFile}`);
    }
    return this.#patterns.map((pattern) => found.get(pattern));
  }

  /** Ends it without a chance to tidy up, as a crash or a power cut does. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Ends it in good order and removes its folder. Throws where it had ended, or does not end, by itself. */
  async stop() {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    const ended = child.exitCode ?? child.signalCode;
    child.kill('SIGTERM');
    const reason = await Promise.race([this.#exited, sleep(PATIENCE, undefined, { ref: false })]);
    if (reason === undefined) {
      child.kill('SIGKILL');
      await this.#exited;
    }
    await rm(this.folder, { recursive: true, force: true });
    if (ended !== null && ended !== 'SIGKILL') {
      throw new Error(`${this.#name} had ended (${ended}); see ${this.logFile}`);
    }
    if (reason === undefined) throw new Error(`${this.#name} did not stop on SIGTERM; see ${this.logFile}`);
  }
}

/** `atsi-sandbox`: Jopwell and Greenhouse under their real host names, the Greenhouse APIs, the control API. */
export class Sandbox extends Program {
  /** Port of the sites; give it to `launch` as `httpsPort`. */
  httpsPort;
  /** `http://127.0.0.1:PORT`: the APIs for the proxy, and `/sandbox/…` to look into and steer it. */
  url;

  /** @param {{https?: number, http?: number}} [ports] 0 is any free one */
  static async start(flags = [], { https = 0, http = 0 } = {}) {
    const sandbox = new Sandbox(
      'atsi-sandbox',
      ['--https-listen', `127.0.0.1:${https}`, '--http-listen', `127.0.0.1:${http}`, ...flags],
      [/^https 127\.0\.0\.1:(\d+)$/, /^http (127\.0\.0\.1:\d+)$/],
    );
    const [httpsPort, address] = await sandbox.start();
    sandbox.httpsPort = Number(httpsPort);
    sandbox.url = `http://${address}`;
    return sandbox;
  }

  /** One call of the control API: JSON there, JSON back. */
  async control(method, path, body) {
    const response = await fetch(`${this.url}/sandbox/${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`sandbox: ${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

/** `atsi-proxy` on a SQLite file, pointed at the sandbox's APIs. */
export class Proxy extends Program {
  /** `http://127.0.0.1:PORT`, what a person types as *Proxy address*. */
  url;

  /** @param {number} [port] 0 is any free one */
  static async start(sandbox, flags = [], port = 0) {
    const proxy = new Proxy(
      'atsi-proxy',
      [
        ...['--database-url', 'sqlite://atsi.db', '--master-key-file', 'master.key'],
        ...['--greenhouse-url', `${sandbox.url}/v1/partner`, '--job-board-url', `${sandbox.url}/v1/boards`],
        ...flags,
      ],
      [/^listening on (http:\/\/127\.0\.0\.1:\d+)\/?$/],
    );
    if (port) proxy.url = `http://127.0.0.1:${port}`;
    await proxy.start();
    return proxy;
  }

  /** Where `url` says; after `kill`: on the same data and the same port. */
  async start() {
    const listen = this.url ? new URL(this.url).host : '127.0.0.1:0';
    [this.url] = await super.start(['--listen', listen]);
    await this.#ready();
  }

  async #ready() {
    const deadline = Date.now() + PATIENCE;
    let state = 'no answer';
    while (Date.now() < deadline) {
      state = await fetch(`${this.url}/readyz`).then(
        ({ ok, status }) => ok || `status ${status}`,
        (error) => error.message,
      );
      if (state === true) return;
      await sleep(50);
    }
    throw new Error(`atsi-proxy is not ready (${state}); see ${this.logFile}`);
  }
}

/**
 * What our content script cost a page's main thread, from Chromium's own trace, in processor time:
 * what other programs do on the machine meanwhile does not count.
 *
 * Ours are the timeline's events that name one of the extension's content scripts (the layouts they
 * force are inside them), and the microtasks, which the trace lays to nobody: the pages measured here
 * run no script with promises or observers of its own.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns {Promise<Trace>} of what the page did while `action` ran */
export async function trace(page, action) {
  const { tracing } = page.puppeteer;
  await tracing.start({ categories: ['devtools.timeline', 'v8.execute', 'toplevel'] });
  let recorded;
  try {
    await action();
  } finally {
    recorded = await tracing.stop();
  }
  const { traceEvents } = JSON.parse(Buffer.from(recorded).toString());
  return new Trace(traceEvents, contentScripts(page.browser), page.url());
}

function contentScripts(browser) {
  const { extension } = browser.options;
  if (!extension) return new Set();
  const manifest = JSON.parse(readFileSync(join(extension, 'manifest.json'), 'utf8'));
  return new Set(manifest.content_scripts.flatMap(({ js }) => js.map((file) => browser.extensionUrl(file))));
}

const SCRIPT = new Set(['EvaluateScript', 'FunctionCall']);
const MICROTASKS = 'RunMicrotasks';

/** An event of less than a microsecond carries no `tdur`. */
const milliseconds = (events) => events.reduce((sum, { tdur = 0 }) => sum + tdur / 1000, 0);

class Trace {
  /** Of our scripts, milliseconds. */
  script;
  /** Each task of the main thread: `{length, script}`, milliseconds. */
  tasks;

  /** Of the whole main thread, milliseconds. */
  get work() {
    return this.tasks.reduce((sum, { length }) => sum + length, 0);
  }

  constructor(events, own, address) {
    const page = events.findLast(({ name, args }) => name === 'ParseHTML' && args.beginData?.url === address);
    // A page that stood before the trace began is not parsed in it.
    const { pid, tid } =
      page ??
      events.find(({ args }) => own.has(args?.data?.url)) ??
      // Without our scripts: only the tab in front draws frames.
      events.find(({ name }) => name === 'FireAnimationFrame');
    const onThread = events.filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X');
    const ours = outermost(
      onThread.filter(({ name, args }) => name === MICROTASKS || (SCRIPT.has(name) && own.has(args.data?.url))),
    );
    this.script = milliseconds(ours);
    this.tasks = outermost(onThread.filter(({ name }) => name === 'ThreadControllerImpl::RunTask')).map((task) => ({
      length: milliseconds([task]),
      script: milliseconds(ours.filter(({ ts }) => ts >= task.ts && ts < task.ts + task.dur)),
    }));
  }
}

/** Without those that lie inside another. */
function outermost(events) {
  let end = -Infinity;
  return events
    .sort((one, other) => one.ts - other.ts || other.dur - one.dur)
    .filter(({ ts, dur }) => {
      if (ts < end) return false;
      end = ts + dur;
      return true;
    });
}

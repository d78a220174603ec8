// The worker's entry: every listener is registered at once, and each awaits the one `ready`.
// What happens then is decided in the core (src/).
import init, * as core from './core.js';
import { language } from './language.js';

globalThis.browser ??= globalThis.chrome;

let ready;
let loaded = false;
const pending = new Set();

async function start() {
  const spoken = language();
  if (loaded) core.__wbg_reset_state();
  else await init();
  loaded = true;
  core.spoken(...(await spoken));
  await core.start();
}

async function withCore(use) {
  try {
    await (ready ??= start());
  } catch (error) {
    ready = undefined;
    throw error;
  }
  return use();
}

// A core that trapped is poisoned. A fresh one takes over: the sends are on disk, and what pages
// have asked and not heard is asked once more.
function takeOver(error) {
  if (!globalThis.WebAssembly || !(error instanceof WebAssembly.RuntimeError)) return false;
  ready = undefined;
  for (const ask of [...pending]) ask();
  return true;
}
self.addEventListener('unhandledrejection', ({ reason }) => takeOver(reason));
self.addEventListener('error', ({ error }) => takeOver(error));

function answer({ file, ...message }, sender) {
  const text = JSON.stringify(message);
  // Messages are text, so a file comes as a data URL.
  const content = file && fetch(file).then((response) => response.blob());
  const isOwnPage = sender.url?.startsWith(browser.runtime.getURL('')) ?? false;
  const origin = sender.origin ?? new URL(sender.url).origin;
  return new Promise((settle, fail) => {
    let tries = 0;
    const ask = async () => {
      tries += 1;
      try {
        if (tries > 2) throw new Error('the core stopped twice');
        const blob = await content;
        settle(await withCore(() => core.ask(text, blob, origin, isOwnPage, sender.tab?.id ?? 0)));
        pending.delete(ask);
      } catch (error) {
        if (takeOver(error)) return;
        pending.delete(ask);
        fail(error);
      }
    };
    pending.add(ask);
    ask();
  });
}

browser.runtime.onMessage.addListener((message, sender, respond) => {
  if (sender.id !== browser.runtime.id || sender.frameId > 0 || !message?.ask) return false;
  // The name of a message: Chromium has none yet in a worker that just started.
  answer(message, sender).then(respond, () => respond({ off: loaded ? 'stopped' : 'off' }));
  return true;
});

// There once somebody allowed it.
const onNotification = (id) => {
  browser.notifications.clear(id);
  withCore(() => core.notification_clicked(id));
};
const listenToNotifications = () => browser.notifications?.onClicked.addListener(onNotification);
listenToNotifications();
browser.permissions.onAdded.addListener(listenToNotifications);

browser.alarms.onAlarm.addListener(() => withCore(core.wake));
browser.storage.onChanged.addListener((_, area) => area === 'managed' && withCore(core.enrol));
browser.storage.onChanged.addListener(
  (changes, area) => area === 'local' && changes.language && withCore(async () => core.speak(...(await language()))),
);
browser.commands.onCommand.addListener((action) => withCore(() => core.shortcut(action)));
// Takes up what was under way. An update may have cleared the alarms.
// Where the core cannot start, whoever asks is told.
const takeUp = () => withCore(() => {}).catch(() => {});
browser.runtime.onStartup.addListener(takeUp);
browser.runtime.onInstalled.addListener(takeUp);
browser.runtime.onInstalled.addListener(({ reason }) => {
  if (reason === 'install') browser.tabs.create({ url: browser.runtime.getURL('welcome.html') });
});

// Pages that were open before: Chromium gives them no content script by itself.
browser.runtime.onInstalled.addListener(async () => {
  for (const script of browser.runtime.getManifest().content_scripts) {
    const isExcluded = ({ url }) => script.exclude_matches?.some((match) => url.startsWith(match.slice(0, -1)));
    for (const tab of await browser.tabs.query({ url: script.matches })) {
      if (isExcluded(tab)) continue;
      const target = { tabId: tab.id };
      // A tab that is just closing, or shows the browser's error page, cannot be reached.
      browser.scripting.insertCSS({ target, files: script.css }).catch(() => {});
      browser.scripting.executeScript({ target, files: script.js }).catch(() => {});
    }
  }
});

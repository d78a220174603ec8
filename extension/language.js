// The current language, for the background and our own pages; content scripts get it with the views.
// The catalogs are `languages/*.json`, from the English text to another language's.
globalThis.browser ??= globalThis.chrome;

const TRANSLATED = ['es'];

/** Returns its tag and, unless it is English, its catalog as JSON: the person's choice, or the browser's language. */
export async function language() {
  const { language: chosen } = await browser.storage.local.get('language');
  const tag = chosen || browser.i18n.getUILanguage();
  const [base] = tag.split('-');
  if (!TRANSLATED.includes(base)) return [base === 'en' ? tag : 'en'];
  const catalog = await fetch(browser.runtime.getURL(`languages/${base}.json`));
  return [tag, await catalog.text()];
}

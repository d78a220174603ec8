// Starts a page of ours: its texts in the person's language, then the Rust behind it (src/browser/pages/).
import './render.js';
import { speak } from './translate.js';

/** Runs a function of `pages.js`, or says that it cannot. @returns {Promise<boolean>} whether it ran */
export async function start(page) {
  try {
    const pages = await import('./pages.js');
    const [language] = await Promise.all([speak(), pages.default()]);
    pages.spoken(...language);
    await pages[page]();
    return true;
  } catch {
    document.getElementById('off').hidden = false;
    return false;
  }
}

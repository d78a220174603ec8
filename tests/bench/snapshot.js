import { readFileSync } from 'node:fs';
import { launch } from '../browser/driver.js';
import { figure, median } from './figures.js';

const ELEMENTS = 5_000;
const TURNS = 30;
const SCRIPT = readFileSync(new URL('../../extension/snapshot.js', import.meta.url), 'utf8');

/** A profile with a long history and a long list beside it, as pages have them. */
function pageOf(elements) {
  const entry = (number) =>
    `<li class="entry entry--${number % 7}"><h3 class="entry-title">Buyer</h3><a href="/companies/${number}">Lumen ` +
    `Labs</a> <span class="when" data-since="2019">2019 – ${number}</span><p>Bought <b>glass</b> and sand.</p></li>`;
  const entries = Array.from({ length: Math.ceil((elements + 20) / 6) }, (_, number) => entry(number)).join('');
  return (
    '<!doctype html><title>Imani Okafor</title><style>.when{color:#777}.entry--3 p{display:none}</style>' +
    `<main><h1>Imani Okafor</h1><p>Buyer at Lumen Labs</p><a href="mailto:imani@mail.example">E-mail</a><ul>${entries}</ul></main>`
  );
}

/** Runs in the page: how long one snapshot takes on a page that has been laid out, in milliseconds. */
async function take(turns) {
  const times = [];
  let size = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    await new Promise(requestAnimationFrame);
    const start = performance.now();
    size = globalThis.atsiSnapshot(document, ['main h1']).length;
    times.push(performance.now() - start);
  }
  return { times, size, elements: document.querySelectorAll('*').length };
}

/** The main-thread time of one snapshot, in both browsers. */
export async function snapshot() {
  const figures = [];
  for (const name of ['chromium', 'firefox']) {
    const browser = await launch(name, {});
    try {
      const page = await browser.newPage();
      await page.puppeteer.setContent(pageOf(ELEMENTS));
      await page.evaluate((source) => (0, eval)(source) && undefined, SCRIPT);
      const { times, size, elements } = await page.evaluate(take, TURNS);
      if (elements < ELEMENTS || size < 50_000) throw new Error(`not the page that was meant: ${elements} elements, ${size} characters`);
      figures.push(figure(`${name}: snapshot of ${elements} elements, median of ${TURNS}`, median(times), 'ms', { most: 10 }));
    } finally {
      await browser.close();
    }
  }
  return figures;
}

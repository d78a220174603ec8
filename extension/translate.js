// Says in the person's language what stands in a page of ours, before the page is shown.
import { language } from './language.js';

const NAMED = ['aria-label', 'alt', 'placeholder', 'title'];
const root = document.documentElement;

/** Text with elements in it is one text: `Press <1>Make a key</1>.`, numbered as they come. */
function keyOf(element, elements) {
  const parts = [...element.childNodes].map((node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeType === Node.TEXT_NODE ? node.data : '';
    const number = elements.push(node);
    return `<${number}>${keyOf(node, elements)}</${number}>`;
  });
  return parts.join('');
}

function put(element, text, elements) {
  const open = [element];
  for (const one of [element, ...elements]) one.replaceChildren();
  for (const part of text.split(/(<\/?\d+>)/)) {
    const [, end, number] = /^<(\/?)(\d+)>$/.exec(part) ?? [];
    if (end) open.pop();
    else if (number) open.push(open.at(-1).appendChild(elements[number - 1]));
    else open.at(-1).append(part);
  }
}

function translate(element, texts) {
  if (!element.translate) return;
  const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!hasText) {
    for (const child of element.children) translate(child, texts);
    return;
  }
  const elements = [];
  const text = texts[keyOf(element, elements).replace(/\s+/g, ' ').trim()];
  if (text) put(element, text, elements);
}

/** Returns what the module of the pages is to speak. */
export async function speak() {
  try {
    const [tag, catalog] = await language();
    root.lang = tag;
    const texts = JSON.parse(catalog ?? '{}');
    for (const element of catalog ? document.querySelectorAll('*') : []) {
      for (const name of NAMED) {
        const text = texts[element.getAttribute(name)];
        if (text) element.setAttribute(name, text);
      }
    }
    if (catalog) translate(root, texts);
    return [tag, catalog];
  } finally {
    // Until now `pages.css` shows nothing.
    delete root.dataset.silent;
  }
}

// Texts of the module stand in the page, too: made anew, all of it speaks the other language.
browser.storage.onChanged.addListener((changes, area) => {
  if (area === 'local' && changes.language) location.reload();
});

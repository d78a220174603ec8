// Puts the texts of one of our pages into the person's language before the page is shown.
import { language } from './language.js';

const NAMED = ['aria-label', 'alt', 'placeholder', 'title'];
const root = document.documentElement;

/** Text with elements in it is one key; its elements are numbered: `Click <1>Create secret key</1>.` */
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

/** Translates the page. Returns the language's tag and catalog, for the pages' module. */
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
    // Until now `pages.css` hides the page.
    delete root.dataset.silent;
  }
}

// The page also has texts of its module, so all of it is made again in the new language.
browser.storage.onChanged.addListener((changes, area) => {
  if (area === 'local' && changes.language) location.reload();
});

/**
 * Describes a page as one flat text, which the core decodes (`src/page/snapshot.rs` has the form). One
 * walk, at most 5,000 elements and 256 KB; nothing that somebody typed, no script but data.
 *
 * `src/page/html.rs` takes the same of a saved file; the two lists of names are kept alike.
 */
globalThis.atsiSnapshot = (() => {
  const VERSION = '1';
  const RECORD_END = '\x1e';
  const PART_END = '\x1f';
  const MAX_ELEMENTS = 5_000;
  const MAX_CHARS = 256 * 1024;
  const MAX_TEXT = 4_000;
  const MAX_DATA = 60_000;
  const MAX_ATTRIBUTE = 500;
  const MAX_DATA_ATTRIBUTES = 8;
  const MAX_DEPTH = 400;
  const MAX_FRAMES = 3;
  /** Most elements of which the box is measured: those that could be a heading. */
  const MAX_SHAPES = 80;

  const words = (text) => new Set(text.split(' '));
  const SKIPPED = words('style noscript template canvas audio video textarea option optgroup base math map');
  const WITHOUT_CONTENT = words('svg select input');
  const NAMES = words(
    'about action alt autocomplete class content contenteditable data datatype datetime disabled download for ' +
      'formaction headers href id itemid itemprop itemref itemscope itemtype label lang name open placeholder prefix ' +
      'property readonly rel resource role scope slot title translate type typeof vocab',
  );
  const RESOLVED = words('action formaction');
  const BLOCKS = words(
    'address article aside blockquote body br dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li ' +
      'main nav ol p pre section table tbody td tfoot th thead tr ul head html link meta title script',
  );
  const NOT_HEADINGS = words('a li td th dt dd label button option small time svg img');

  const VISIBLE = { visibilityProperty: true, opacityProperty: true };

  // Named fields of a form shadow its properties.
  const { getAttribute, getAttributeNames } = Element.prototype;
  const UNCLEAN = /[\n\t\r\f\x1e\x1f]| {2}/;
  const clean = (text) => (UNCLEAN.test(text) ? text.replace(/[ \n\t\r\f\x1e\x1f]+/g, ' ') : text);
  const cut = (text, most) => (text.length > most ? text.slice(0, most) : text);

  const { never = [] } = globalThis.atsiRecipe?.placeholder ?? {};
  const isThere = (page, css) => Document.prototype.querySelector.call(page, css);

  /**
   * @param {Document} page
   * @param {string[]} marks the recipe's selectors; an element that one matches carries its number
   * @returns {string | undefined} nothing of a page that is certainly no profile, or that nobody sees
   */
  return function takeSnapshot(page, marks = []) {
    if (!page.defaultView || never.some((css) => isThere(page, css))) return undefined;
    try {
      return describe(page, marks);
    } catch {
      // A page can break whatever it likes; the recipe's readings are still sent.
      return undefined;
    }
  };

  function describe(page, marks) {
    const records = [];
    let elements = 0;
    let chars = 0;
    let shapes = 0;
    let isCut = false;
    const marked = new Map();

    function add(record) {
      chars += record.length;
      if (chars > MAX_CHARS) isCut = true;
      else records.push(record);
    }

    function findMarks(root) {
      marks.forEach((css, number) => {
        let found;
        try {
          found = root.querySelectorAll(css);
        } catch {
          // A recipe of a newer version may use selectors that this browser does not know.
          return;
        }
        for (const element of found) marked.set(element, [...(marked.get(element) ?? []), number]);
      });
    }

    function isTypedInto(element) {
      const value = getAttribute.call(element, 'contenteditable');
      return value === '' || value === 'true' || value === 'plaintext-only';
    }

    function attributes(element, tag, type) {
      let text = '';
      let data = 0;
      const hasOwnValue =
        type !== 'password' &&
        (tag === 'data' || tag === 'meter' || tag === 'progress' || tag === 'li' || tag === 'param' ||
          element.hasAttribute('readonly') || element.hasAttribute('disabled') ||
          type === 'button' || type === 'submit' || type === 'reset');
      for (const name of getAttributeNames.call(element)) {
        const isFrame = name === 'src' && (tag === 'iframe' || tag === 'embed');
        if (
          !NAMES.has(name) && !isFrame && !name.startsWith('aria-') &&
          !(name.startsWith('data-') && ++data <= MAX_DATA_ATTRIBUTES) &&
          !(name === 'value' && hasOwnValue)
        )
          continue;
        let value = getAttribute.call(element, name);
        if (name === 'href' && typeof element.href === 'string') {
          value = element.href;
        } else if (RESOLVED.has(name) || isFrame || (name === 'data' && tag === 'object')) {
          try {
            value = new URL(value, element.baseURI).href;
          } catch {
            // Not an address: as it is.
          }
        }
        text += PART_END + name + '=' + cut(clean(value).trim(), MAX_ATTRIBUTE);
      }
      return text;
    }

    /** The box of what could be a heading: few enough to measure. */
    function shape(element, tag) {
      if (shapes >= MAX_SHAPES || NOT_HEADINGS.has(tag)) return '';
      const first = element.firstChild;
      if (first?.nodeType !== 3 || element.childElementCount > 3) return '';
      const text = first.data.trim();
      // Labels and sentences are no headings, and a style and a box cost more than all else here.
      if (text.length < 2 || text.length > 80 || /[:.]$/.test(text)) return '';
      shapes += 1;
      const { fontSize, fontWeight } = getComputedStyle(element);
      const size = parseFloat(fontSize);
      if (size < 17 && fontWeight < 600) return '';
      const { x, y, width, height } = element.getBoundingClientRect();
      return `${PART_END}@${[x, y, width, height, size, fontWeight].map((number) => Math.round(number)).join()}`;
    }

    /** For whom an element is there: `-` nobody, `~` assistive technology only. */
    function sight(element, tag) {
      if (!element.checkVisibility(VISIBLE)) {
        return tag === 'slot' || getComputedStyle(element).display === 'contents' ? '' : '-';
      }
      // One pixel and clipped: the usual way to hide from sight alone.
      const hasText = element.firstChild?.nodeType === 3;
      return hasText && element.offsetWidth <= 1 && getComputedStyle(element).position === 'absolute' ? '~' : '';
    }

    function visitText(node, depth, isRaw) {
      if (isRaw) return add(`${depth}${PART_END}${PART_END}${cut(node.data, MAX_DATA).replace(/[\x1e\x1f]/g, ' ')}`);
      const text = clean(node.data);
      if (text === '') return;
      if (text === ' ') {
        // White space counts between inline elements only.
        const { previousSibling: before, nextSibling: after } = node;
        if (!before || !after || BLOCKS.has(before.localName) || BLOCKS.has(after.localName)) return;
      }
      add(`${depth}${PART_END}${PART_END}${cut(text, MAX_TEXT)}`);
    }

    function visit(element, depth, outer, frames) {
      const tag = element.localName;
      const type = element.getAttribute ? getAttribute.call(element, 'type') : null;
      const isData = tag === 'script' && type === 'application/ld+json';
      if (SKIPPED.has(tag) || (tag === 'script' && !isData) || tag === 'atsi-view') return;
      if (++elements > MAX_ELEMENTS || chars > MAX_CHARS) {
        isCut = true;
        return;
      }
      const isInHead = outer === null;
      const own = isInHead || outer === '-' || isData ? '' : sight(element, tag);
      const seen = own || outer;
      add(
        depth + PART_END + tag + (seen ? PART_END + seen : '') +
          (seen || isInHead ? '' : shape(element, tag)) +
          (marked.get(element)?.map((number) => `${PART_END}#${number}`).join('') ?? '') +
          attributes(element, tag, type),
      );
      if (isData) return element.firstChild && visitText(element.firstChild, depth + 1, true);
      if (WITHOUT_CONTENT.has(tag) || depth > MAX_DEPTH || isTypedInto(element)) return;
      if (tag === 'iframe' || tag === 'frame') return visitFrame(element, depth + 1, seen, frames);
      const inner = tag === 'head' ? null : isInHead && tag !== 'body' ? null : seen;
      const root = element.shadowRoot;
      if (root) {
        elements += 1;
        add(`${depth + 1}${PART_END}#shadow`);
        findMarks(root);
        return visitInside(root, depth + 2, inner, frames);
      }
      const put = tag === 'slot' ? element.assignedNodes() : [];
      if (put.length === 0) return visitInside(element, depth + 1, inner, frames);
      for (const node of put) visitNode(node, depth + 1, inner, frames);
    }

    function visitNode(node, depth, outer, frames) {
      if (node.nodeType === 3) visitText(node, depth, false);
      else if (node.nodeType === 1) visit(node, depth, outer, frames);
    }

    // Not by `childNodes`: to make its list costs more than the walk.
    function visitInside(parent, depth, outer, frames) {
      for (let node = parent.firstChild; node && !isCut; node = node.nextSibling) visitNode(node, depth, outer, frames);
    }

    function visitFrame(element, depth, outer, frames) {
      let inner = null;
      try {
        inner = element.contentDocument;
      } catch {
        // Of another site.
      }
      if (!inner?.documentElement || frames >= MAX_FRAMES) return;
      elements += 1;
      add(`${depth}${PART_END}#document`);
      findMarks(inner);
      visitDocument(inner, depth + 1, outer, frames + 1);
    }

    function visitDocument(inner, depth, outer, frames) {
      const root = inner.documentElement;
      add(`${depth}${PART_END}${root.localName}${attributes(root, root.localName, null)}`);
      for (const child of root.children) visit(child, depth + 1, child.localName === 'head' ? null : outer, frames);
    }

    findMarks(page);
    visitDocument(page, 0, '', 0);
    const head = VERSION + PART_END + clean(location.href) + (isCut ? PART_END + 'cut' : '');
    return head + RECORD_END + records.join(RECORD_END) + RECORD_END;
  }
})();

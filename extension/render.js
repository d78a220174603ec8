/**
 * Builds a view (a tree of nodes, see `src/view/node.rs`) as elements: for the port inside a page, and for
 * the extension's own pages. Every text is set as text. Runs as a content script and as a module.
 */
globalThis.atsiRender = (() => {
  const TAGS = {
    button: 'button',
    link: 'a',
    panel: 'details',
    section: 'section',
    facts: 'dl',
    list: 'ul',
    time: 'time',
    form: 'form',
  };
  const EVENTS = { click: '[type=button]', submit: 'form' };
  let isFolded, formats, lang;

  const set = (element, name, value) =>
    value ? element.setAttribute(name, value) : element.removeAttribute(name);
  const fill = (element, children) => {
    const present = element.childNodes;
    // Moving an element would lose its focus, or half of a click.
    if (present.length !== children.length || children.some((child, index) => child !== present[index]))
      element.replaceChildren(...children);
    return element;
  };
  // Named fields and images of a page shadow the methods of its document.
  const make = (tag, ...children) => fill(Document.prototype.createElement.call(document, tag), children);
  const wrap = (tag, child) => (child.parentNode?.localName === tag ? child.parentNode : make(tag, child));

  /**
   * Shows how long ago a moment was or how soon it comes; more than a day away, its date. A clock may be a few
   * minutes off, so the near future shows the same as the last minute: the node's text.
   */
  function showTime(element) {
    const { at, text } = element.node;
    const minutes = ((Date.now() - at) / 60_000) | 0;
    const hours = (minutes / 60) | 0;
    element.textContent =
      Math.abs(hours) > 23
        ? formats[1].format(at)
        : hours || minutes > 0
          ? formats[0].format(-(hours || minutes), hours ? 'hour' : 'minute')
          : text;
  }

  /** Reuses `spare` elements, to keep the focus and to have a new status announced. */
  function build(node, spare, inForm) {
    const { is, text, tip, tone = 'plain', action, pressed, href, at, children = [] } = node;
    const index = spare.findIndex((one) => one.node.is === is && one.node.action === action);
    const element = spare.splice(index, index < 0 ? 0 : 1)[0] ?? make(TAGS[is] ?? 'div');
    if (index < 0) {
      if (is === 'form') element.head = make('label', (element.caption = make('span')), make('input'));
      if (is === 'section') element.head = element.caption = make('h2');
      if (is === 'panel') {
        element.head = make('summary', (element.caption = make('h2')));
        element.open = !isFolded;
        element.addEventListener('toggle', () => (isFolded = !element.open));
      }
    }
    element.node = node;
    element.className = `${is} ${tone}`;
    set(element, 'title', tip);
    set(element, 'aria-description', tip);
    if (is === 'status') {
      set(element, 'role', is);
      // A status takes no name from its content.
      set(element, 'aria-label', text);
      element.tabIndex = -1;
    }
    if (is === 'button') {
      element.type = inForm ? 'submit' : is;
      set(element, 'aria-disabled', !action && !inForm && 'true');
      set(element, 'aria-pressed', pressed);
    }
    if (is === 'link') {
      set(element, 'href', /^https?:/i.test(href) && href);
      element.target = '_blank';
      element.rel = 'noopener noreferrer';
    }
    if (is === 'time') {
      element.title = formats[2].format(at);
      element.dateTime = new Date(at).toJSON();
      showTime(element);
      return element;
    }
    const { head, caption = element } = element;
    if (text && caption.textContent !== text) caption.textContent = text;
    if (text && !head) return element;
    const inside = children.map((child, index) => {
      const built = build(child, spare, is === 'form');
      return is === 'list' ? wrap('li', built) : is === 'facts' ? wrap(index % 2 ? 'dd' : 'dt', built) : built;
    });
    return fill(element, head ? [head, ...inside] : inside);
  }

  return {
    set,
    make,
    /** Sets the language of times. */
    speak(tag) {
      if (lang === tag) return;
      lang = tag;
      formats = [
        new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'short' }),
        new Intl.DateTimeFormat(tag, { dateStyle: 'medium' }),
        new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeStyle: 'short' }),
      ];
    },
    /** Shows a view inside `root`; without a node, nothing. What is the same stays as it is. */
    draw(root, node) {
      const json = JSON.stringify([node, lang]);
      if (root.drawn === json) return;
      root.drawn = json;
      const focused = root.getRootNode().activeElement;
      const held = root.contains(focused) && focused;
      fill(root, node ? [build(node, [...root.querySelectorAll('*')].filter((one) => one.node))] : []);
      if (!held || root.getRootNode().activeElement === held) return;
      const heir = root.contains(held) ? held : root.querySelector('button, a, input, .status');
      heir?.focus({ preventScroll: true });
    },
    /** Brings the times inside `root` up to date. */
    refresh(root) {
      for (const element of root.querySelectorAll('time')) if (element.node) showTime(element);
    },
    /** The action that an event of a person asks for, if any: `{element, action, value}`. */
    heard({ type, target, isTrusted, detail }) {
      const element = target.closest(EVENTS[type] ?? 'none');
      const action = element?.node?.action;
      // The second click of a double click is meant for what was there before.
      if (action && isTrusted && !(detail > 1)) return { element, action, value: element[0]?.value };
    },
  };
})();

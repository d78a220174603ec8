/**
 * Lists of people on Greenhouse, for the port: which of their items are ours, as the core has told, and
 * the order and the filter that the person chose, without harm to the page.
 */
globalThis.atsiList = (() => {
  const MARK = 'data-atsi-item';
  const CHOICE = 'data-atsi-list';
  const root = document.querySelector(':root');
  const marked = (as = '') => [...Document.prototype.querySelectorAll.call(document, `[${MARK}${as}]`)];
  const isOurs = (item) => item.getAttribute(MARK) === 'ours';

  /** What the person chose for this list, in the core's words; kept for as long as the tab. */
  function chosen(choice) {
    try {
      const key = `atsi ${location.pathname}`;
      if (choice != null) sessionStorage.setItem(key, choice);
      return sessionStorage.getItem(key) ?? '';
    } catch {
      // The person lets this site keep nothing.
      return choice ?? '';
    }
  }
  let choice = chosen();

  /** `new`, and once the core has told, `ours` or `other`; nothing: as the page made it. */
  function mark(item, as) {
    if (!item) return;
    as ? item.setAttribute(MARK, as) : item.removeAttribute(MARK);
  }

  function count(items) {
    const counted = { choice, people: 0, ours: 0, others: 0 };
    for (const item of new Set(items)) {
      if (!item?.isConnected) continue;
      if (!item.hasAttribute(MARK)) mark(item, 'new');
      counted.people++;
      if (isOurs(item)) counted.ours++;
      if (item.getAttribute(MARK) === 'other') counted.others++;
    }
    return counted;
  }

  /**
   * An order by CSS alone is none for keyboard and screen reader, so items do move: within their parent,
   * where whoever renders the page still finds each, and with an empty text in the place that is its own.
   */
  const places = new Map();
  // Where the browser can, what is inside keeps its focus, its animations and its frames.
  const moveBefore = Element.prototype.moveBefore ?? Element.prototype.insertBefore;
  const move = (item, place) => moveBefore.call(place.parentNode, item, place);
  const rendered = new MutationObserver((changes) => {
    const added = new Set(changes.flatMap(({ addedNodes }) => [...addedNodes]));
    for (const item of added) {
      // The page itself has put it here.
      places.get(item)?.remove();
      places.delete(item);
    }
    arrange(added);
  });

  function putBack(added) {
    for (const [item, place] of places) {
      const together = [item];
      // What the page has put before it meanwhile belongs there.
      while (added?.has(together[0].previousSibling)) together.unshift(together[0].previousSibling);
      if (place.parentNode === item.parentNode) for (const one of together) move(one, place);
      place.remove();
    }
    places.clear();
  }

  /** The columns of a table stay as wide as they are. */
  function isTable() {
    const [other] = marked('=other');
    return other && getComputedStyle(other).display === 'table-row';
  }

  /** @param {Set<Node>} [added] by the page, since it was arranged last */
  function arrange(added) {
    const focused = document.activeElement;
    // Its value is of no use to a sort, and to set it has the page's every item styled again.
    if (choice.includes('only')) root.setAttribute(CHOICE, isTable() ? 'rows' : 'only');
    else root.removeAttribute(CHOICE);
    // Our own moves are no news.
    rendered.disconnect();
    putBack(added);
    const firstOthers = new Map();
    for (const item of choice.includes('first') ? marked() : []) {
      const parent = item.parentNode;
      const firstOther = firstOthers.get(parent);
      if (!firstOther) firstOthers.set(parent, isOurs(item) ? undefined : item);
      else if (isOurs(item)) {
        const place = new Text();
        item.before(place);
        places.set(item, place);
        move(item, firstOther);
      }
    }
    for (const parent of firstOthers.keys()) rendered.observe(parent, { childList: true });
    // Whoever is moved otherwise loses it.
    if (focused !== document.activeElement) focused?.focus({ preventScroll: true });
  }

  // Firefox ends a copy without a word when its extension goes. Whom that one moved, stays until the next load.
  for (const item of marked()) mark(item);

  return {
    mark,
    count,
    /** Does what the person chose, now or before, with the items as they are marked. */
    show(newChoice) {
      choice = chosen(newChoice);
      arrange();
    },
    /** Leaves nothing in the page. */
    undo() {
      choice = '';
      arrange();
      for (const item of marked()) mark(item);
      choice = chosen();
    },
  };
})();

/**
 * Lists of people on Greenhouse, for the port: marks the items that the core says are ours, and sorts and
 * filters as the person chose, without harm to the page.
 */
globalThis.atsiList = (() => {
  const MARK = 'data-atsi-item';
  const CHOICE = 'data-atsi-list';
  const root = document.querySelector(':root');
  const marked = (as = '') => [...Document.prototype.querySelectorAll.call(document, `[${MARK}${as}]`)];
  const isOurs = (item) => item.getAttribute(MARK) === 'ours';

  /** The person's choice for this list, in the core's words; kept for as long as the tab. */
  function chosen(choice) {
    try {
      const key = `atsi ${location.pathname}`;
      if (choice != null) sessionStorage.setItem(key, choice);
      return sessionStorage.getItem(key) ?? '';
    } catch {
      // The person does not let this site store anything.
      return choice ?? '';
    }
  }
  let choice = chosen();

  /** Marks an item as `new`, or once the core has answered as `ours` or `other`; without `as`, unmarks it. */
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
   * Keyboard and screen reader ignore an order by CSS, so items do move: within their parent, where the
   * page's own code still finds each, and with an empty text left in their place.
   */
  const places = new Map();
  // `moveBefore` keeps focus, animations and frames inside.
  const moveBefore = Element.prototype.moveBefore ?? Element.prototype.insertBefore;
  const move = (item, place) => moveBefore.call(place.parentNode, item, place);
  const rendered = new MutationObserver((changes) => {
    const added = new Set(changes.flatMap(({ addedNodes }) => [...addedNodes]));
    for (const item of added) {
      // The page itself put it here.
      places.get(item)?.remove();
      places.delete(item);
    }
    arrange(added);
  });

  function putBack(added) {
    for (const [item, place] of places) {
      const together = [item];
      // Items that the page put before it in the meantime belong there.
      while (added?.has(together[0].previousSibling)) together.unshift(together[0].previousSibling);
      if (place.parentNode === item.parentNode) for (const one of together) move(one, place);
      place.remove();
    }
    places.clear();
  }

  /** Hidden rows of a table still count for the width of its columns. */
  function isTable() {
    const [other] = marked('=other');
    return other && getComputedStyle(other).display === 'table-row';
  }

  /** @param {Set<Node>} [added] by the page, since it was arranged last */
  function arrange(added) {
    const focused = document.activeElement;
    // Set for the filter only, because every change restyles every item of the page.
    if (choice.includes('only')) root.setAttribute(CHOICE, isTable() ? 'rows' : 'only');
    else root.removeAttribute(CHOICE);
    // Our own moves are not changes of the page.
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
    // A moved element may have lost the focus.
    if (focused !== document.activeElement) focused?.focus({ preventScroll: true });
  }

  // In Firefox an older copy ends silently with its extension. Items that it moved stay until the next load.
  for (const item of marked()) mark(item);

  return {
    mark,
    count,
    /** Sorts and filters the marked items as the person chose, now or before. */
    show(newChoice) {
      choice = chosen(newChoice);
      arrange();
    },
    /** Removes every trace from the page. */
    undo() {
      choice = '';
      arrange();
      for (const item of marked()) mark(item);
      choice = chosen();
    },
  };
})();

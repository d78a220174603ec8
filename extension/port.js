/**
 * The port: reads what the recipe names, mounts what the core describes, reports what was clicked; it
 * decides nothing. The build sets `atsiRecipe` and `atsiSheet`, and animates anchors and rows, so that
 * `animationstart` announces new ones. `render.js` is loaded before it, and `snapshot.js`, `list.js`,
 * `tracker.js` and `jobs.js` where a site needs them.
 */
(() => {
  const api = globalThis.browser ?? globalThis.chrome;
  const { atsiRecipe: recipe, atsiRender: render, atsiList: list, atsiTracker: tracker } = globalThis;
  const { set, make } = render;

  // After an update the old script stays in the page, without an id.
  const alive = () => !!api.runtime?.id;
  if (globalThis.atsiPort?.()) return;
  globalThis.atsiPort = alive;

  // Named fields and images of a page shadow the methods of its forms and document.
  const get = (element, name) => Element.prototype.getAttribute.call(element, name);
  /** The page that is read: this one, or one that was fetched. */
  let source = document;
  const all = (css, within = source) => [
    ...(within === source ? Document : Element).prototype.querySelectorAll.call(within, css),
  ];
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  const isThere = (css) => all(css).length;
  const { needs, never = [], label, action } = recipe.placeholder ?? {};

  /* ---- Reading ---- */

  /** Characters left in this message. */
  let room;
  const cut = (value, most) => {
    if (Array.isArray(value)) return value.map((part) => cut(part, most));
    const text = typeof value === 'string' ? value.slice(0, Math.min(most, room)) : '';
    room -= text.length;
    return text;
  };
  // Keeps line breaks, but is slow.
  const lines = (element) => String(element.innerText).trim();
  const text = (element) =>
    element &&
    (element.firstElementChild && all('br, div, p, li', element).length
      ? lines(element)
      : String(element.textContent).replace(/\s+/g, ' ').trim());
  const next = (element) => {
    do element = element?.nextElementSibling;
    while (element?.localName === 'atsi-view');
    return element;
  };

  /** The attribute that a selector names last. */
  const named = (css) => css.match(/\[([\w-]+)[^[]*$/)[1];

  /** Readers by the recipe's `take`; each returns a text or a list of pairs. */
  const take = {
    text,
    source: (element) => element.textContent,
    href: (element) => element.href,
    attribute: (element, css) => get(element, named(css)),
    owner: (element, css) => [[element.href, get(element.closest(`[${named(css)}]`) ?? element, named(css))]],
    link: (element) => [[element.href, get(element, 'aria-label') || text(element)]],
    item(element) {
      const type = get(element, 'itemtype');
      const from = ['content', 'href', 'src', 'data', 'datetime', 'value'].find((name) => get(element, name));
      const name = get(element, 'itemprop');
      const value = from ? element[from] || get(element, from) : name && text(element);
      return [...(type ? [['#' + type.split('/').pop(), '']] : []), [name, value]];
    },
    class(element) {
      const words = get(element, 'value') || text(element);
      // A link may be both name and address.
      return [...element.classList].map((name) => [name, (/^(u-|url|uid|email)/.test(name) && element.href) || words]);
    },
    label(element) {
      const below = [];
      let at = next(element);
      do below.push(text(at));
      while ((at = next(at)) && element.localName === 'dt' && at.localName === 'dd');
      return [[text(element), below.join('\n')]];
    },
    section(element) {
      const ends = ['h1', 'h2', 'h3', 'h4'].slice(0, +element.localName[1] || 4);
      const below = [];
      let at = element;
      // A heading may be wrapped.
      while (!next(at) || at.parentElement.localName === 'header') {
        if (/^(main|body|section|article)$/.test(at.parentElement.localName)) break;
        at = at.parentElement;
      }
      while ((at = next(at)) && !ends.includes(at.localName) && !all(ends.join(), at).length) below.push(lines(at));
      return [[text(element), below.join('\n')]];
    },
    next: (element) => text(next(element)),
    /** Never the value of a password box. */
    control: (element) =>
      get(element, 'aria-label') || text(element) || (element.type !== 'password' && get(element, 'value')) || element.type,
  };

  function read(isClick, numbers = [], url = location.href, page = document) {
    source = page;
    room = 500_000;
    const readings = {};
    for (const { name, css, take: kind, most, when_pressed } of never.some(isThere) ? [] : recipe.read) {
      if (when_pressed && !isClick) continue;
      const values = all(css).slice(0, most).flatMap((element) => take[kind](element, css));
      readings[name] = values.map((value) => cut(value, kind === 'source' ? 50_000 : 20_000));
    }
    const seen = numbers.map((number) => [number, cut(rows.get(number).value, 20_000)]);
    const tracked = numbers.flatMap((number) => {
      const row = tracker?.read(rows.get(number).element);
      return row ? [[number, ...row]] : [];
    });
    source = document;
    return { url, readings, rows: seen, tracked, list: countItems(), page: globalThis.atsiSnapshot?.(page) };
  }

  /** Gets what only the page's session can, one thing after the other. */
  async function fetchFor(reply) {
    const next = reply?.fetch && (await tracker.fetched(reply.fetch, (page, url) => read(true, [], url, page)));
    if (next && alive()) fetchFor(await ask(next));
  }

  /* ---- Rows ---- */

  /** By number: `{element, value, item}`. */
  const rows = new Map();
  const numberOf = new WeakMap();
  /** Numbers to ask the core about. */
  const due = new Set();
  /** Elements that appeared and are not rows yet. */
  const fresh = new Set();
  let count = 0;
  const countItems = () => list?.count([...rows.values()].map(({ item }) => item));
  const rowValue = (element) => [take[recipe.rows.take](element, recipe.rows.css)].flat()[0];

  function add(element) {
    if (numberOf.has(element)) return;
    due.add(++count);
    numberOf.set(element, count);
    rows.set(count, { element, value: rowValue(element), item: element.closest(recipe.rows.item) });
    reused.observe(element, { attributes: true, childList: true, characterData: true, subtree: true });
  }
  function addSoon(element) {
    // It was only moved or unhidden.
    if (numberOf.has(element)) return;
    fresh.add(element);
    // More are likely to follow, above all in a growing list.
    gathering ??= setTimeout(look, performance.now() - lookedAt < 2000 ? 300 : 100);
  }

  function forget(number) {
    const { element, item } = rows.get(number);
    list?.mark(item);
    numberOf.delete(element);
    rows.delete(number);
    due.delete(number);
    unmount(number);
  }

  // Lists reuse their elements for other people.
  const reused = new MutationObserver((changes) => {
    for (let { target } of changes) {
      while (target && !numberOf.has(target)) target = target.parentNode;
      const number = numberOf.get(target);
      if (!number || String(rowValue(target)) === String(rows.get(number).value)) continue;
      forget(number);
      addSoon(target);
    }
  });

  /* ---- Mounting ---- */

  let sheet, corner, clock, lang;
  /** By place: `{host, root, anchor, put, watch, patience}`. */
  const views = new Map();

  function makeHost() {
    const host = make('atsi-view');
    const root = host.attachShadow({ mode: 'closed' });
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(globalThis.atsiSheet);
    root.adoptedStyleSheets = [sheet];
    for (const name of ['click', 'keydown', 'keypress', 'keyup', 'submit']) root.addEventListener(name, hear);
    return { host, root };
  }
  function hear(event) {
    // Not for the page's shortcuts and clickable rows.
    event.stopPropagation();
    if (event.type === 'submit') event.preventDefault();
    const heard = render.heard(event);
    if (heard) click(heard.element, heard.value);
  }
  function spot(place) {
    const row = rows.get(place)?.element;
    for (const { css, put } of (row ? recipe.mount.row : recipe.mount[place]) ?? []) {
      // Measuring each row would cost a layout each. One pixel is for assistive technology only.
      const anchor = row
        ? (row.matches(css) ? row : all(css, row)[0])
        : all(css).find((element) => element.getBoundingClientRect().width > 1);
      if (anchor) return { anchor, put };
    }
    return {};
  }

  function attach({ host, anchor, put = 'card' }) {
    host.dataset.atsi = put;
    if (anchor) return anchor[put === 'inside' ? 'append' : 'after'](host);
    corner ??= makeHost();
    corner.host.dataset.atsi = 'corner';
    corner.root.append(host);
    if (!corner.host.isConnected) all(':root')[0].append(corner.host);
  }

  function mount(place, node) {
    const { anchor, put } = spot(place);
    if (!anchor && typeof place === 'number') return unmount(place);
    const view = views.get(place) ?? makeHost();
    views.set(place, view);
    if (!view.host.isConnected || view.anchor !== anchor) {
      Object.assign(view, { anchor, put });
      attach(view);
      watch(view, place);
    }
    view.host.lang = lang ?? '';
    render.draw(view.root, node);
  }

  /** Notices, before the next painting, which views the page removed; changes beside them do not wake it. */
  const kept = new ResizeObserver(() => {
    for (const view of views.values()) {
      // A page that keeps removing a view wins, and does not hang.
      if (view.host.isConnected || !view.anchor?.isConnected || --view.patience < 0) continue;
      alive() ? attach(view) : stop();
    }
  });

  /** Looks again when the page changes the text of a view’s anchor. */
  function watch(view, place) {
    const { anchor } = view;
    view.watch?.disconnect();
    if (!anchor) return;
    view.patience = 50;
    kept.observe(view.host);
    // Rows are watched by `reused`.
    if (rows.has(place)) return;
    let said = anchor.textContent;
    view.watch = new MutationObserver(() => {
      if (said !== (said = anchor.textContent)) lookSoon();
    });
    view.watch.observe(anchor, { childList: true, characterData: true, subtree: true });
  }

  function unmount(place) {
    const { host, watch } = views.get(place) ?? {};
    watch?.disconnect();
    if (host) kept.unobserve(host);
    host?.remove();
    views.delete(place);
    if (!corner?.root.firstChild) corner?.host.remove();
  }

  /* ---- Talking ---- */

  let was = null;
  /** Counts navigations: an answer is for the page that asked. */
  let visit = 0;
  let soon, gathering, again, lookedAt, tries = 0;

  /** Asks the core; again if the background died meanwhile. */
  async function ask(message) {
    for (const wait of [200, 800, 2400, 0]) {
      if (!alive()) return stop();
      try {
        const reply = await api.runtime.sendMessage({ ...message, was });
        if (reply) return reply;
      } catch {
        // Stopped or orphaned: the next turn finds out.
      }
      await pause(wait);
    }
  }

  async function look() {
    for (const timer of [gathering, again]) clearTimeout(timer);
    soon = gathering = again = undefined;
    lookedAt = performance.now();
    moved();
    for (const [number, { element }] of rows) if (!element.isConnected) forget(number);
    for (const element of fresh) if (element.isConnected) add(element);
    fresh.clear();
    const asked = [...due];
    due.clear();
    const page = visit;
    const reply = await ask({ ask: 'look', seen: read(false, asked) });
    if (page !== visit) return;
    if (reply) await show(reply, asked);
    else for (const number of asked) if (rows.has(number)) due.add(number);
  }
  function lookSoon() {
    soon ??= setTimeout(look, 16);
  }
  function lookAtAll() {
    for (const number of rows.keys()) due.add(number);
    lookSoon();
  }

  async function show(reply, asked = []) {
    if (reply.off) {
      const text = api.i18n.getMessage(reply.off);
      for (const [place, { root }] of views)
        if (root.querySelector('button')) mount(place, { is: 'button', text, tip: text });
      return;
    }
    was = reply.key;
    render.speak((lang = reply.lang));
    clock ??= setInterval(() => views.forEach(({ root }) => render.refresh(root)), 60_000);
    fetchFor(reply);
    if (!reply.again) tries = 0;
    else if (tries < 33) again ??= setTimeout(look, Math.min(100 * 2 ** tries++, 2000));
    const wanted = new Map(reply.views.map(({ place, node }) => [place, node]));
    for (const place of ['name', 'corner', ...asked]) if (!wanted.has(place)) unmount(place);
    const page = visit;
    let since = performance.now();
    for (const [place, node] of wanted) {
      mount(place, node);
      if (performance.now() - since < 8) continue;
      await pause(0);
      if (page !== visit) return;
      since = performance.now();
    }
    const tell = (action) => ask({ ask: 'press', action, key: action, seen: read() });
    for (const set of reply.sets ?? []) {
      await tell(`track-done:${set.id}=${await tracker.set(rows.get(set.row)?.element, set)}`);
    }
    if (reply.job) await tell(await globalThis.atsiJob(reply.job));
    if (reply.others) showList(reply, asked, wanted);
  }

  function showList({ others, choice }, asked, wanted) {
    const before = JSON.stringify(countItems());
    const known = new Map(others.map((number) => [number, 'other']));
    for (const number of wanted.keys()) known.set(number, 'ours');
    for (const [number, as] of known) list.mark(rows.get(number)?.item, as);
    // Rows the core does not know yet are asked about at the next look.
    for (const number of asked) if (rows.has(number) && !known.has(number)) due.add(number);
    if (choice === undefined && before === JSON.stringify(countItems())) return;
    list.show(choice);
    lookSoon();
  }

  async function click(element, value) {
    const { action } = element.node;
    if (!action || get(element, 'aria-busy')) return;
    set(element, 'aria-busy', 'true');
    const page = visit;
    // A click on the placeholder waits until the core confirms it.
    await firstLook;
    if (!element.isConnected) return;
    const reply = await ask({ ask: 'press', action, value, key: crypto.randomUUID(), seen: read(true) });
    set(element, 'aria-busy');
    if (page !== visit) return;
    if (reply) return show(reply);
    (element.caption ?? element).textContent = api.i18n.getMessage('press');
    for (const { root } of views.values()) root.drawn = '';
  }

  /* ---- Life ---- */

  const ending = new AbortController();
  const listen = (event, handle, target = window) =>
    target.addEventListener(event, handle, { capture: true, signal: ending.signal });
  function leave() {
    visit++;
    for (const place of views.keys()) unmount(place);
    list?.undo();
  }
  const address = () => location.href.split('#')[0];

  let shown = address();
  function moved() {
    if (shown === (shown = address())) return;
    leave();
    tries = 0;
    lookAtAll();
  }

  function stop() {
    leave();
    ending.abort();
    reused.disconnect();
    clearInterval(clock);
  }

  api.runtime.onMessage.addListener(({ tell, action }, { id }) => {
    if (id !== api.runtime.id) return;
    if (tell === 'look') lookAtAll();
    if (tell !== 'press') return;
    const buttons = [...views.values()].flatMap(({ root }) => [...root.querySelectorAll('button')]);
    const button = buttons.find(({ node }) => node.action === action);
    if (button) click(button);
  });

  // An older copy stops; what it left is removed.
  window.dispatchEvent(new Event('atsi-takeover'));
  for (const left of all('atsi-view')) left.remove();
  for (const event of ['atsi-takeover', 'visibilitychange']) listen(event, () => alive() || stop());
  listen('animationstart', ({ animationName, target }) => {
    if (animationName !== 'atsi-appeared') return;
    if (recipe.rows && target.matches(recipe.rows.css)) addSoon(target);
    else if (!early.delete(target)) lookSoon();
  });
  listen('pageshow', ({ persisted }) => {
    // Questions from before the page went into the cache are never answered.
    if (!persisted) return;
    leave();
    lookAtAll();
  });
  listen('popstate', moved);
  if (window.navigation) listen('currententrychange', moved, navigation);
  // One search, as a long page has tens of thousands of elements.
  const telling = all([...recipe.mount.name.map(({ css }) => css), ...(needs ?? [])].join());
  const early = new WeakSet(telling.filter((one) => one.checkVisibility()));
  if (recipe.rows) all(recipe.rows.css).forEach(addSoon);
  // Shown at once, as the core may be asleep; the page is read after that is painted.
  if (needs?.every(isThere) && !never.some(isThere) && spot('name').anchor)
    mount('name', { is: 'button', text: label, tone: 'main', action });
  const firstLook = pause(0).then(look);
})();

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendPeople } from '../bench/setup.js';
import { button, eventually, inEachBrowser, only, SOURCE, status } from './setup.js';

const FIRST = 'Jopwell first';
const ONLY = 'Only Jopwell';
const toggle = (name, pressed) => ({ ...button(name), pressed });

inEachBrowser('lists of people in Greenhouse', (world) => {
  let ours;

  /** Twelve people of ours among forty strangers, ours spread over them. */
  async function people() {
    if (ours) return;
    ours = new Set();
    for (let group = 0; group < 4; group += 1) {
      const sent = await sendPeople(world.browser, world.proxy, 3, (index) => `list-${group}-${index}`);
      for (const { candidate_id } of sent) ours.add(String(candidate_id));
      await world.sandbox.control('POST', 'greenhouse/fill', { count: 10 });
    }
  }

  const list = async (query = '') => {
    await people();
    const page = await world.open(`https://app.greenhouse.io/people?${query}`);
    await page.waitFor(button(FIRST));
    return page;
  };

  /** The rows as they stand: `[id, is shown]`. */
  const rows = (page) =>
    page.evaluate(() =>
      [...document.querySelectorAll('tr.person')].map((row) => [
        row.dataset.personId,
        row.checkVisibility({ visibilityProperty: true }) && row.getBoundingClientRect().height > 0,
      ]),
    );
  const order = async (page) => (await rows(page)).map(([id]) => id);
  const shown = async (page) => (await rows(page)).filter(([, isShown]) => isShown).map(([id]) => id);
  const sorted = (ids) => [...ids.filter((id) => ours.has(id)), ...ids.filter((id) => !ours.has(id))];
  const until = (what, probe, wanted) =>
    eventually(
      what,
      async () => (JSON.stringify(await probe()) === JSON.stringify(wanted()) ? true : undefined),
      async () => `${JSON.stringify(await probe())}\ninstead of\n${JSON.stringify(wanted())}`,
    );
  /** What of ours is on the page's own elements. */
  const traces = (page) =>
    page.evaluate(() => document.querySelectorAll('[data-atsi-item], [data-atsi-list]').length);
  /** Who has a badge. */
  const badged = (page) =>
    page.evaluate(() => [...document.querySelectorAll('tr.person atsi-view')].map((view) => view.closest('tr').dataset.personId));

  const aStranger = async (page) =>
    page.evaluate(
      (id) => document.querySelector(`[data-person-id="${id}"] a`).textContent,
      (await order(page)).find((id) => !ours.has(id)),
    );

  const sentence = (ids, hidden = 0) => {
    const count = ids.filter((id) => ours.has(id)).length;
    return `${count} of ${ids.length} on this page ${count === 1 ? 'is' : 'are'} from Jopwell${hidden ? `, ${hidden} hidden` : ''}`;
  };

  test('sorting moves Jopwell candidates first, also for screen readers, and can be undone', async () => {
    const page = await list();
    const before = await order(page);
    assert.notDeepEqual(before, sorted(before));
    await page.waitFor(status(sentence(before)));
    await only(page, toggle(FIRST, false));
    await page.click(button(FIRST));
    await page.waitFor(toggle(FIRST, true));
    await until('ours first', () => order(page), () => sorted(before));
    assert.deepEqual(await shown(page), sorted(before), 'nobody is hidden');
    const text = await page.text();
    const stranger = await aStranger(page);
    assert.ok(text.lastIndexOf(SOURCE) < text.indexOf(stranger), 'so they are read');
    await world.screenshot(page, 'list-sorted');
    await page.click(button(FIRST));
    await until('the order of before', () => order(page), () => before);
    await page.waitFor(toggle(FIRST, false));
  });

  test('filtering hides the others, says how many, and can be undone', async () => {
    const page = await list();
    const before = await order(page);
    const strangers = before.filter((id) => !ours.has(id));
    const columns = () => page.evaluate(() => [...document.querySelectorAll('th')].map((cell) => cell.offsetWidth));
    const widths = await columns();
    await page.click(button(ONLY));
    await until('only ours', () => shown(page), () => before.filter((id) => ours.has(id)));
    await page.waitFor(status(sentence(before, strangers.length)));
    assert.deepEqual(await order(page), before, 'nobody has moved');
    assert.ok(!(await page.text()).includes(await aStranger(page)), 'nor are they read');
    assert.deepEqual(await columns(), widths, 'the columns are as wide as before');
    const { description } = await only(page, toggle(ONLY, true));
    assert.match(description, /Hides everyone else on this page/);
    await world.screenshot(page, 'list-filtered');
    await page.click(button(ONLY));
    await until('everybody', () => shown(page), () => before);
    await page.waitFor(status(sentence(before)));
  });

  test('the toolbar keeps the focus when used by keyboard', async () => {
    const page = await list('per_page=14');
    const before = await order(page);
    await page.focusByTab(button(ONLY));
    await page.press('Enter');
    await until('only ours', () => shown(page), () => before.filter((id) => ours.has(id)));
    await page.waitFor({ ...button(ONLY), focused: true });
    await page.press('Shift+Tab');
    await page.waitFor({ ...button(FIRST), focused: true });
    await page.press('Enter');
    await until('ours first', () => order(page), () => sorted(before));
    await page.waitFor({ ...button(FIRST), focused: true });
  });

  test('rows that load later are sorted and hidden, and the choice survives going back on this list only', async () => {
    const page = await list('per_page=15');
    await page.click(button(FIRST));
    await page.click(button(ONLY));
    let all = await order(page);
    while (await page.evaluate(() => document.getElementById('load-more') !== null)) {
      const known = new Set(all);
      await page.click(button('Load more'));
      await eventually('more rows', async () => ((await order(page)).length > known.size ? true : undefined));
      const next = (await order(page)).filter((id) => !known.has(id));
      all = [...all, ...next];
      const mine = all.filter((id) => ours.has(id)).sort();
      await until('all of ours, nobody else', async () => (await shown(page)).sort(), () => mine);
    }
    const mine = all.filter((id) => ours.has(id));
    await until('ours in front', async () => (await order(page)).slice(0, mine.length).sort(), () => [...mine].sort());
    await page.waitFor(status(sentence(all, all.length - mine.length)));

    // Another list is as Greenhouse made it.
    const { jobs } = await world.sandbox.control('GET', 'state');
    await page.goto(`https://app.greenhouse.io/plans/${jobs[0].id}/candidates`);
    await world.settled();
    const other = await rows(page);
    assert.ok(other.length > 0 && other.every(([, isShown]) => isShown));
    await page.history(-1);
    await page.waitFor(toggle(FIRST, true));
    await page.waitFor(toggle(ONLY, true));
    await eventually('the filter again', async () => {
      const now = await rows(page);
      return (now.length > 0 && now.every(([id, isShown]) => isShown === ours.has(id))) || undefined;
    });
    await page.reload();
    await page.waitFor(toggle(ONLY, true));
    await eventually('the filter after a reload', async () => {
      const now = await rows(page);
      return (now.length > 0 && now.every(([id, isShown]) => isShown === ours.has(id))) || undefined;
    });
  });

  for (const render of ['keyed', 'recycled']) {
    test(`a list that renders again and again (${render}) stays sorted and can be restored`, async () => {
      const page = await list(`render=${render}`);
      const seeded = (seed) => () => (seed = (seed * 48271) % 2147483647) / 2147483647;
      const random = seeded(20261124);
      const ids = () => page.evaluate(() => people.map(({ id }) => id));
      await page.click(button(FIRST));
      const first = sorted(await ids());
      await until('ours first', () => order(page), () => first);
      for (let turn = 0; turn < 12; turn += 1) {
        const kind = ['reverse', 'remove', 'back', 'shuffle', 'swap', 'remove'][turn % 6];
        const at = Array.from({ length: 60 }, random);
        await page.evaluate(
          (what, numbers) => {
            window.gone ??= [];
            if (what === 'reverse') people.reverse();
            if (what === 'remove')
              for (let n = 0; n < 5; n += 1) window.gone.push(...people.splice(Math.floor(numbers[n] * people.length), 1));
            if (what === 'back')
              for (const one of window.gone.splice(0)) people.splice(Math.floor(numbers[window.gone.length + 1] * people.length), 0, one);
            if (what === 'swap') people.splice(3, 0, ...people.splice(Math.floor(numbers[7] * people.length), 2));
            if (what === 'shuffle') people.sort((one, other) => numbers[one.id % 60] - numbers[other.id % 60]);
            draw();
          },
          kind,
          at,
        );
        const wanted = sorted(await ids());
        await until(`turn ${turn}, ${kind}: ours first`, () => order(page), () => wanted);
        const mine = wanted.filter((id) => ours.has(id));
        await until(`turn ${turn}, ${kind}: badges on ours`, () => badged(page), () => mine);
      }
      await page.click(button(ONLY));
      const mine = (await ids()).filter((id) => ours.has(id));
      await until('only ours', () => shown(page), () => mine);
      await page.evaluate(() => (people.reverse(), draw()));
      await until('only ours, after one more turn', () => shown(page), () => [...mine].reverse());
      await page.click(button(ONLY));
      await page.click(button(FIRST));
      const asThePageHasIt = await ids();
      await until("the page's own order", () => order(page), () => asThePageHasIt);
      assert.deepEqual(await shown(page), asThePageHasIt);
    });
  }

  test('a change of address and an update of the extension leave nothing behind', async () => {
    const page = await list();
    const before = await order(page);
    await page.click(button(FIRST));
    await page.click(button(ONLY));
    await until('only ours', () => shown(page), () => sorted(before).filter((id) => ours.has(id)));
    const [left, now] = await page.evaluate(() => {
      history.pushState(null, '', '/alljobs');
      return [
        document.querySelectorAll('[data-atsi-item], [data-atsi-list], atsi-view').length,
        [...document.querySelectorAll('tr.person')].map((row) => row.dataset.personId),
      ];
    });
    assert.equal(left, 0);
    assert.deepEqual(now, before);
    await page.history(-1);
    await page.waitFor(toggle(ONLY, true));
    await until('the filter again', () => shown(page), () => sorted(before).filter((id) => ours.has(id)));
    await page.evaluate(() => window.dispatchEvent(new Event('atsi-takeover')));
    assert.ok((await traces(page)) > 0, 'a page cannot end a living port');
    await world.browser.reloadExtension();
    await page.waitFor(toggle(ONLY, true));
    await until('the filter of the new extension', () => shown(page), () => before.filter((id) => ours.has(id)));
    await page.click(button(ONLY));
    await until('everybody', async () => (await shown(page)).sort(), () => [...before].sort());
  });

  test('a list without Jopwell candidates shows no toolbar', async () => {
    await people();
    const page = await world.open('https://app.greenhouse.io/people?search=nobody-of-that-name');
    await world.settled();
    assert.deepEqual(await page.all(button(FIRST)), []);
    assert.equal(await traces(page), 0);
  });
});

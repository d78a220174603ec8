import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, eventually, IN_GREENHOUSE, inEachBrowser, only, SEND } from './setup.js';

inEachBrowser('pages that change and pages that cheat', (world) => {
  const heading = (person) => ({ role: 'heading', name: new RegExp(`^${person.name}`) });
  const views = (page) => page.evaluate(() => document.querySelectorAll('atsi-view').length);

  /** Three people in a row in the single-page app, its first page open, and a hand on its network. */
  async function app() {
    const people = [];
    for (let index = 0; index < 3; index += 1) people.push(await world.person({ variant: 'app' }));
    const page = await world.open(people[0].url);
    await page.waitFor(SEND);
    await page.evaluate(() => {
      const real = fetch;
      let gate = Promise.resolve();
      window.fetch = async (...request) => {
        await gate;
        return real(...request);
      };
      window.holdNetwork = () => {
        gate = new Promise((resolve) => (window.releaseNetwork = resolve));
      };
    });
    return { page, people };
  }

  test('a single-page app never shows a candidate’s view on the next one’s page', async () => {
    const { page, people } = await app();
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    await page.evaluate(() => window.holdNetwork());
    const left = await page.evaluate(() => {
      [...document.querySelectorAll('button')].find((one) => one.textContent === 'Next').click();
      return document.querySelectorAll('atsi-view').length;
    });
    assert.equal(left, 0, 'in the same turn in which the page changed its address');

    // The address is the next person's, the content still the last one's, with the last one's id.
    await world.settled();
    await only(page, heading(people[0]));
    assert.deepEqual(await page.all(SEND), []);

    await page.evaluate(() => window.releaseNetwork());
    await eventually('the button of the next person', async () => {
      const nodes = await page.tree();
      const is = ({ role, name }) => nodes.some((node) => node.role === role && node.name.startsWith(name));
      if (!is({ role: 'heading', name: people[1].name })) return undefined;
      assert.ok(!is({ role: 'status', name: 'In Greenhouse' }), "the last person's view beside the next one's name");
      return is(SEND) || undefined;
    });
    await page.waitFor(SEND);
    await world.settled();
    await only(page, SEND);
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    const [first, second] = [await world.theOneInGreenhouse(people[0]), await world.theOneInGreenhouse(people[1])];
    assert.equal(`${first.first_name} ${first.last_name}`, people[0].name);
    assert.equal(`${second.first_name} ${second.last_name}`, people[1].name);

    await page.click(button('Next'));
    await page.waitFor(heading(people[2]));
    await page.waitFor(SEND);
    await page.click(button('Previous'));
    await page.waitFor(heading(people[1]));
    await page.waitFor(IN_GREENHOUSE);
    await world.settled();
    assert.deepEqual(await page.all(SEND), []);
  });

  test('a page whose address is ahead of its content shows no view until both agree', async () => {
    const [person, next] = [await world.person({ variant: 'microdata' }), await world.person({ variant: 'microdata' })];
    const page = await world.send(person);
    const left = await page.evaluate((path) => {
      history.pushState(null, '', path);
      document.querySelector('link[rel=canonical]')?.remove();
      return document.querySelectorAll('atsi-view').length;
    }, next.externalId);
    assert.equal(left, 0);
    await world.settled();
    assert.equal(await views(page), 0);
    await page.evaluate(async (path) => {
      const html = await (await fetch(path)).text();
      document.querySelector('main').replaceWith(new DOMParser().parseFromString(html, 'text/html').querySelector('main'));
    }, next.externalId);
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    const { first_name, last_name, emails } = await world.theOneInGreenhouse(next);
    assert.equal(`${first_name} ${last_name}`, next.name);
    assert.equal(emails.length, 1);
    await world.theOneInGreenhouse(person);
  });

  test('a single-page app shows the right view after going back', async () => {
    const { page, people } = await app();
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    await page.click(button('Next'));
    await page.waitFor(heading(people[1]));
    await page.waitFor(SEND);
    await page.history(-1);
    await page.waitFor(heading(people[0]));
    await page.waitFor(IN_GREENHOUSE);
    assert.deepEqual(await page.all(SEND), []);
    await page.history(1);
    await page.waitFor(heading(people[1]));
    await page.waitFor(SEND);
    await world.settled();
    assert.deepEqual(await page.all(IN_GREENHOUSE), []);
    assert.deepEqual(await world.inGreenhouse(people[1]), []);
  });

  test('a single-page app that renders again has exactly one working button', async () => {
    const { page, people } = await app();
    for (let times = 0; times < 5; times += 1) {
      await page.click(button('Re-render'));
      await page.waitFor(SEND);
    }
    await world.settled();
    await only(page, SEND);
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    await page.click(button('Re-render'));
    await page.waitFor(IN_GREENHOUSE);
    await world.settled();
    await only(page, IN_GREENHOUSE);
    await world.theOneInGreenhouse(people[0]);
  });

  test('clicks forged by the page do nothing', async () => {
    const person = await world.person();
    const page = await world.open(person.url);
    await page.waitFor(SEND);
    await world.settled();
    const reached = await page.evaluate(() => {
      const host = document.querySelector('atsi-view');
      const { x, y, width, height } = host.getBoundingClientRect();
      const at = { clientX: x + width / 2, clientY: y + height / 2, bubbles: true, composed: true, cancelable: true };
      for (const target of [host, document.elementFromPoint(at.clientX, at.clientY), host.firstElementChild]) {
        target?.click();
        for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'dblclick']) {
          target?.dispatchEvent(new MouseEvent(type, at));
        }
        target?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, composed: true }));
        target?.dispatchEvent(new SubmitEvent('submit', { bubbles: true, composed: true }));
      }
      window.postMessage({ ask: 'press', action: 'send' }, '*');
      window.dispatchEvent(new MessageEvent('message', { data: { tell: 'press', action: 'send' } }));
      return host.shadowRoot;
    });
    assert.equal(reached, null, 'the shadow root is closed');

    // Somebody else is sent meanwhile, so whatever the forgery had set off would have come first.
    await world.send(await world.person());
    await only(page, SEND);
    assert.deepEqual(await world.inGreenhouse(person), []);
    const popup = await world.popup();
    assert.ok(!(await popup.text()).includes(person.name));
  });

  test('a page without animations gets its button', async () => {
    const url = await world.rawPage(
      'https://www.jopwell.com/people/still',
      `<!doctype html><title>Maya Okoro</title><style>* { animation: none !important }</style>
       <main><h1>Maya Okoro</h1><p>Analyst at Acme</p><a href="mailto:maya@mail.example">maya@mail.example</a></main>`,
      "default-src 'self'; style-src 'unsafe-inline'; script-src 'none'",
    );
    const page = await world.open(url);
    const animation = await page.evaluate(() => getComputedStyle(document.querySelector('h1')).animationName);
    assert.equal(animation, 'none', 'the style holds');
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    await world.theOneInGreenhouse({ name: 'Maya Okoro', externalId: '/people/still' });
  });

  test('late content and a replaced heading get one button', async () => {
    const url = await world.rawPage(
      'https://www.jopwell.com/people/late',
      '<!doctype html><title>Loading</title><main></main>',
      "default-src 'self'",
    );
    const page = await world.open(url);
    await world.settled();
    assert.equal(await views(page), 0);
    await page.evaluate(() => {
      document.querySelector('main').innerHTML =
        '<h1>Lena Ortiz</h1><a href="mailto:lena@mail.example">lena@mail.example</a>';
    });
    await page.waitFor(SEND);
    await page.evaluate(() => {
      const fresh = document.createElement('h1');
      fresh.textContent = 'Lena Ortiz';
      document.querySelector('h1').replaceWith(fresh);
    });
    // A look at the accessibility tree may still show the old one.
    await eventually('a view in the new heading', async () =>
      (await page.evaluate(() => document.querySelector('h1 > atsi-view') !== null)) || undefined,
    );
    await world.settled();
    await only(page, SEND);
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    await world.theOneInGreenhouse({ name: 'Lena Ortiz', externalId: '/people/late' });
  });

  test('a page restored from the back-forward cache has one working button', async () => {
    const person = await world.person();
    const page = await world.open(person.url);
    await page.waitFor(SEND);
    await page.goto('https://www.jopwell.com/search');
    await page.history(-1);
    await eventually('the profile again', async () =>
      (await page.all(SEND)).length === 1 || undefined,
    );
    await world.settled();
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    await world.theOneInGreenhouse(person);
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { IN_GREENHOUSE, inEachBrowser, only, SEND } from './setup.js';

const corpus = (name, end) => readFileSync(new URL(`../pages/${name}.${end}`, import.meta.url), 'utf8');
const digits = (text) => text.replace(/\D/g, '');

inEachBrowser('pages in a markup that no recipe knows', (world) => {
  async function openPage(name) {
    const truth = JSON.parse(corpus(name, 'json'));
    const page = await world.open(await world.rawPage(truth.url, corpus(name, 'html')));
    return { truth, page };
  }

  for (const name of ['aria-only-no-headings', 'labels-below-values', 'unlabeled-icons-aria-only']) {
    test(`${name} has one button and arrives as the page says`, async () => {
      const { truth, page } = await openPage(`profiles/${name}`);
      await page.waitFor(SEND);
      await world.settled();
      await only(page, SEND);
      await page.click(SEND);
      await page.waitFor(IN_GREENHOUSE);
      const externalId = new URL(truth.url).pathname;
      const sent = await world.theOneInGreenhouse({ name, externalId });
      assert.deepEqual([sent.first_name, sent.last_name], [truth.name.first, truth.name.last]);
      assert.deepEqual(sent.emails.map(({ value }) => value), truth.emails);
      assert.deepEqual(sent.phone_numbers.map(({ value }) => digits(value)), truth.phones.map(digits));
      assert.deepEqual([sent.title, sent.company], [truth.title, truth.company]);
    });
  }

  test('an article about somebody has no button', async () => {
    const { page } = await openPage('others/alumni-spotlight-story');
    await world.settled();
    assert.deepEqual(await page.all(SEND), []);
    assert.equal(await page.evaluate(() => document.querySelectorAll('atsi-view').length), 0);
  });
});

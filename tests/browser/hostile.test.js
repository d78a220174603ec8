import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, IN_GREENHOUSE, inEachBrowser, only, SEND } from './setup.js';

const wholeName = ({ first_name, last_name }) => `${first_name} ${last_name}`;

inEachBrowser('hostile and odd profiles', (world) => {
  /** Sends somebody and gives what arrived, without the page having run what it should not. */
  async function arrives(profile) {
    const person = await world.person(profile);
    const page = await world.send(person);
    await world.settled();
    await only(page, IN_GREENHOUSE);
    return { page, person, sent: await world.theOneInGreenhouse(person) };
  }

  for (const variant of ['classic', 'json_ld', 'app']) {
    test(`markup in the name (${variant}) is shown as text everywhere`, async () => {
      const name = '<img src=x onerror=document.documentElement.dataset.ran=1> Smith';
      const { page, sent } = await arrives({ variant, name });
      assert.equal(wholeName(sent), name);
      const popup = await world.popup();
      await popup.waitForText(name);
      for (const one of [page, popup]) {
        assert.equal(await one.evaluate(() => document.documentElement.dataset.ran), undefined);
        assert.equal(await one.evaluate(() => document.querySelectorAll('img[src=x]').length), 0);
      }
    });
  }

  test('markup in the name runs no script on a page without a policy', async () => {
    const url = await world.rawPage(
      'https://www.jopwell.com/people/open',
      `<!doctype html><title>x</title><main><h1>&lt;img src=x onerror="document.body.dataset.ran=1"&gt; Jones</h1>
       <a href="mailto:jones@mail.example">jones@mail.example</a></main>`,
      "default-src * 'unsafe-inline' 'unsafe-eval'",
    );
    const page = await world.open(url);
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    assert.equal(await page.evaluate(() => document.body.dataset.ran), undefined);
  });

  test('a profile with 200 KB of text is sent shortened and says so', async () => {
    const { sent } = await arrives({ about: 'I count things. '.repeat(12_800) });
    assert.ok(sent.notes.length > 5_000, `notes of ${sent.notes.length}`);
    assert.ok(sent.notes.length <= 20_000);
    assert.match(sent.notes, /shortened; the rest is on the Jopwell profile/);
  });

  for (const [script, name, first, last] of [
    ['Arabic', 'ليلى منصور', 'ليلى', 'منصور'],
    ['Hebrew', 'נועם בן־דוד', 'נועם', 'בן־דוד'],
    ['Japanese', '山田 太郎', '太郎', '山田'],
    ['Vietnamese', 'Nguyễn Thị Minh', 'Thị Minh', 'Nguyễn'],
  ]) {
    test(`a name in ${script} arrives`, async () => {
      const { page, sent } = await arrives({ name });
      assert.deepEqual([sent.first_name, sent.last_name], [first, last]);
      await world.screenshot(page, `name-${script.toLowerCase()}`);
    });
  }

  test('a profile with one name is explained and sent when a person agrees', async () => {
    const person = await world.person({ name: 'Sukmawati' });
    const page = await world.open(person.url);
    await page.click(SEND);
    await page.waitForText('Greenhouse needs a first and a last name, but this profile shows only one name.');
    assert.deepEqual(await world.inGreenhouse(person), []);
    await world.screenshot(page, 'one-name');
    await page.click(button('Send as “Sukmawati (no last name)”'));
    await page.waitFor(IN_GREENHOUSE);
    assert.equal(wholeName(await world.theOneInGreenhouse(person)), 'Sukmawati (no last name)');
  });

  test('50 phone numbers all arrive', async () => {
    const phones = Array.from({ length: 50 }, (_, index) => ({ number: `+1 212 555 ${1000 + index}`, label: 'Mobile' }));
    const { sent } = await arrives({ phones });
    const all = `${JSON.stringify(sent.phone_numbers)} ${sent.notes}`.replace(/[^\d+]/g, '');
    for (const { number } of phones) assert.ok(all.includes(number.replace(/[^\d]/g, '')), number);
    assert.ok(sent.phone_numbers.length <= 20);
  });

  test('a javascript: address as résumé or website is not sent', async () => {
    const script = 'javascript:document.documentElement.dataset.ran=1';
    const { page, sent } = await arrives({
      resume_url: script,
      links: [
        { label: 'Portfolio', url: script },
        { label: 'GitHub', url: 'https://github.com/nadia-example' },
      ],
    });
    assert.equal(sent.resume_url, null);
    assert.deepEqual(sent.websites, []);
    assert.deepEqual(sent.social_media, ['https://github.com/nadia-example']);
    assert.ok(!JSON.stringify([sent.websites, sent.social_media, sent.resume_url]).includes('javascript'));
    assert.equal(await page.evaluate(() => document.documentElement.dataset.ran), undefined);
  });

  test('a profile without e-mail and phone is sent', async () => {
    const { sent } = await arrives({ emails: [] });
    assert.deepEqual([sent.emails, sent.phone_numbers], [[], []]);
  });

  test('a page whose names shadow the methods of the document is read', async () => {
    const names = [
      ...['querySelector', 'querySelectorAll', 'getElementById', 'createElement', 'addEventListener', 'body', 'head'],
      ...['documentElement', 'cookie', 'children', 'parentNode', 'attributes', 'forms', 'links', 'location', 'defaultView'],
    ];
    const fields = ['getAttribute', 'children', 'textContent', 'innerText', 'append', 'matches', 'after', 'parentNode', 'id'];
    const url = await world.rawPage(
      'https://www.jopwell.com/people/clobbered',
      `<!doctype html><title>Clara Obi</title>
       ${names.map((name) => `<img name="${name}" id="${name}"><form name="${name}"></form>`).join('')}
       <form>${fields.map((name) => `<input name="${name}">`).join('')}
       <main><h1>Clara Obi</h1><a href="mailto:clara@mail.example">clara@mail.example</a></main></form>`,
      "default-src 'self'",
    );
    const page = await world.open(url);
    await page.click(SEND);
    await page.waitFor(IN_GREENHOUSE);
    await world.settled();
    await only(page, IN_GREENHOUSE);
    const sent = await world.theOneInGreenhouse({ name: 'Clara Obi', externalId: '/people/clobbered' });
    assert.equal(wholeName(sent), 'Clara Obi');
  });

  test('a page that removes our element again and again does not hang', async () => {
    const person = await world.person();
    const page = await world.open(person.url);
    await page.waitFor(SEND);
    await page.evaluate(() => {
      new MutationObserver(() => {
        for (const view of document.querySelectorAll('atsi-view')) view.remove();
      }).observe(document, { childList: true, subtree: true });
      document.querySelector('atsi-view').remove();
    });
    await world.settled();
    assert.equal(await page.evaluate(() => document.title.includes('Jopwell')), true, 'the page still answers');
  });
});

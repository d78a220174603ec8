import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, IN_GREENHOUSE, inEachBrowser, only, SEND, VARIANTS } from './setup.js';

inEachBrowser(
  'sending',
  (world) => {
    for (const variant of VARIANTS) {
      test(`a ${variant} profile has one button and stays sent after a reload and in a second tab`, async () => {
        const person = await world.person({ variant });
        const page = await world.open(person.url);
        await page.waitFor(SEND);
        await world.settled();
        await only(page, SEND);
        if (variant === 'classic') await world.screenshot(page, 'profile');
        await page.click(SEND);
        await page.waitFor(IN_GREENHOUSE);
        const sent = await world.theOneInGreenhouse(person);
        assert.equal(sent.source, 'Jopwell');
        assert.equal(sent.on_behalf_of, world.serviceUser);
        assert.equal(`${sent.first_name} ${sent.last_name}`, person.name);
        if (variant === 'classic') await world.screenshot(page, 'sent');

        await page.reload();
        await page.waitFor(IN_GREENHOUSE);
        const second = await world.open(person.url);
        await second.waitFor(IN_GREENHOUSE);
        await world.settled();
        assert.deepEqual(await second.all(SEND), []);
        await only(second, IN_GREENHOUSE);
      });
    }

    test('search, tracker, jobs, login and settings show no button', async () => {
      const pages = [];
      for (const path of ['search', 'tracker', 'jobs', 'login', 'settings', '']) {
        pages.push(await world.open(`https://www.jopwell.com/${path}`));
      }
      const job = await pages[2].evaluate(
        () => [...document.links].find(({ pathname }) => /^\/jobs\/./.test(pathname)).pathname,
      );
      pages.push(await world.open(`https://www.jopwell.com${job}`));
      await world.settled();
      for (const page of pages) {
        assert.deepEqual(await page.all(button(/Send to ATS/)), [], page.url());
        // Lists say how those stand who were sent by the tests before.
        if (/search|tracker/.test(page.url())) continue;
        // Settings lead to the welcome page, and a job has its panel.
        const views = /settings|jobs\/./.test(page.url()) ? 1 : 0;
        assert.equal(await page.evaluate(() => document.querySelectorAll('atsi-view').length), views, page.url());
      }
    });

    test('the button works by keyboard and keeps the focus', async () => {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.focusByTab(SEND);
      await page.press('Enter');
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
      await page.waitFor({ ...IN_GREENHOUSE, focused: true });
    });

    test('the keyboard command sends', async () => {
      const person = await world.person();
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      await page.activate();
      await world.browser.pressCommand('send');
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('the link opens the profile in Greenhouse', async () => {
      const person = await world.person();
      const page = await world.send(person);
      const [application] = (await world.theOneInGreenhouse(person)).applications;
      await page.click({ role: 'link', name: 'Open' });
      // Greenhouse's own address: it has no port, so nobody is there.
      await world.browser.takeTab(application.profile_url);
    });

    test('all details of a rich profile arrive', async () => {
      const profiles = await world.sandbox.control('GET', 'jopwell/candidates');
      const { id, path, profile } = profiles.find(
        ({ profile }) => profile.variant === 'classic' && profile.experience.length > 1 && profile.links.length > 1,
      );
      await world.send({ url: `https://www.jopwell.com${path}` });
      const sent = await world.theOneInGreenhouse({ name: profile.name, externalId: id });
      assert.equal(sent.first_name, profile.given_name);
      assert.equal(sent.last_name, profile.family_name);
      assert.equal(sent.company, profile.company);
      assert.equal(sent.title, profile.title);
      assert.deepEqual(sent.emails.map(({ value }) => value), profile.emails);
      const digits = (number) => number.replace(/\D/g, '');
      assert.deepEqual(
        sent.phone_numbers.map(({ value }) => digits(value)),
        profile.phones.map(({ number }) => digits(number)),
      );
      assert.deepEqual(sent.social_media, profile.links.map(({ url }) => url));
      assert.match(sent.resume_url, new RegExp(`^https://www\\.jopwell\\.com(:\\d+)?/resumes/${id}\\.pdf$`));
      for (const { title, company, years, summary } of profile.experience) {
        for (const text of [title, company, years, summary]) assert.ok(sent.notes.includes(text), `notes lack ${text}`);
      }
      for (const { school, degree } of profile.education) {
        for (const text of [school, degree]) assert.ok(sent.notes.includes(text), `notes lack ${text}`);
      }
      for (const text of [...profile.skills, profile.about]) assert.ok(sent.notes.includes(text), `notes lack ${text}`);
      assert.ok(!/[<>]/.test(sent.notes), 'notes are plain text');
    });

    test('websites, addresses and several phones and e-mails arrive', async () => {
      const person = await world.person({
        emails: ['one@mail.example', 'two@work.example'],
        phones: [
          { number: '+1 212 555 0101', label: 'Mobile' },
          { number: '+1 212 555 0102', label: 'Work' },
        ],
        links: [{ label: 'Portfolio', url: 'https://portfolio.example/nadia' }],
        address: '12 Market Street\nChicago, IL 60601',
      });
      await world.send(person);
      const sent = await world.theOneInGreenhouse(person);
      assert.deepEqual(sent.emails.map(({ value }) => value), ['one@mail.example', 'two@work.example']);
      assert.deepEqual(sent.phone_numbers.map(({ type }) => type), ['mobile', 'work']);
      assert.deepEqual(sent.websites, [{ value: 'https://portfolio.example/nadia', type: 'portfolio' }]);
      assert.match(JSON.stringify(sent.addresses), /12 Market Street.*Chicago, IL 60601/);
    });

    test('two tabs clicked at once create one candidate', async () => {
      const person = await world.person();
      const tabs = [await world.open(person.url), await world.open(person.url)];
      for (const tab of tabs) await tab.waitFor(SEND);
      await world.settled();
      await world.faults({ kind: 'slow', after_ms: 1_500 });
      // Keys go to a tab in front; the focus is set in both beforehand, so that nothing waits in between.
      for (const tab of tabs) await tab.focusByTab(SEND);
      for (const tab of tabs) await tab.press('Enter');
      for (const tab of tabs) await tab.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });

    test('two browsers on one proxy create one candidate', async () => {
      const [known, fresh] = [await world.person(), await world.person()];
      await world.send(known);
      const colleague = await world.colleague();
      const theirs = await world.open(known.url, colleague);
      await theirs.waitFor(IN_GREENHOUSE);

      const pages = [await world.open(fresh.url), await world.open(fresh.url, colleague)];
      for (const page of pages) await page.waitFor(SEND);
      await world.settled();
      await world.settled(colleague);
      await world.faults({ kind: 'slow', after_ms: 2_000 });
      await Promise.all(pages.map((page) => page.click(SEND)));
      for (const page of pages) await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(fresh);
      await world.theOneInGreenhouse(known);
      assert.equal((await world.inGreenhouse(fresh)).length, 1);
    });

    test('a sent candidate is still shown as sent after a restart', async () => {
      const person = await world.person();
      await world.send(person);
      await world.restartBrowser();
      const page = await world.open(person.url);
      await page.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
    });
  },
  { keepProfile: true },
);

/** One connection serves the whole company: signing in, colleagues, strangers, leaving. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, button, IN_GREENHOUSE, inEachBrowser, SEND, status } from './setup.js';

const textbox = (name) => ({ role: 'textbox', name });
const heading = (name) => ({ role: 'heading', name });

inEachBrowser(
  'a company',
  (world) => {
    const ADMIN = 'ada@hartwell.example';
    const COLLEAGUE = 'ben@hartwell.example';

    test('an admin signs in by the code in a mail, reloads in the middle, and connects', async () => {
      const page = await world.getStarted();
      await page.waitFor(textbox('Work e-mail'));
      await accessible(page);
      await world.screenshot(page, 'welcome-sign-in');
      await page.fill(textbox('Work e-mail'), 'no address');
      await page.press('Enter');
      await page.waitForText('address');
      assert.deepEqual(await page.all(textbox('Code')), []);

      await page.fill(textbox('Work e-mail'), ADMIN);
      await page.click(button('Send code'));
      await page.waitForText(`We sent a code of 6 digits to ${ADMIN}.`);
      assert.equal((await page.focused()).name, 'Code');
      await accessible(page);
      await world.screenshot(page, 'welcome-code');

      // A reload and a stopped worker in the middle of the form: it goes on where it was.
      await world.browser.stopBackground();
      await page.reload();
      await page.waitForText(`We sent a code of 6 digits to ${ADMIN}.`);
      await page.fill(textbox('Code'), '000 000');
      await page.fill(textbox('Your name'), 'Ada Park');
      await page.press('Enter');
      await page.waitForText(/code .*(wrong|right)/);
      await page.fill(textbox('Code'), await world.code(ADMIN));
      await page.press('Enter');
      await page.waitFor(button('I need help from my Greenhouse admin'));
      assert.deepEqual(await page.all(textbox('Code')), []);
      await accessible(page);
      await world.screenshot(page, 'welcome-choice');

      await page.click({ role: 'link', name: 'I can create a Greenhouse API key' });
      await page.fill(textbox('Greenhouse API key'), world.key);
      await page.fill(textbox('Service user e-mail'), world.serviceUser);
      await page.click(button('Connect'));
      await page.waitFor(status('Connected'));
      await page.waitForText('Ada Park');
      await accessible(page);
      await world.screenshot(page, 'options-admin');
    });

    test('a colleague of the same domain reads who connected, and sends; a stranger sees nothing of it', async () => {
      const ben = await world.another();
      const page = await world.signIn(COLLEAGUE, 'Ben Castell', ben);
      await page.waitForText(/Connected by Ada Park on .*\. You are ready\./);
      await accessible(page);
      await world.screenshot(page, 'welcome-colleague');
      const person = await world.person();
      await world.send(person, ben);
      await world.theOneInGreenhouse(person);

      const stranger = await world.another();
      const welcome = await world.signIn('eve@elsewhere.example', 'Mallory Quist', stranger);
      await welcome.waitForText('Your company is not connected to Greenhouse yet.');
      assert.ok(!(await welcome.text()).includes('Ada Park'));
      const theirs = await world.open(person.url, stranger);
      await theirs.waitFor(button('Send to ATS: connect first'));
      assert.deepEqual(await theirs.all(IN_GREENHOUSE), []);

      // The admin sees both of the company, and removes the colleague, whose browser learns of it by itself.
      const open = await world.open((await world.person()).url, ben);
      await open.waitFor(SEND);
      const options = await world.openOwn('options.html');
      await options.waitForText('Ben Castell');
      assert.ok(!(await options.text()).includes('Mallory Quist'));
      await options.click({ ...button('Remove'), description: 'Remove: Ben Castell' });
      await options.waitForNone({ ...button('Remove'), description: 'Remove: Ben Castell' });
      await open.waitFor(button('Send to ATS: sign in first'));
      await world.screenshot(open, 'removed');
      await open.click(button('Send to ATS: sign in first'));
      await ben.takeTab(ben.extensionUrl('welcome.html#start'));
      const stored = await page.evaluate(
        () =>
          new Promise((done, fail) => {
            const request = indexedDB.open('atsi-session');
            request.onerror = fail;
            request.onsuccess = () => {
              const all = request.result.transaction('session').objectStore('session').getAllKeys();
              all.onsuccess = () => done(all.result);
            };
          }),
      );
      assert.deepEqual(stored, [], 'the token is gone');
    });
  },
  { company: true, expected: ['status of 401', 'status of 422', 'net::ERR_CONNECTION_REFUSED'] },
);

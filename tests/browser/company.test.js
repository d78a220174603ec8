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

    test('an admin signs in by e-mailed code, across a reload, and connects', async () => {
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
      await page.waitForText(`We sent a 6-digit code to ${ADMIN}.`);
      await page.waitFor({ ...textbox('Code'), focused: true });
      await accessible(page);
      await world.screenshot(page, 'welcome-code');

      // A reload and a stopped worker in the middle of the form: it goes on where it was.
      await world.browser.stopBackground();
      await page.reload();
      await page.waitForText(`We sent a 6-digit code to ${ADMIN}.`);
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
      await page.waitFor(heading('Changes for Jopwell’s systems'));
      await accessible(page);
      await world.screenshot(page, 'options-admin');
    });

    test('a key that stops working notifies the admin once and is shown to colleagues', async () => {
      const ben = await world.another();
      const welcome = await world.signIn('cleo@hartwell.example', 'Cleo Marsh', ben);
      await welcome.waitForText(/You’re ready to send/);
      await world.faults({ endpoint: 'post_candidates', kind: 'unauthorized' });
      const person = await world.person();
      const profile = await world.open(person.url, ben);
      await profile.click(SEND);
      await profile.waitFor(status(/^Waiting/));
      const theirs = await world.openOwn('options.html', ben);
      await theirs.waitFor(status('The connection needs repair'));
      await theirs.waitForText('Your admins have been notified.');
      assert.deepEqual(await theirs.all(button('Connect')), []);
      assert.deepEqual(await theirs.all(button('Save statuses')), []);
      await theirs.waitForText('Only admins can change this.');
      assert.deepEqual(await theirs.all(heading('Changes for Jopwell’s systems')), []);
      await accessible(theirs);
      await world.screenshot(theirs, 'options-broken-recruiter');
      const mail = await world.mail(ADMIN);
      assert.match(mail.text, /Greenhouse/);

      const options = await world.openOwn('options.html');
      await options.waitFor(status('The connection needs repair'));
      await options.waitForText('waiting sends go out then');
      await world.screenshot(options, 'options-broken-admin');
      await world.fillOptions(options, { key: (await world.makeKey('candidate_ingestion')).key });
      await options.waitFor(status('Connected'));
      // What waited goes out, in the colleague's browser by itself.
      await profile.waitFor(IN_GREENHOUSE);
      await world.theOneInGreenhouse(person);
      await theirs.activate();
      await theirs.waitFor(status('Connected'));
    });

    test('the account settings on Jopwell link to the welcome page', async () => {
      const page = await world.open('https://www.jopwell.com/settings');
      await page.waitFor(button('ATSi and Greenhouse'));
      await world.screenshot(page, 'jopwell-settings');
      await page.click(button('ATSi and Greenhouse'));
      await world.browser.takeTab(world.browser.extensionUrl('welcome.html#start'));
      const nobody = await world.another();
      const theirs = await world.open('https://www.jopwell.com/settings', nobody);
      await theirs.waitFor(button('Set up ATSi'));
    });

    test('a colleague of the same domain can send; a stranger sees nothing of the company', async () => {
      const ben = await world.another();
      const page = await world.signIn(COLLEAGUE, 'Ben Castell', ben);
      await page.waitForText(/Connected by Ada Park on .*\. You’re ready to send\./);
      await accessible(page);
      await world.screenshot(page, 'welcome-colleague');
      const person = await world.person();
      await world.send(person, ben);
      await world.theOneInGreenhouse(person);

      const stranger = await world.another();
      const welcome = await world.signIn('eve@elsewhere.example', 'Mallory Quist', stranger);
      await welcome.waitForText('Your company isn’t connected to Greenhouse yet.');
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
      const remove = { ...button('Remove'), description: 'Remove: Ben Castell' };
      await options.click(remove);
      await options.waitForText('Remove this colleague?');
      await accessible(options);
      const tops = await options.evaluate(() =>
        [...document.querySelectorAll('#question button:not([hidden])')].map((one) => one.getBoundingClientRect().top),
      );
      assert.deepEqual(tops, [tops[0], tops[0]], 'both buttons stand in a row');
      await world.screenshot(options, 'options-question');
      await options.puppeteer.setViewport({ width: 360, height: 700 });
      await options.colorScheme('dark');
      const isCut = () => document.documentElement.scrollWidth > 360;
      assert.equal(await options.evaluate(isCut), false, 'nothing is cut off on a narrow page');
      await accessible(options);
      await world.screenshot(options, 'options-question-narrow-dark');
      await options.puppeteer.setViewport(null);
      await options.colorScheme('light');
      await options.click(button('Cancel'));
      await options.waitFor(remove);
      await options.click(remove);
      await options.click(button('Remove now'));
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

    test('an invited person joins from another domain and signs out in all open pages', async () => {
      const options = await world.openOwn('options.html');
      await options.click(button('Leave company'));
      await options.click(button('Leave company'));
      await options.waitForText('This is the company\'s only admin.');
      await options.click({ role: 'checkbox', name: /^Anyone with an address at hartwell\.example/ });
      const late = await world.another();
      const closed = await world.getStarted(late);
      await closed.fill(textbox('Work e-mail'), 'ida@hartwell.example');
      await closed.click(button('Send code'));
      await closed.fill(textbox('Code'), await world.code('ida@hartwell.example'));
      await closed.click(button('Sign in'));
      // The field for it opens and has the focus.
      await closed.waitFor({ ...textbox('Invitation'), focused: true });
      const INVITED = 'gil@agency.example';
      await options.fill(textbox('Colleague’s e-mail'), INVITED);
      await options.click(button('Invite'));
      await options.waitForText(`${INVITED} Recruiter Not used yet`);
      const { value: link } = await options.waitFor(textbox('Invitation link'));
      await accessible(options);
      await world.screenshot(options, 'options-invited');
      assert.ok((await world.mail(INVITED)).text.includes(link));

      const gil = await world.another();
      const page = await world.getStarted(gil);
      await page.fill(textbox('Work e-mail'), INVITED);
      await page.click(button('Send code'));
      await page.fill(textbox('Code'), await world.code(INVITED));
      // The closed part of the form opens by its summary.
      await page.evaluate(() => document.querySelector('#invited').setAttribute('open', ''));
      await page.fill(textbox('Invitation'), link);
      await page.click(button('Sign in'));
      await page.waitForText(/Connected by Ada Park on .*\. You’re ready to send\./);

      const profile = await world.open((await world.person()).url, gil);
      await profile.waitFor(SEND);
      const theirs = await world.openOwn('options.html', gil);
      await theirs.click(button('Sign out'));
      await theirs.waitFor(textbox('Work e-mail'));
      await profile.activate();
      await profile.waitFor(button('Send to ATS: sign in first'));
    });
  },
  { company: true, expected: ['status of 401', 'status of 422', 'net::ERR_CONNECTION_REFUSED'] },
);

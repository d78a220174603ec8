import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, button, IN_GREENHOUSE, inEachBrowser, SEND, status } from './setup.js';

inEachBrowser('the toolbar popup, before anybody has connected', (world) => {
  test('the popup before connecting leads to the options', async () => {
    const popup = await world.popup();
    await popup.waitFor(status('Not connected yet'));
    await popup.waitForText('Nothing sent yet.');
    const footer = await popup.evaluate(() =>
      [...document.querySelectorAll('footer > *')].map((one) => one.getBoundingClientRect().toJSON()),
    );
    assert.equal(footer.length, 3);
    for (const { top, height } of footer) assert.deepEqual([top, height], [footer[0].top, footer[0].height]);
    await accessible(popup);
    await world.screenshot(popup, 'popup-not-connected');
    await popup.colorScheme('dark');
    await world.screenshot(popup, 'popup-not-connected-dark');
    await popup.colorScheme('light');
    await popup.click(button('Options'));
    await world.browser.takeTab(world.browser.extensionUrl('options.html'));
  });
}, { connect: false });

inEachBrowser('the toolbar popup', (world) => {
  test('the popup shows the connection and each send’s outcome as it changes', async () => {
    const popup = await world.popup();
    await popup.waitFor(status('Connected'));
    await popup.waitForText('Hartwell Service');
    const [sent, refused, unsure] = [await world.person(), await world.person(), await world.person()];
    const clickSend = async (person, kind) => {
      const page = await world.open(person.url);
      await page.waitFor(SEND);
      if (kind) await world.faults({ kind });
      await page.click(SEND);
      return page;
    };
    await (await clickSend(sent)).waitFor(IN_GREENHOUSE);
    await (await clickSend(refused, 'bad_request')).waitFor(status('Not sent'));
    await (await clickSend(unsure, 'reset_after_commit')).waitFor(status('Check in Greenhouse'));
    // The popup that was open all the while has been told.
    await popup.waitFor(IN_GREENHOUSE);
    await popup.waitFor(status('Not sent'));
    await popup.waitFor(status('Check in Greenhouse'));
    const text = await popup.text();
    for (const { name } of [sent, refused, unsure]) assert.ok(text.includes(name));
    assert.ok(text.indexOf(unsure.name) < text.indexOf(sent.name), 'what needs a decision comes first');
    assert.match(text, /Greenhouse rejected this candidate\./);
    assert.equal(await world.badge(), '1');
    await world.screenshot(popup, 'popup');

    const { applications } = await world.theOneInGreenhouse(unsure);
    await popup.fill({ role: 'textbox', name: 'Address of the profile in Greenhouse' }, applications[0].profile_url);
    await popup.click(button('Link profile'));
    await popup.waitForNone(status('Check in Greenhouse'));
    assert.equal(await world.badge(), '');
    await popup.click(button('Remove from list'));
    await popup.waitForNone(status('Not sent'));
    await popup.waitForNone({ role: 'text', name: refused.name });
    await world.theOneInGreenhouse(unsure);
  });

  test('the popup’s report has no personal data', async () => {
    const person = await world.person();
    const page = await world.open(person.url);
    await page.waitFor(SEND);
    await world.faults({ kind: 'bad_request' });
    await page.click(SEND);
    await page.waitFor(status('Not sent'));
    // A page that is no profile any more, as after a redesign.
    const host = 'www.jopwell.com';
    await world.sandbox.control('POST', 'pages', { host, path: '/new-look', html: '<h2>Somebody Else</h2>' });
    const other = await world.open(`https://${host}/new-look`);
    await world.settled();
    // What was seen outlives the worker.
    await world.browser.stopBackground();

    const popup = await world.popup();
    await popup.evaluate(() => document.querySelector('summary').click());
    await popup.waitForText(/www\.jopwell\.com taken for a profile, id, [^\n]* none of: /);
    await popup.waitForText(/www\.jopwell\.com taken for nothing; several of:; one of:; none of: canonical /);
    const report = await popup.evaluate(() => document.getElementById('report').textContent);
    assert.match(report, /^ATSi [\d.]+, in en-US\n\w.*\nproxy: on this computer, for one person\nconnection: active\n\n/);
    assert.match(report, /^\d+ s ago, \d+×: clicked: send$/m);
    for (const part of [...person.name.split(' '), person.url, 'new-look', 'Somebody', 'example'])
      assert.ok(!report.includes(part), `${part} in:\n${report}`);
    await accessible(popup);
    await world.screenshot(popup, 'popup-report');
    await popup.click(button('Copy report'));
    await popup.waitFor(status('Report copied.'));
    await other.close();
  });
});

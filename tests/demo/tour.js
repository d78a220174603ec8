import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, fillOptions, inGreenhouse, pressConnect, send } from './steps.js';

const WIDTH = 1280;
const HEIGHT = 800;
const SOURCE = 'Source = Jopwell';

/**
 * The way of a recruiter from Jopwell to Greenhouse, told step by step, with a picture of each. Throws
 * where a step did not happen.
 */
export async function tour({ sandbox, proxy, browser, folder, numbered }) {
  let count = 0;
  const step = async (page, name, happened) => {
    count += 1;
    const file = `${numbered ? `${String(count).padStart(2, '0')}-` : ''}${name}.png`;
    // So that no button stands out as pointed at.
    await page.puppeteer.mouse.move(0, 0);
    await page.screenshot(join(folder, file));
    console.log(`${count}. ${happened}\n   ${file}`);
  };
  const framed = async (page) => {
    await page.puppeteer.setViewport({ width: WIDTH, height: HEIGHT });
    return page;
  };
  const open = async (url) => {
    const page = await framed(await browser.newPage());
    await page.goto(url);
    return page;
  };

  const options = await framed(await browser.openExtensionPage('options.html'));
  const { key, email } = await credentials(sandbox);
  await fillOptions(options, proxy, { key, email });
  await step(options, 'options', `On the options page: the proxy's address, a Greenhouse API key, and ${email}.`);
  await pressConnect(options);
  const connected = await options.waitForText(key.slice(-4));
  assert.ok(connected.includes(email), 'the options page names the service user');
  await step(options, 'connected', 'Pressed Connect. The key was checked with Greenhouse; the page says Connected.');

  const [person, ...others] = await sandbox.control('GET', 'jopwell/candidates');
  const { name } = person.profile;
  assert.equal(await inGreenhouse(sandbox, name), undefined, `${name} is in Greenhouse already`);
  const profile = await open(`https://www.jopwell.com${person.path}`);
  await profile.waitFor({ role: 'button', name: 'Send to ATS' });
  await step(profile, 'profile', `Opened ${name} on Jopwell: the button Send to ATS stands beside the name.`);

  await send(profile);
  const candidate = await inGreenhouse(sandbox, name);
  assert.ok(candidate, `${name} is in Greenhouse, from Jopwell`);
  await step(profile, 'sent', `Pressed it. It says In Greenhouse, and ${name} is a prospect there, once.`);

  const [{ id: application }] = candidate.applications;
  const older = await open(`https://app.greenhouse.io/people/${candidate.id}?application_id=${application}`);
  await older.waitForText(SOURCE);
  await older.waitForText('From Jopwell');
  await step(older, 'greenhouse-profile', `Opened ${name} in Greenhouse: the badge ${SOURCE}, and the panel in the corner.`);

  const { job, stage } = await moveOn(sandbox, older, candidate.id);
  await step(older, 'moved', `Made ${name} a candidate for ${job} and moved them to ${stage}, with Greenhouse's own controls.`);

  const other = others.find(({ profile: { variant } }) => variant !== person.profile.variant);
  await profile.goto(`https://www.jopwell.com${other.path}`);
  await send(profile);
  const list = await open('https://app.greenhouse.io/people');
  await list.waitForText(new RegExp(`(${SOURCE}.*){2}`));
  await step(list, 'greenhouse-list', `Sent ${other.profile.name} as well. In Greenhouse's list both carry the badge, nobody else does.`);
  const everybody = (await sandbox.control('GET', 'state')).candidates;
  const badges = (await list.text()).split(SOURCE).length - 1;
  assert.equal(badges, everybody.filter(({ source }) => source === 'Jopwell').length, 'badges in the list');

  const popup = await browser.openExtensionPage('popup.html');
  await popup.waitForText('Recent sends');
  for (const sent of [name, other.profile.name]) await popup.waitForText(sent);
  // As large as the browser makes it.
  const [width, height] = await popup.evaluate(() => [document.body.offsetWidth, document.body.offsetHeight]);
  await popup.puppeteer.setViewport({ width, height, deviceScaleFactor: 2 });
  await step(popup, 'popup', "The toolbar icon's popup: the connection, and the last sends.");

  const redesign = await open(`https://app2.greenhouse.io/people/${candidate.id}/applications/${application}/redesign`);
  await redesign.waitForText(SOURCE);
  console.log('   (The proxy reads a status at most every ten seconds: reloading until it does.)');
  await reloadUntil(redesign, { role: 'status', name: stage });
  // The page draws itself late.
  await redesign.waitFor({ role: 'heading', name: new RegExp(`^${name}`) });
  await redesign.waitForText(new RegExp(`${name} ${SOURCE}`));
  await step(redesign, 'greenhouse-redesign', `Opened ${name} in Greenhouse's new design: the badge again, and the panel has followed to ${stage}.`);

  console.log(`\nAll of this really happened, in ${browser.name}. The pictures are in ${folder}`);
}

/** Converts the prospect and moves them to the next stage as a person does. */
async function moveOn(sandbox, page, id) {
  await page.click({ role: 'button', name: 'Convert to candidate' });
  await page.click({ role: 'button', name: /^Next stage: / });
  await page.waitForText('Moved');
  const { candidates } = await sandbox.control('GET', 'state');
  return candidates.find((one) => one.id === id).applications[0];
}

const STATUS_COMES_WITHIN = 90_000;
const BETWEEN_RELOADS = 3_000;

async function reloadUntil(page, query) {
  const deadline = Date.now() + STATUS_COMES_WITHIN;
  for (;;) {
    await page.waitForText('From Jopwell');
    if ((await page.all(query)).length) return;
    assert.ok(Date.now() < deadline, `the panel did not follow\n${await page.outline()}`);
    await sleep(BETWEEN_RELOADS);
    await page.reload();
  }
}

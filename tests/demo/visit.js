import { credentials } from './steps.js';

/** Opens the browser for a person, tells what to do, and waits until the window is closed. */
export async function visit({ sandbox, proxy, browser }) {
  const { key, email } = await credentials(sandbox);
  const [person] = await sandbox.control('GET', 'jopwell/candidates');

  const [blank] = await browser.puppeteer.pages();
  await browser.openExtensionPage('options.html');
  const profile = await browser.newPage();
  await profile.goto(`https://www.jopwell.com${person.path}`);
  await blank.close();
  await profile.activate();

  console.log(`
ATSi is ready to try. Everyone you meet is invented, and nothing leaves this computer.

  1. In the tab "ATSi options", paste these and press Connect:

       Proxy address        ${proxy.url}
       Greenhouse API key   ${key}
       Service user e-mail  ${email}

  2. In the tab with ${person.profile.name}'s profile, press "Send to ATS" beside the name.
  3. It becomes "In Greenhouse": follow "Open" to the same person in Greenhouse.
     Convert them there to a candidate and move the stage; a minute later the panel in the
     corner follows when you reload.
  4. Press the puzzle piece in the toolbar, then ATSi: your last sends.

  More people   ${profile.address('https://www.jopwell.com/search')}
  Greenhouse    ${profile.address('https://app.greenhouse.io/people')}
  The sandbox   ${sandbox.url}  (an ordinary browser opens this one)

To stop: close the window, or press Ctrl+C here.`);
  await new Promise((closed) => browser.puppeteer.once('disconnected', closed));
}

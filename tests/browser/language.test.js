import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessible, button, inEachBrowser, only, SEND, status } from './setup.js';

const ENVIAR = button('Enviar al ATS');
const EN_GREENHOUSE = status(/^En Greenhouse/);

inEachBrowser(
  'the language',
  (world) => {
    /** Chooses as the keyboard would, on the options page. */
    async function choose(page, language) {
      await page.evaluate((value) => {
        const select = document.getElementById('language');
        select.value = value;
        select.dispatchEvent(new Event('change'));
      }, language);
    }
    const languageOf = (page) => page.evaluate(() => document.documentElement.lang);

    test('a chosen language reaches open pages and those opened later', async () => {
      const [sent, other] = [await world.person(), await world.person()];
      const [profile, fresh] = [await world.send(sent), await world.open(other.url)];
      await fresh.waitFor(SEND);
      const welcome = await world.openOwn('welcome.html');
      await welcome.waitFor(button('Get started'));
      const popup = await world.popup();
      const options = await world.openOwn('options.html');
      await options.waitFor(status('Connected'));
      assert.match(await languageOf(options), /^en/);

      await choose(options, 'es');

      await options.waitFor(status('Conexión activa'));
      await options.waitFor({ role: 'combobox', name: 'Idioma de ATSi', focused: true });
      assert.equal(await languageOf(options), 'es');
      assert.equal(await options.evaluate(() => document.getElementById('language').value), 'es');
      await options.waitForText('La clave anterior funciona hasta que se conecte la nueva.');
      assert.equal(await options.evaluate(() => document.title), 'Opciones de ATSi');
      await accessible(options);
      await world.screenshot(options, 'language-options');

      await welcome.waitFor(button('Empezar'));
      await accessible(welcome);
      await world.screenshot(welcome, 'language-welcome');
      await popup.waitForText('Últimos envíos');
      await popup.waitFor(status('Conexión activa'));
      assert.ok((await popup.text()).includes(sent.name), 'names are as they were');
      await accessible(popup);
      await world.screenshot(popup, 'language-popup');

      await fresh.waitFor(ENVIAR);
      await only(fresh, ENVIAR);
      await profile.waitFor(EN_GREENHOUSE);
      await profile.waitFor({ role: 'link', name: 'Abrir' });
      await fresh.click(ENVIAR);
      await fresh.waitFor(EN_GREENHOUSE);
      await accessible(fresh);
      await world.screenshot(fresh, 'language-profile');

      const candidates = await world.openOwn('candidates.html');
      await candidates.waitFor(button('ID de Greenhouse'));
      await candidates.waitForText('2 candidaturas');
      await accessible(candidates);
    });

    test('views in Greenhouse use the chosen language, also for times', async () => {
      const person = await world.person();
      const profile = await world.open(person.url);
      await profile.click(ENVIAR);
      await profile.waitFor(EN_GREENHOUSE);
      const { id } = await world.theOneInGreenhouse(person);
      const page = await world.open(`https://app.greenhouse.io/people/${id}`);
      await page.waitFor(button('Sincronizar ahora'));
      await page.waitForText('hace un momento');
      assert.equal(await page.evaluate(() => document.querySelector('atsi-view').lang), 'es');
      await accessible(page);
      await world.screenshot(page, 'language-greenhouse');
    });

    test('a sentence of the proxy is translated', async () => {
      await world.faults({ kind: 'bad_request' });
      const page = await world.open((await world.person()).url);
      await page.click(ENVIAR);
      await page.waitFor(status('No enviado'));
      await page.waitForText('Greenhouse no aceptó a esta persona.');
    });

    test('the chosen language survives a restart, and English can be chosen again', async () => {
      await world.restartBrowser();
      const page = await world.open((await world.person()).url);
      await page.waitFor(ENVIAR);
      const options = await world.openOwn('options.html');
      await options.waitFor(status('Conexión activa'));
      await choose(options, 'en');
      await options.waitFor(status('Connected'));
      assert.equal(await languageOf(options), 'en');
      await page.waitFor(SEND);
      await choose(options, '');
      await options.waitFor({ role: 'combobox', name: 'Language of ATSi', focused: true });
      await page.waitFor(SEND);
    });
  },
  { keepProfile: true },
);

inEachBrowser(
  'the button before the core has answered',
  (world) => {
    test('the extension speaks the language of the browser', async () => {
      const page = await world.open((await world.person()).url);
      // No Spanish Firefox is installed.
      await page.waitFor(world.name === 'chromium' ? ENVIAR : SEND);
    });
  },
  { connect: false, locale: 'es', prepare: withoutCore },
);

/** The extension with a background that opens the welcome page and never answers. */
async function withoutCore(built, folder) {
  const silent = `
    const api = globalThis.browser ?? chrome;
    api.runtime.onInstalled.addListener(() => api.tabs.create({ url: 'welcome.html' }));
    api.runtime.onMessage.addListener(() => true);`;
  await cp(built, folder, { recursive: true });
  await writeFile(join(folder, 'background.js'), silent);
  return folder;
}

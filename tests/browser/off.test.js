import { test } from 'node:test';
import { inEachBrowser } from './setup.js';

inEachBrowser(
  'WebAssembly switched off',
  (world) => {
    const WHY = /WebAssembly is turned off/;

    test('the button on a profile says that WebAssembly is off', async () => {
      const page = await world.open((await world.person()).url);
      await page.waitFor({ role: 'button', name: WHY });
      await world.screenshot(page, 'off-profile');
    });

    for (const path of ['popup.html', 'options.html']) {
      test(`${path} says that WebAssembly is off`, async () => {
        const page = await world.openOwn(path);
        await page.waitForText(WHY);
        await world.screenshot(page, `off-${path.split('.')[0]}`);
      });
    }
  },
  { connect: false, wasm: false },
);

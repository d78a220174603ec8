import { speak } from './translate.js';

try {
  const { default: init, spoken, welcome_page: run } = await import('./pages.js');
  const [language] = await Promise.all([speak(), init()]);
  spoken(...language);
  await run();
} catch {
  document.getElementById('off').hidden = false;
}

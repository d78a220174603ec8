import { speak } from './translate.js';

// Whoever presses Connect before the core is there has it pressed as soon as it is.
const form = document.getElementById('connect');
let isPressed = false;
const hold = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  isPressed = true;
};
form.addEventListener('submit', hold);

try {
  const { default: init, spoken, options_page: run } = await import('./pages.js');
  const [language] = await Promise.all([speak(), init()]);
  spoken(...language);
  await run();
  form.removeEventListener('submit', hold);
  if (isPressed) form.requestSubmit();
} catch {
  document.getElementById('off').hidden = false;
}

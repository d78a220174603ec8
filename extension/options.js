globalThis.browser ??= globalThis.chrome;

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
  const { default: init, options_page: run } = await import('./pages.js');
  await init();
  await run();
  form.removeEventListener('submit', hold);
  if (isPressed) form.requestSubmit();
} catch {
  document.getElementById('off').hidden = false;
}

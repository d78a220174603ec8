globalThis.browser ??= globalThis.chrome;

try {
  const { default: init, popup_page: run } = await import('./core.js');
  await init();
  await run();
} catch {
  document.getElementById('off').hidden = false;
}

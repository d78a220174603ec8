globalThis.browser ??= globalThis.chrome;

try {
  const { default: init, options_page: run } = await import('./core.js');
  await init();
  await run();
} catch {
  document.getElementById('off').hidden = false;
}

globalThis.browser ??= globalThis.chrome;

try {
  const { default: init, job_page: run } = await import('./pages.js');
  await init();
  await run();
} catch {
  document.getElementById('off').hidden = false;
}

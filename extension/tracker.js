/**
 * Rows of candidates on Jopwell, for the port: where each stands and what they applied to; and what only
 * the session of whoever looks may get, a profile or a file.
 */
globalThis.atsiTracker = (() => {
  const { tracker } = globalThis.atsiRecipe.rows;
  const MOST = 20_000_000;
  const get = (element, name) => Element.prototype.getAttribute.call(element, name);
  const one = (css, within) => Element.prototype.querySelector.call(within, css);
  const text = (element) => String(element.textContent).replace(/\s+/g, ' ').trim().slice(0, 400);
  const id = tracker.row.match(/\[([\w-]+)[^[]*$/)[1];
  // In Firefox this one speaks as the page does.
  const fetch = (url, options) => (globalThis.content ?? globalThis).fetch(url, options);

  function parts(element) {
    const row = element.closest(tracker.row);
    return row ? { row, control: one(tracker.control, row) } : {};
  }

  /** By `FileReader`, because messages are text. */
  const asDataUrl = (blob) =>
    new Promise((done) => {
      const reader = new FileReader();
      reader.onloadend = () => done(reader.result);
      reader.readAsDataURL(blob);
    });

  const named = (url) => decodeURIComponent(new URL(url).pathname.split('/').pop());

  return {
    /** Id, status, name, the job's page and title, and when; nothing for who is in no such row. */
    read(element) {
      const { row, control } = parts(element);
      if (!row) return;
      const job = one(tracker.job, row) ?? one(tracker.page_job, document.documentElement);
      if (!control && !job) return;
      const when = one(tracker.when, row);
      const at = when && (get(when, 'datetime') ?? text(when));
      return [get(row, id), control?.value ?? '', text(element), job?.href ?? null, job && text(job), at ?? ''];
    },
    /** Whether it was set; never what a person holds, or has changed. */
    async set(element, { from, to }) {
      const { control } = element ? parts(element) : {};
      if (control?.value !== from || control.matches(':focus')) return false;
      control.value = to;
      const { form } = control;
      const sent = { method: 'POST', body: new URLSearchParams(new FormData(form)) };
      const { ok } = await fetch(get(form, 'action'), sent).catch(() => ({}));
      if (!ok) control.value = from;
      return ok;
    },
    /** Somebody's profile as a document; nothing where it is none. */
    async profile(url) {
      try {
        const response = await fetch(url, { mode: 'same-origin' });
        return response.ok ? new DOMParser().parseFromString(await response.text(), 'text/html') : undefined;
      } catch {
        return undefined;
      }
    },
    /** A file as a data URL, or a word for why there is none. */
    async file(url) {
      try {
        const response = await fetch(url, { mode: 'same-origin' });
        const { size } = response.ok ? await response.clone().blob() : {};
        if (!response.ok) return { problem: `status ${response.status}` };
        if (response.headers.get('content-type')?.startsWith('text/html')) return { problem: 'login' };
        if (!size) return { problem: 'empty' };
        if (size > MOST) return { problem: 'large' };
        return { file: await asDataUrl(await response.blob()), name: named(url) };
      } catch {
        return { problem: '' };
      }
    },
  };
})();

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
  const page = globalThis.content ?? globalThis;
  const fetch = (url, options) => page.fetch(url, options);

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

  const asDocument = async (response) => new DOMParser().parseFromString(await response.text(), 'text/html');
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
      let isSet = false;
      try {
        const response = await fetch(get(form, 'action'), sent);
        // Who is logged out is led to the log-in page, which comes as if all were well.
        isSet = response.ok && !(await asDocument(response)).querySelector('[type=password]');
      } catch {
        // Nothing came of it.
      }
      if (!isSet) control.value = from;
      return isSet;
    },
    /** Somebody's profile as a document; nothing where it is none. */
    async profile(url) {
      try {
        const response = await fetch(url, { mode: 'same-origin' });
        return response.ok ? await asDocument(response) : undefined;
      } catch {
        return undefined;
      }
    },
    /** A file as a data URL, or a word for why there is none. */
    async file(url) {
      try {
        const abort = new page.AbortController();
        // What comes without an end, or too slowly, ends here.
        setTimeout(() => abort.abort(), 20_000);
        const response = await fetch(url, { mode: 'same-origin', signal: abort.signal });
        const { ok, status, headers } = response;
        if (!ok) return { problem: `status ${status}` };
        if (headers.get('content-type')?.startsWith('text/html')) return { problem: 'login' };
        const said = Number(headers.get('content-length'));
        if (said > MOST) {
          abort.abort();
          return { problem: 'large' };
        }
        const file = await response.blob();
        if (!file.size) return { problem: 'empty' };
        if (file.size > MOST) return { problem: 'large' };
        return { file: await asDataUrl(file), name: named(url) };
      } catch {
        return { problem: '' };
      }
    },
  };
})();

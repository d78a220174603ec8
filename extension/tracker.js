/**
 * Rows of candidates on Jopwell, for the port: each candidate's status and application; and profiles and
 * files, which only the session of the person who is logged in can get.
 */
globalThis.atsiTracker = (() => {
  const { tracker } = globalThis.atsiRecipe.rows;
  const MOST_BYTES = 20_000_000;
  const get = (element, name) => Element.prototype.getAttribute.call(element, name);
  const one = (css, within) => Element.prototype.querySelector.call(within, css);
  const text = (element) => String(element.textContent).replace(/\s+/g, ' ').trim().slice(0, 400);
  const id = tracker.row.match(/\[([\w-]+)[^[]*$/)[1];
  // In Firefox, only the page's own `fetch` sends the request as the page would.
  const page = globalThis.content ?? globalThis;
  const fetch = (url, options) => page.fetch(url, options);

  function parts(element) {
    const row = element.closest(tracker.row);
    return row ? { row, control: one(tracker.control, row) } : {};
  }

  /** Messages are text. */
  const asDataUrl = (blob) =>
    new Promise((done) => {
      const reader = new FileReader();
      reader.onloadend = () => done(reader.result);
      reader.readAsDataURL(blob);
    });

  const asDocument = async (response) => new DOMParser().parseFromString(await response.text(), 'text/html');
  const fileName = (url) => decodeURIComponent(new URL(url).pathname.split('/').pop());

  /** Fetches a candidate's profile as a document; nothing on failure. */
  async function fetchProfile(url) {
    try {
      const response = await fetch(url, { mode: 'same-origin' });
      return response.ok ? await asDocument(response) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Fetches a file as a data URL, or says in a word why it could not. */
  async function fetchFile(url) {
    try {
      const abort = new page.AbortController();
      // An endless or very slow answer ends here.
      setTimeout(() => abort.abort(), 20_000);
      const response = await fetch(url, { mode: 'same-origin', signal: abort.signal });
      const { ok, status, headers } = response;
      if (!ok) return { problem: `status ${status}` };
      if (headers.get('content-type')?.startsWith('text/html')) return { problem: 'login' };
      if (Number(headers.get('content-length')) > MOST_BYTES) {
        abort.abort();
        return { problem: 'large' };
      }
      const file = await response.blob();
      if (!file.size) return { problem: 'empty' };
      if (file.size > MOST_BYTES) return { problem: 'large' };
      return { file: await asDataUrl(file), name: fileName(url) };
    } catch {
      return { problem: '' };
    }
  }

  return {
    /** Id, status, name, the job's page and title, and when they applied; nothing outside of such a row. */
    read(element) {
      const { row, control } = parts(element);
      if (!row) return;
      const job = one(tracker.job, row) ?? one(tracker.page_job, document.documentElement);
      if (!control && !job) return;
      const when = one(tracker.when, row);
      const at = when && (get(when, 'datetime') ?? text(when));
      return [get(row, id), control?.value ?? '', text(element), job?.href ?? null, job && text(job), at ?? ''];
    },
    /** Sets a status, unless a person is at the control or changed it. Returns whether it was set. */
    async set(element, { from, to }) {
      const { control } = element ? parts(element) : {};
      if (control?.value !== from || control.matches(':focus')) return false;
      control.value = to;
      const { form } = control;
      const sent = { method: 'POST', body: new URLSearchParams(new FormData(form)) };
      let isSet = false;
      try {
        const response = await fetch(get(form, 'action'), sent);
        // A session that ended is redirected to the log-in page, with status 200.
        isSet = response.ok && !(await asDocument(response)).querySelector('[type=password]');
      } catch {
        // Not set.
      }
      if (!isSet) control.value = from;
      return isSet;
    },
    /** Fetches what the core asked for, a profile or a file. Returns the message that answers. */
    async fetched({ resume, profile }, read) {
      if (resume) return { ask: 'file', key: resume.key, name: '', ...(await fetchFile(resume.url)) };
      if (!profile) return undefined;
      const found = profile === location.href ? document : await fetchProfile(profile);
      const seen = found ? read(found, profile) : { url: profile };
      return { ask: 'found', action: '', key: crypto.randomUUID(), seen };
    },
  };
})();

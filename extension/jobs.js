/**
 * Jobs on Jopwell, for the port: does once what the core asks for, and returns the outcome as an action. The
 * person saves the page's own form; what the company wants saved automatically is sent without that form.
 */
globalThis.atsiJob = async ({ copy, fill, save }) => {
  const { job: css } = globalThis.atsiRecipe;
  if (save) return `job-saved:${save.id}=${await saved(save)}`;
  if (copy) {
    const done = await navigator.clipboard.writeText(copy).then(() => true, () => false);
    return `job-copied:${done}`;
  }
  let done = false;
  for (const [field, value] of fill) {
    const element = Document.prototype.querySelector.call(document, css[field]);
    if (!element) continue;
    // A script of the page may keep the field's value; the events inform it.
    element['value' in element ? 'value' : 'textContent'] = value;
    for (const type of ['input', 'change']) element.dispatchEvent(new Event(type, { bubbles: true }));
    done ||= field === 'description';
  }
  return `job-filled:${done}`;

  /** Saves one field through a form that is fetched. Returns a word for the problem, or the previous value. */
  async function saved({ edit, field, was, to }) {
    // In Firefox, only the page's own `fetch` sends the request as the page would.
    const page = globalThis.content ?? globalThis;
    const options = { mode: 'same-origin', signal: page.AbortSignal.timeout(20_000) };
    const find = async () => {
      const form = new DOMParser().parseFromString(await (await page.fetch(edit, options)).text(), 'text/html');
      if (form.querySelector('[type=password]')) throw 'login';
      return form.querySelector(css[field]);
    };
    const plain = (text) => text.replace(/[^\p{L}\p{N}]+/gu, '');
    // The recipe's words for open and closed are in lower case.
    const holds = (element, words) => {
      const { value, text = value } = element.selectedOptions?.[0] ?? element;
      return [value, text.toLowerCase()].some((one) => words.map(plain).includes(plain(one)));
    };
    try {
      const element = await find();
      if (!element) throw 'form';
      if (!holds(element, was)) throw 'changed';
      const { value, form } = element;
      element.value = [...(element.options ?? [])].find((one) => holds(one, to))?.value ?? to[0];
      // The form has no such choice.
      if (!holds(element, to)) throw 'form';
      const action = new URL(form.getAttribute('action') ?? '', edit).href;
      const data = new FormData(form);
      // Files need multipart; some servers read only the other encoding.
      const body = form.enctype[0] === 'm' ? data : new URLSearchParams(data);
      await page.fetch(action, { ...options, method: 'POST', body });
      // Only the form, read again, shows for certain whether it was saved.
      if (!holds(await find(), to)) throw 'refused';
      return `=${value}`;
    } catch (problem) {
      return `${problem.at ? problem : 'away'}=`;
    }
  }
};

/**
 * Jobs on Jopwell, for the port: does once what the core asks for, and tells how it went. What fills the
 * page's own form is the person's to save; what the company wants saved by itself goes past it.
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
    // Past a script of the page that keeps the field's value; the events tell it.
    element['value' in element ? 'value' : 'textContent'] = value;
    for (const type of ['input', 'change']) element.dispatchEvent(new Event(type, { bubbles: true }));
    done ||= field === 'description';
  }
  return `job-filled:${done}`;

  /** Sets one field in a form of its own: a word for why it is not saved, or what the field held before. */
  async function saved({ edit, field, was, to }) {
    // In Firefox this one speaks as the page does.
    const page = globalThis.content ?? globalThis;
    const options = { mode: 'same-origin', signal: page.AbortSignal.timeout(20_000) };
    const find = async () => {
      const form = new DOMParser().parseFromString(await (await page.fetch(edit, options)).text(), 'text/html');
      if (form.querySelector('[type=password]')) throw 'login';
      return form.querySelector(css[field]);
    };
    const plain = (text) => text.replace(/[^\p{L}\p{N}]+/gu, '');
    // The words for open and closed are in lower case.
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
      // No such choice.
      if (!holds(element, to)) throw 'form';
      const action = new URL(form.getAttribute('action') ?? '', edit).href;
      const data = new FormData(form);
      // A file is none in the other encoding, which some servers alone can read.
      const body = form.enctype[0] === 'm' ? data : new URLSearchParams(data);
      await page.fetch(action, { ...options, method: 'POST', body });
      // Only the form, read anew, tells for certain.
      if (!holds(await find(), to)) throw 'refused';
      return `=${value}`;
    } catch (problem) {
      return `${problem.at ? problem : 'away'}=`;
    }
  }
};

/**
 * Jobs on Jopwell, for the port: does once what the core asks for, and tells how it went. Nothing is
 * saved: that is the person's to do.
 */
globalThis.atsiJob = async ({ copy, fill }) => {
  const { job: css } = globalThis.atsiRecipe;
  if (copy) {
    const done = await navigator.clipboard.writeText(copy).then(() => true, () => false);
    return `job-copied:${done}`;
  }
  let done = false;
  for (const [field, value] of fill) {
    const element = Document.prototype.querySelector.call(document, css[field]);
    if (!element) continue;
    // A script that keeps the field's value hears of one that was set past it.
    const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), 'value');
    if (own) own.set.call(element, value);
    else element.textContent = value;
    for (const type of ['input', 'change']) element.dispatchEvent(new Event(type, { bubbles: true }));
    done ||= field === 'description';
  }
  return `job-filled:${done}`;
};

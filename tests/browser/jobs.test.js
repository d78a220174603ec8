import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, button, eventually, inEachBrowser, SEND, status } from './setup.js';

const link = (name) => ({ role: 'link', name });
const PANEL = { role: 'heading', name: 'This job in Greenhouse' };
const NEWS = status('Description changed in Greenhouse');
const OPEN = status('Open in Greenhouse');
const REFUSED = /needs access to the job and a role above Basic/;
const CLOSED = status('Closed in Greenhouse');

inEachBrowser('jobs on Jopwell follow those in Greenhouse', (world) => {
  const control = (job, name, body = {}) =>
    world.sandbox.control('POST', `greenhouse/jobs/${job.id}/${name}`, body);

  /** Greenhouse's web hooks for everything lead to the proxy. */
  async function hooks() {
    const made = await fetch(`${world.proxy.url}/v1/hooks/secret`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: `chrome-extension://${'a'.repeat(32)}` },
      body: '{}',
    });
    const { url, secret } = await made.json();
    await world.sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);
  }

  const inGreenhouse = async (start) => {
    const { jobs } = await world.sandbox.control('GET', 'state');
    return jobs.find(({ name }) => name.startsWith(start));
  };
  const address = (id, more = '') => `https://www.jopwell.com/jobs/${id}${more}`;

  /** A job's page, linked to the job in Greenhouse whose name begins so. */
  async function linked(id, start) {
    await hooks();
    const job = await inGreenhouse(start);
    const page = await world.open(address(id));
    await page.click(button(`Link to ${job.name}`));
    await page.waitFor(OPEN);
    return { job, page };
  }

  const ranNothing = async (page) =>
    assert.equal(await page.evaluate(() => document.documentElement.dataset.ran), undefined);

  test('a job linked by proposal shows its rename and closing on the open page', async () => {
    await hooks();
    const job = await inGreenhouse('Software Engineer');
    const page = await world.open(address(310));
    await page.waitFor(PANEL);
    await page.waitFor(status('Not linked to a job in Greenhouse yet'));
    await page.waitFor(button(`Link to ${job.name}`));
    await world.screenshot(page, 'job-proposed');
    await page.click(button(`Link to ${job.name}`));
    await page.waitFor(OPEN);
    assert.equal((await page.all(SEND)).length, 0);

    await page.evaluate(() => (globalThis.sameDocument = true));
    await control(job, 'update', { name: 'Engineer for scales (2027)' });
    await page.waitForText('Engineer for scales (2027)');
    await control(job, 'close');
    await page.waitFor(CLOSED);
    await page.waitForText('close it there');
    await page.waitFor(link('Edit the job on Jopwell'));
    await page.waitForNone(button('Copy tracking link'));
    assert.equal(await page.evaluate(() => globalThis.sameDocument), true);
    await world.screenshot(page, 'job-closed');
    await control(job, 'open');
    await page.waitFor(OPEN);

    // Another page, another day: nobody is asked again.
    const again = await world.open(address(310));
    await again.waitFor(OPEN);
    assert.equal((await again.all(button(/^Link to /))).length, 0);
  });

  test('a job is found by a word, linked, relinked and unlinked', async () => {
    const { page } = await linked(312, 'Financial Analyst');
    const other = await inGreenhouse('Head of Metrology');
    await page.click(button('Link another job'));
    await page.fill({ role: 'textbox', name: /^Find a job/ }, 'no such words');
    await page.click(button('Find jobs'));
    await page.waitFor(status(/^No open job/));
    await page.fill({ role: 'textbox', name: /^Find a job/ }, 'metrology');
    await page.click(button('Find jobs'));
    await page.click(button(`Link to ${other.name}`));
    await page.waitForText(other.name);
    await page.waitForNone(button(/^Link to /));
    await page.click(button('Unlink'));
    await page.waitFor(status(/^Not linked/));
  });

  test('a changed description with hostile HTML is compared and filled into the form', async () => {
    const { job, page } = await linked(311, 'Product Designer');
    const hostile =
      '<p onclick="document.documentElement.dataset.ran=1">' +
      'Hartwell makes kitchen scales that never lie. As Product Designer you work with people who measure twice and listen once more.</p>' +
      '<script>document.documentElement.dataset.ran=1</script><img src=x onerror="document.documentElement.dataset.ran=1">' +
      '<p>25 days off, a learning budget, and mentors who have the time.</p><ul><li>Own work from the first question</li><li>A &lt;b&gt; is a tag</li></ul></table></main><style>*{display:none}</style>';
    await control(job, 'post_update', { content: hostile });
    await page.waitFor(NEWS);
    await world.screenshot(page, 'job-description-news');
    const edit = encodeURIComponent(`${page.url()}/edit`).replaceAll('.', '%2E');
    const path = `job.html?job=%2Fjobs%2F311&edit=${edit}`;
    await page.click(button('Show difference'));
    await world.browser.takeTab(world.browser.extensionUrl(path));
    const own = await world.openOwn(path);
    await own.waitForText('Description of Product Designer');
    await own.waitForText('never lie');
    const marked = await own.evaluate(() =>
      ['del', 'ins'].map((tag) => [...document.querySelectorAll(`#rows ${tag}`)].map((one) => one.textContent)),
    );
    assert.ok(marked[0].includes('only on Jopwell: tell the truth.'), String(marked[0]));
    assert.ok(marked[1].includes('only in Greenhouse: never lie.'), String(marked[1]));
    assert.ok(marked[1].includes('only in Greenhouse: • A <b> is a tag'), String(marked[1]));
    await own.waitFor(link('Update on Jopwell'));
    await ranNothing(own);
    assert.equal(await own.evaluate(() => document.querySelectorAll('#rows :is(img, script, style)').length), 0);
    await world.screenshot(own, 'job-difference');

    const form = await world.open(address(311, '/edit'));
    // As libraries do that keep a field's value: what they have set themselves is no news to them.
    await form.evaluate(() => {
      const field = document.querySelector('[name=description]');
      const { get, set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value');
      let kept = field.value;
      Object.defineProperty(field, 'value', { get, set: (value) => set.call(field, (kept = value)) });
      field.addEventListener('input', () => {
        field.dataset.news = kept !== field.value;
      });
    });
    await form.click(button('Fill in from Greenhouse'));
    await form.waitFor(status(/^Filled in from Greenhouse/));
    const description = () => form.evaluate(() => document.querySelector('[name=description]').value);
    assert.equal(await form.evaluate(() => document.querySelector('[name=description]').dataset.news), 'true');
    assert.equal(
      await description(),
      'Hartwell makes kitchen scales that never lie. As Product Designer you work with people who measure twice ' +
        'and listen once more.\n\n25 days off, a learning budget, and mentors who have the time.\n\n• Own work from the first question\n• A <b> is a tag',
    );
    await world.screenshot(form, 'job-form');
    // Nothing is saved but by the person.
    const before = await world.open(address(311));
    await before.waitFor(NEWS);
    await form.click(button('Save'));
    await eventually('the saved job', async () => form.url() === page.url() || undefined);
    await form.waitFor(OPEN);
    await form.waitForNone(NEWS);
    await form.waitForText('never lie');
    await page.waitForNone(NEWS);
    await own.waitForText('Both descriptions are the same');
    await ranNothing(form);
  });

  test('a kept text is not reported until Greenhouse’s changes again', async () => {
    const { job, page } = await linked(313, 'Customer Care Lead');
    await control(job, 'post_update', { content: '<p>Answer kindly.</p>' });
    await page.waitFor(NEWS);
    const own = await world.openOwn('job.html?job=%2Fjobs%2F313');
    await own.click(button('Keep Jopwell’s text'));
    await own.waitForText('You kept Jopwell’s text');
    await page.waitForNone(NEWS);
    await control(job, 'post_update', { content: '<p>Answer kindly, and soon.</p>' });
    await page.waitFor(NEWS);
    await own.waitForText('Answer kindly, and soon.');
  });

  test('the tracking link is copied by a click, and a refusal is explained', async () => {
    await hooks();
    const name = 'Data Science Intern (Summer)';
    await world.sandbox.control('POST', 'greenhouse/jobs', { name });
    await eventually('the new job', async () => {
      const known = await fetch(`${world.proxy.url}/v1/jobs`);
      return (await known.text()).includes(name) || undefined;
    });
    const page = await world.open(address(314));
    await page.click(button(`Link to ${name}`));
    await world.faults({ endpoint: 'tracking_link', kind: 'forbidden' });
    await page.click(button('Copy tracking link'));
    await page.waitFor(status(REFUSED));
    await world.screenshot(page, 'job-tracking-link-refused');
    await page.click(button('Copy tracking link'));
    await page.waitFor(status(/^Tracking link copied/));
    await world.screenshot(page, 'job-tracking-link');
    // Pasted into a form of the site's, which is not saved.
    const form = await world.open(address(310, '/edit'));
    await form.click({ role: 'textbox', name: 'Location' });
    await form.press('Control+a');
    await form.press('Control+v');
    const pasted = () => form.evaluate(() => document.querySelector('[name=location]').value);
    assert.match(await eventually('the pasted link', async () => (/^http/.test(await pasted()) ? pasted() : undefined)), /^https?:\/\/\S+$/);
  });

  test('a job board token is checked when saved, and changes on the board are shown without webhooks', async () => {
    const { job, page } = await linked(312, 'Financial Analyst');
    await world.sandbox.control('PUT', 'webhooks', []);
    await control(job, 'post_update', { content: '<p onclick="document.documentElement.dataset.ran = 1">By the board</p>' });

    const options = await world.openOwn('options.html');
    const token = { role: 'textbox', name: 'Job board token' };
    await options.fill(token, 'nobody');
    await options.click(button('Save job board'));
    await options.waitForText(/Greenhouse knows no job board with this token/);
    await options.fill(token, 'hartwell');
    await options.click(button('Save job board'));
    await options.waitFor(status(/^Saved: ATSi reads this job board/));
    await accessible(options);
    await world.screenshot(options, 'options-job-board');
    await page.waitFor(NEWS);
    await ranNothing(page);

    // A job that leaves the board is not closed by that.
    await control(job, 'post_hidden');
    await options.click(button('Save job board'));
    await page.waitFor(status('No longer on your job board'));
    await page.waitFor(OPEN);
    await world.screenshot(page, 'job-left-board');

    await options.reload();
    await options.waitFor({ ...token, value: 'hartwell' });
    await options.fill(token, '');
    await options.click(button('Save job board'));
    await options.waitFor(status('Saved: ATSi reads no job board'));
    await page.waitForNone(status('No longer on your job board'));
  });

  test('lists, profiles and searches show no job panel, and jobs show no send button', async () => {
    const person = await world.person();
    for (const url of ['https://www.jopwell.com/jobs', person.url, 'https://www.jopwell.com/search']) {
      const page = await world.open(url);
      if (url === person.url) await page.waitFor(SEND);
      await world.settled();
      assert.equal((await page.all(PANEL)).length, 0, url);
    }
    const page = await world.open(address(310));
    await page.waitFor(PANEL);
    assert.equal((await page.all(SEND)).length, 0);
  });
});

inEachBrowser('jobs on Jopwell are saved by themselves where the company chose so', (world) => {
  const UNDO = button('Undo');
  const SAVED = status('Description saved by ATSi');
  const CLOSED_THERE = status('Closed on Jopwell by ATSi');
  const origin = `chrome-extension://${'a'.repeat(32)}`;
  const address = (id, more = '') => `https://www.jopwell.com/jobs/${id}${more}`;
  const control = (job, name, body = {}) => world.sandbox.control('POST', `greenhouse/jobs/${job.id}/${name}`, body);
  const switches = (changes) => world.sandbox.control('PUT', 'switches', changes);

  const choose = (descriptions, closing) =>
    fetch(`${world.proxy.url}/v1/job-saving`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ descriptions, closing }),
    });

  /** The job as Jopwell has it. */
  const onJopwell = async (id) => (await world.sandbox.control('GET', 'jopwell/jobs')).find((job) => job.id === id);
  const until = (id, what, wanted) =>
    eventually(`${what}: ${wanted}`, async () => {
      const job = await onJopwell(id);
      return String(job[what]) === String(wanted) ? job : undefined;
    });

  /** A job's page, linked to the job in Greenhouse whose name begins so. */
  async function linked(id, start) {
    const made = await fetch(`${world.proxy.url}/v1/hooks/secret`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: '{}',
    });
    const { url, secret } = await made.json();
    await world.sandbox.control('PUT', 'webhooks', [{ action: '*', url, secret }]);
    const { jobs } = await world.sandbox.control('GET', 'state');
    const job = jobs.find(({ name }) => name.startsWith(start));
    const page = await world.open(address(id));
    await page.fill({ role: 'textbox', name: /^Find a job/ }, start);
    await page.click(button('Find jobs'));
    await page.click(button(`Link to ${job.name}`));
    await page.waitFor(OPEN);
    return { job, page };
  }

  /** The same, with a published description that says in Greenhouse what it says on Jopwell. */
  async function inStep(id, start) {
    const { job, page } = await linked(id, start);
    const { paragraphs } = await onJopwell(id);
    await control(job, 'post_live');
    await control(job, 'post_update', { content: paragraphs.map((text) => `<p>${text}</p>`).join('') });
    await eventually('both in step', async () => {
      const kept = await fetch(`${world.proxy.url}/v1/company/export`, { headers: { origin } });
      const { jopwell_description } = await kept.json();
      return jopwell_description.find((one) => one.jopwell_id === `/jobs/${id}`)?.agreed ?? undefined;
    });
    return { job, page, paragraphs };
  }

  test('an admin turns automatic saving on in the options, which say what candidates see', async () => {
    await choose(false, false);
    const page = await world.openOwn('options.html');
    for (const name of ['Save descriptions', 'Close jobs']) {
      await page.waitFor({ role: 'checkbox', name, checked: false });
      await page.click({ role: 'checkbox', name });
    }
    await page.waitForText('Candidates see both right away.');
    await page.click(button('Save job settings'));
    await page.waitFor(status('Saved for your company'));
    await accessible(page);
    await world.screenshot(page, 'options-job-saving');
    await page.reload();
    for (const name of ['Save descriptions', 'Close jobs']) await page.waitFor({ role: 'checkbox', name, checked: true });
  });

  test('a changed description is saved once while two colleagues look, and can be undone', async () => {
    await choose(true, false);
    const { job, page, paragraphs } = await inStep(311, 'Product Designer');
    const before = await onJopwell(311);
    const other = await world.colleague();
    const theirs = await world.open(address(311), other);
    await theirs.waitFor(OPEN);

    await control(job, 'post_update', {
      content: '<p>You draw scales that never lie &amp; never tire.</p><script>x()</script><ul><li>A &lt;b&gt; is a tag</li></ul>',
    });
    const saved = await until(311, 'saves', 1);
    assert.deepEqual(saved, {
      ...before,
      paragraphs: ['You draw scales that never lie & never tire.', '• A <b> is a tag'],
      saves: 1,
    });
    for (const one of [page, theirs]) {
      await one.waitFor(SAVED);
      await one.waitForNone(NEWS);
      await one.waitForText('Reload it to see the current status');
    }
    await world.screenshot(page, 'job-saved');
    await theirs.reload();
    await theirs.waitFor(SAVED);
    await theirs.waitForText('never tire');
    assert.ok(!(await theirs.text()).includes('Reload it'));
    await world.settled();
    await world.settled(other);
    assert.equal((await onJopwell(311)).saves, 1);

    await theirs.click(UNDO);
    await until(311, 'paragraphs', paragraphs);
    for (const one of [page, theirs]) await one.waitFor(status('Jopwell’s earlier description restored'));
    await page.reload();
    await page.waitFor(status('Jopwell’s earlier description restored'));
    await page.waitForNone(NEWS);
    await world.screenshot(page, 'job-save-undone');
    await world.settled();
    assert.equal((await onJopwell(311)).saves, 2);
    await other.close();
  });

  test('a text changed manually is not overwritten, even when ATSi has not seen it', async () => {
    await choose(true, false);
    const { job, page } = await inStep(313, 'Customer Care Lead');
    await page.evaluate(() =>
      fetch('/jobs/313/edit', {
        method: 'POST',
        body: new URLSearchParams({ title: 'Customer Care Lead', location: 'Leeds', description: 'By hand', status: 'Open' }),
      }),
    );
    await until(313, 'saves', 1);
    await control(job, 'post_update', { content: '<p>Answer kindly.</p>' });
    await page.waitFor(status(/^Someone changed this on Jopwell/));
    await page.waitFor(NEWS);
    await page.waitFor(button('Show difference'));
    await world.screenshot(page, 'job-changed-by-hand');
    await page.reload();
    await page.waitFor(NEWS);
    await control(job, 'post_update', { content: '<p>Answer kindly, and soon.</p>' });
    await world.settled();
    assert.deepEqual((await onJopwell(313)).paragraphs, ['By hand']);
  });

  test('a job closed in Greenhouse is closed on Jopwell, can be reopened by a click, and stays open', async () => {
    await choose(false, true);
    // Its form is sent with a file, or with none.
    await switches({ jobs_have_pictures: true });
    const { job, page } = await linked(312, 'Financial Analyst');
    const before = await onJopwell(312);
    await control(job, 'close');
    assert.deepEqual(await until(312, 'status', 'Closed'), { ...before, status: 'Closed', saves: 1 });
    await page.waitFor(CLOSED);
    await page.waitFor(CLOSED_THERE);
    await page.waitForText('Reload it to see the current status');
    await world.screenshot(page, 'job-closed-by-itself');
    await page.reload();
    await page.waitFor(CLOSED_THERE);
    assert.ok(!(await page.text()).includes('close it there'));
    await page.click(UNDO);
    await until(312, 'status', 'Open');
    await page.waitFor(status('Reopened on Jopwell'));
    await page.reload();
    await page.waitFor(status('Reopened on Jopwell'));
    await page.waitForText('close it there');
    await world.settled();
    assert.deepEqual(await onJopwell(312), { ...before, saves: 2 });

    // Another closing is another.
    await control(job, 'open');
    await page.waitFor(OPEN);
    await control(job, 'close');
    await until(312, 'status', 'Closed');
    await switches({ jobs_have_pictures: false });
  });

  test('a save that Jopwell refuses, or that needs a login, is explained', async () => {
    await choose(false, true);
    for (const [id, start, change, says] of [
      [310, 'Software Engineer', { job_saves_refused: true }, /^Jopwell didn’t accept what ATSi saved/],
      [314, 'Head of Metrology', { jobs_need_login: true }, /^Jopwell asked for a login/],
    ]) {
      await switches(change);
      const { job, page } = await linked(id, start);
      await control(job, 'close');
      await page.waitFor(status(says));
      await page.waitForText('close it there');
      await page.waitFor(link('Edit the job on Jopwell'));
      await world.screenshot(page, `job-not-saved-${id}`);
      const { status: stands, saves } = await onJopwell(id);
      assert.deepEqual([stands, saves], ['Open', 0]);
      await switches({ job_saves_refused: false, jobs_need_login: false });
    }
  });
});

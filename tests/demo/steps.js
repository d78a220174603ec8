/** Steps that the demo and the measurements have in common. */

/** A key that Greenhouse's stand-in makes for us, and a user it may act for. */
export async function credentials(sandbox) {
  const { key } = await sandbox.control('POST', 'greenhouse/keys', {
    key_type: 'candidate_ingestion',
    partner: 'Jopwell',
  });
  const { users } = await sandbox.control('GET', 'state');
  const serviceUser = users.find(
    ({ role, disabled, manages_unattached_prospects: mayAddProspects }) =>
      role === 'site_admin' && !disabled && mayAddProspects,
  );
  return { key, email: serviceUser.email };
}

/** Types the connection on the options page; the caller presses *Connect*. */
export async function fillOptions(options, proxy, { key, email }) {
  await options.fill({ role: 'textbox', name: 'Proxy address' }, proxy.url);
  await options.fill({ role: 'textbox', name: 'Greenhouse API key' }, key);
  await options.fill({ role: 'textbox', name: 'Service user e-mail' }, email);
}

export async function pressConnect(options) {
  await options.click({ role: 'button', name: 'Connect' });
  await options.waitFor({ role: 'status', name: /^Connected/ });
}

/** The way to a connected extension, as a person goes it. */
export async function connect(browser, sandbox, proxy) {
  const options = await browser.openExtensionPage('options.html');
  await fillOptions(options, proxy, await credentials(sandbox));
  await pressConnect(options);
  await options.close();
}

/** Presses *Send to ATS* on the profile that is open, and waits until the person is in Greenhouse. */
export async function send(profile) {
  await profile.click({ role: 'button', name: 'Send to ATS' });
  await profile.waitFor({ role: 'status', name: /^In Greenhouse/ });
}

/** The candidate of Jopwell as Greenhouse's stand-in holds them. */
export async function inGreenhouse(sandbox, name) {
  const { candidates } = await sandbox.control('GET', 'state');
  return candidates.find(
    (candidate) => candidate.source === 'Jopwell' && `${candidate.first_name} ${candidate.last_name}` === name,
  );
}

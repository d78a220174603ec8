//! Who is signed in. What one company's people sent is never sent or shown for another.

use super::effect::{Effect, save_settings};
use super::{connection, live};
use crate::message::{SessionRefusal, SignedInTo};
use crate::state::State;
use crate::state::applications::Applying;
use crate::state::record::Record;
use crate::state::settings::{Settings, proxy_address};
use atsi_protocol::Millis;

/// A person signed in or out, or a policy did.
///
/// # Errors
/// When sends of another company still wait, or the address is not a proxy's.
pub fn change(
    state: &mut State,
    now: Millis,
    SignedInTo { proxy, company }: SignedInTo,
    effects: &mut Vec<Effect>,
) -> Result<(), SessionRefusal> {
    let proxy = proxy_address(&proxy).map_err(SessionRefusal::ProxyAddress)?;
    let former = &state.settings.company;
    if let Some(former) = former
        && company.as_ref().is_some_and(|company| company != former)
    {
        // What the proxy holds until a person decides is safe there.
        let waits = |record: &Record| !record.is_final() && record.hold.is_none();
        if state.records.iter().any(waits) {
            return Err(SessionRefusal::SendsWait {
                company: former.clone(),
            });
        }
        for record in std::mem::take(&mut state.records) {
            effects.push(Effect::Forget { key: record.key });
        }
    }
    let company = company.or(former.clone());
    if proxy != state.settings.proxy || company != state.settings.company {
        state.settings = Settings {
            proxy,
            connection: None,
            company,
            after: None,
            notifications: None,
        };
        state.directory.clear();
        state.applying = Applying::default();
        state.tracker.clear();
        state.jobs.clear();
        save_settings(state, effects);
    }
    live::hang_up(state, effects);
    state.trouble = None;
    connection::ask_now(state, now, effects);
    effects.push(Effect::TellPages);
    Ok(())
}

/// The company's policy signed this device in.
pub fn enrolled(state: &mut State, now: Millis, session: SignedInTo, effects: &mut Vec<Effect>) {
    effects.push(Effect::ReadSession);
    if change(state, now, session, effects).is_err() {
        effects.push(Effect::ForgetSession);
    }
}

/// The proxy closed the live channel because the session has ended: its answer to the next question says
/// so, and what to do.
pub fn ended(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    live::hang_up(state, effects);
    connection::ask_now(state, now, effects);
}

#[cfg(test)]
mod tests;

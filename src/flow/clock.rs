//! A computer's clock that is set back.

use super::effect::Effect;
use super::{jobs, live, notifications, outbox};
use crate::state::State;
use crate::state::applications::Applying;
use atsi_protocol::Millis;

/// Clocks are corrected by less than this all the time, in ms.
const TOLERANCE: Millis = 60_000;

/// Notices when the clock was set back: due times lie in the future then, so everything is due now.
pub fn check(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    let before = std::mem::replace(&mut state.last_at, now);
    if now + TOLERANCE >= before {
        return;
    }
    outbox::resume(&mut state.records, now);
    state.directory.expire();
    state.tracker.clear();
    jobs::changed(state, None);
    state.applying = Applying::default();
    state.trouble = None;
    state.connection_asked_at = None;
    state.wake = None;
    state.look_for_news_at = 0;
    state.repeat_at = None;
    notifications::make_due(state, now);
    live::hang_up(state, effects);
    effects.push(Effect::TellPages);
}

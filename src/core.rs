//! One event: `flow` decides, then `view` shows. The only place that calls both.

use crate::flow::effect::Effect;
use crate::flow::event::Event;
use crate::flow::update;
use crate::state::State;
use crate::view;
use crate::view::reply::Reply;
use atsi_protocol::Millis;

/// What the edge does next, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Reply {
        to: u32,
        reply: Reply,
    },
    /// Show a notification of the browser.
    Notify {
        id: String,
        title: String,
        message: String,
    },
    /// Show this badge and title on the toolbar icon.
    Toolbar {
        badge: String,
        title: String,
    },
    Carry(Effect),
}

/// Applies an event to the state, and returns what the edge does about it.
pub fn handle(state: &mut State, now: Millis, event: Event) -> Vec<Step> {
    let effects = update(state, now, event);
    let shown = |effect| match effect {
        Effect::Answer { to, answer } => Step::Reply {
            to,
            reply: view::reply::render(state, now, answer),
        },
        Effect::Notify { id, news } => Step::Notify {
            id,
            title: view::notifications::title(&news),
            message: view::notifications::message(state, &news),
        },
        Effect::Toolbar { waiting } => {
            let (badge, title) = view::toolbar::icon(waiting);
            Step::Toolbar { badge, title }
        }
        effect => Step::Carry(effect),
    };
    effects.into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Ask;
    use crate::testing::{START, asked, connected, happen, started};

    #[test]
    fn another_language_is_spoken_on_every_page_at_once() {
        let mut state = started(connected());
        crate::language::speak("es", Some(r#"{"Recent sends": "Últimos envíos"}"#));
        let outcome = happen(&mut state, START, Event::Spoken);
        assert!(outcome.has(&Effect::TellPages));
        assert!(outcome.toolbar.is_some());
        let popup = |state: &mut State| {
            let outcome = happen(state, START, asked(Ask::Popup));
            format!("{:?}", outcome.reply)
        };
        assert!(popup(&mut state).contains("Últimos envíos"));
        crate::language::speak("en", None);
        assert!(popup(&mut state).contains("Recent sends"));
    }
}

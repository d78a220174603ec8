//! Which sender may ask what. A content script runs in a web page's process, so what it says is believed
//! only of its own page.

use crate::message::Ask;
use crate::page::address::Address;

#[derive(Clone, Debug)]
pub struct Sender {
    /// As the browser gives it, not as the message claims.
    pub origin: String,
    /// A page of the extension itself.
    pub is_own_page: bool,
}

/// Returns whether a message is answered.
#[must_use]
pub fn may_ask(sender: &Sender, ask: &Ask) -> bool {
    let seen = match ask {
        Ask::Look(look) => Some(&look.seen),
        Ask::Click(click) => click.seen.as_ref(),
        Ask::Found(found) => Some(&found.seen),
        // Only a page that was asked for the file knows the key.
        Ask::File(_) => return !sender.is_own_page,
        Ask::Popup | Ask::Session(_) | Ask::Notify(_) => None,
    };
    match seen {
        Some(seen) => {
            !sender.is_own_page
                && Address::parse(&seen.url).is_some_and(|url| url.origin == sender.origin)
        }
        None => sender.is_own_page,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;
    use crate::message::{Click, Look, SignedInTo};
    use crate::page::seen::Seen;
    use crate::state::notifications::Notifications;

    fn look(url: &str) -> Ask {
        Ask::Look(Look {
            seen: Seen {
                url: url.into(),
                ..Seen::default()
            },
            was: None,
        })
    }

    fn page(origin: &str) -> Sender {
        Sender {
            origin: origin.into(),
            is_own_page: false,
        }
    }

    #[test]
    fn page_speaks_for_itself_only() {
        assert!(may_ask(
            &page("https://www.jopwell.com"),
            &look("https://www.jopwell.com/talent/x")
        ));
        assert!(may_ask(
            &page("https://www.jopwell.com:8443"),
            &look("https://www.jopwell.com:8443/")
        ));
        assert!(!may_ask(
            &page("https://app.greenhouse.io"),
            &look("https://www.jopwell.com/talent/x")
        ));
    }

    #[test]
    fn connection_is_for_our_own_pages() {
        let own = Sender {
            origin: "chrome-extension://x".into(),
            is_own_page: true,
        };
        for ask in [
            Ask::Popup,
            Ask::Session(SignedInTo::default()),
            Ask::Notify(Notifications::default()),
        ] {
            assert!(!may_ask(&page("https://www.jopwell.com"), &ask));
            assert!(may_ask(&own, &ask));
        }
        let click = Ask::Click(Box::new(Click {
            action: Action::OpenOptions,
            value: None,
            key: String::new(),
            seen: None,
            was: None,
        }));
        assert!(!may_ask(&page("https://www.jopwell.com"), &click));
    }
}

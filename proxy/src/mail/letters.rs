//! The letters that the proxy writes.

use super::{Letter, Step};
use crate::language::{self, say};

/// `code`: six digits.
#[must_use]
pub fn sign_in_code(code: &str, proxy: &str) -> Letter {
    Letter::new(
        say!("Your ATSi code"),
        say!("You get this mail because somebody entered your address to sign in to ATSi at {proxy}.", proxy = proxy),
    )
    .paragraph(say!("Enter this code in ATSi to sign in:"))
    .code(spaced(code))
    .paragraph(say!("It is good for 10 minutes, once. If you did not ask for it, do nothing: without the code nobody gets in. Never tell it to anybody."))
}

/// `inviter`: a name; `domain`: the company's; `link`: where it is accepted.
#[must_use]
pub fn invitation(inviter: &str, domain: &str, link: &str) -> Letter {
    Letter::new(
        say!("{inviter} invites you to ATSi", inviter = inviter),
        say!("You get this mail because {inviter} of {domain} entered your address.", inviter = inviter, domain = domain),
    )
    .paragraph(say!("{inviter} invites you to join {domain} on ATSi, which sends candidates from Jopwell to Greenhouse with one click.", inviter = inviter, domain = domain))
    .link(say!("Accept the invitation"), link)
    .paragraph(say!("The link is good for 7 days, once, and for this address alone. Do not pass it on."))
}

/// How a key comes into being, in Greenhouse's own words, and what to check at each step. Source: Greenhouse
/// support, Candidate Ingestion. `app`: the origin of the company's Greenhouse.
pub fn steps(app: &str) -> [Step; 5] {
    // The one page on which the first three happen.
    let keys = || Some(format!("{app}/configure/dev_center/credentials"));
    [
        Step {
            says: say!(
                "In Greenhouse, open Configure, Dev Center, API Credential Management. Check that you see your company's keys; if you do not, this takes an admin of Greenhouse with more rights."
            ),
            page: keys(),
        },
        Step {
            says: say!(
                "Press Create New API Key. Type: Candidate Ingestion. Partner: Jopwell. Write a description, for example ATSi. Check type and partner once more, and press Create."
            ),
            page: keys(),
        },
        Step {
            says: say!(
                "Copy the key at once: Greenhouse shows it once. Check that you have it from its first character to its last."
            ),
            page: keys(),
        },
        Step {
            says: say!(
                "Choose the user as whom ATSi acts: an active user, best a service user of its own, Site Admin or Job Admin of the jobs concerned."
            ),
            page: None,
        },
        Step {
            says: say!(
                "Enter the key and that user's e-mail address on the page of the link, and press Check and connect."
            ),
            page: None,
        },
    ]
}

/// What the link to the page of a step is called.
pub fn open_page() -> &'static str {
    say!("Open this page in Greenhouse")
}

/// `from`: the asker's address, `note`: their words, or nothing; `app` as in [`steps`].
#[must_use]
pub fn connection_request(
    name: &str,
    from: &str,
    domain: &str,
    note: &str,
    link: &str,
    app: &str,
) -> Letter {
    let letter = Letter::new(
        say!("{name} asks you to connect Greenhouse", name = name),
        say!("You get this mail because {name} ({from}) of {domain} named you as an admin of Greenhouse.", name = name, from = from, domain = domain),
    )
    .paragraph(say!("{name} would like to send candidates from Jopwell to your company's Greenhouse with ATSi. That takes an API key, which only a Greenhouse admin can create. It takes about three minutes, and you need not install anything.", name = name));
    let letter = if note.is_empty() {
        letter
    } else {
        letter
            .paragraph(say!("{name} writes:", name = name))
            .quote(note)
    };
    letter
        .steps(steps(app).into())
        .link(say!("Connect Greenhouse"), link)
        .paragraph(say!("The link is good for 7 days, once. If you did not expect this, ask {name} before you open it; never send the key by mail.", name = name))
}

/// `problem`: what Greenhouse said, as a sentence for people.
#[must_use]
pub fn connection_broken(domain: &str, problem: &str, proxy: &str) -> Letter {
    Letter::new(
        say!("Greenhouse refuses ATSi's key"),
        say!("You get this mail because you are an admin of {domain} on ATSi at {proxy}.", domain = domain, proxy = proxy),
    )
    .paragraph(say!("The connection of {domain} to Greenhouse does not work any more:", domain = domain))
    .quote(language::translated(problem))
    .paragraph(say!("Candidates that your colleagues send wait and go out by themselves once it is repaired. Open the options of ATSi in your browser, and connect with a new key or another service user. This mail is sent once."))
}

/// `123456` as `123 456`.
fn spaced(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((first, rest)) => format!("{first} {rest}"),
        None => code.to_owned(),
    }
}

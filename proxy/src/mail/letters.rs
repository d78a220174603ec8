//! The letters that the proxy sends.

use super::{Letter, Step};
use crate::language::{self, say};

/// `code`: six digits.
#[must_use]
pub fn sign_in_code(code: &str, proxy: &str) -> Letter {
    Letter::new(
        say!("Your ATSi code"),
        say!("You received this e-mail because somebody entered your address to sign in to ATSi at {proxy}.", proxy = proxy),
    )
    .paragraph(say!("Enter this code in ATSi to sign in:"))
    .code(spaced(code))
    .paragraph(say!("This code works once, for 10 minutes. If you did not request it, ignore this e-mail: nobody can sign in without the code. Do not share it with anybody."))
}

/// `inviter`: a name; `domain`: the company's; `link`: where it is accepted.
#[must_use]
pub fn invitation(inviter: &str, domain: &str, link: &str) -> Letter {
    Letter::new(
        say!("{inviter} invites you to ATSi", inviter = inviter),
        say!("You received this e-mail because {inviter} of {domain} entered your address.", inviter = inviter, domain = domain),
    )
    .paragraph(say!("{inviter} invites you to join {domain} on ATSi, which sends candidates from Jopwell to Greenhouse with one click.", inviter = inviter, domain = domain))
    .link(say!("Accept the invitation"), link)
    .paragraph(say!("This link works once, for 7 days, for your address only. Do not forward it."))
}

/// Returns the steps to create a key, in Greenhouse's own words, and what to check at each. Source:
/// Greenhouse support, Candidate Ingestion. `app`: the origin of the company's Greenhouse.
pub fn steps(app: &str) -> [Step; 5] {
    // The first three steps are on the same page.
    let keys = || Some(format!("{app}/configure/dev_center/credentials"));
    [
        Step {
            text: say!(
                "In Greenhouse, open Configure, Dev Center, API Credential Management. Check that you see your company's keys. If you do not, ask a Greenhouse admin with more permissions."
            ),
            page: keys(),
        },
        Step {
            text: say!(
                "Click Create New API Key. Type: Candidate Ingestion. Partner: Jopwell. Enter a description, for example ATSi. Check type and partner again, and click Create."
            ),
            page: keys(),
        },
        Step {
            text: say!(
                "Copy the key now: Greenhouse shows it only once. Check that you copied it from the first character to the last."
            ),
            page: keys(),
        },
        Step {
            text: say!(
                "Choose the user ATSi acts as: an active user, ideally a dedicated service user, who is Site Admin or Job Admin of the jobs concerned."
            ),
            page: None,
        },
        Step {
            text: say!(
                "Enter the key and the e-mail address of that user in the form of this link, and click Check and connect."
            ),
            page: None,
        },
    ]
}

/// `from`: the address of the person who asks; `note`: their words, or nothing; `app` as in [`steps`].
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
        say!("You received this e-mail because {name} ({from}) of {domain} named you as a Greenhouse admin.", name = name, from = from, domain = domain),
    )
    .paragraph(say!("{name} would like to send candidates from Jopwell to your company's Greenhouse with ATSi. This needs an API key, which only a Greenhouse admin can create. It takes about three minutes, and you do not have to install anything.", name = name));
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
        .paragraph(say!("This link works once, for 7 days. If you did not expect it, ask {name} before you open it, and never send the key by e-mail.", name = name))
}

/// `problem`: what is wrong, as a sentence.
#[must_use]
pub fn connection_broken(domain: &str, problem: &str, proxy: &str) -> Letter {
    Letter::new(
        say!("Greenhouse no longer accepts the key of ATSi"),
        say!("You received this e-mail because you are an admin of {domain} on ATSi at {proxy}.", domain = domain, proxy = proxy),
    )
    .paragraph(say!("The connection of {domain} to Greenhouse no longer works:", domain = domain))
    .quote(language::translated(problem))
    .paragraph(say!("Candidates that your team sends wait, and go out automatically once it works again. Open the ATSi options in your browser and connect with a new key or another service user. You receive this e-mail only once."))
}

/// Writes `123456` as `123 456`.
fn spaced(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((first, rest)) => format!("{first} {rest}"),
        None => code.to_owned(),
    }
}

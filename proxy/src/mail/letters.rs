//! The letters that the proxy writes.

use super::Letter;

/// `code`: six digits.
#[must_use]
pub fn sign_in_code(code: &str, proxy: &str) -> Letter {
    Letter::new(
        "Your ATSi code",
        format!("You get this mail because somebody entered your address to sign in to ATSi at {proxy}."),
    )
    .paragraph("Enter this code in ATSi to sign in:")
    .code(spaced(code))
    .paragraph("It is good for 10 minutes, once. If you did not ask for it, do nothing: without the code nobody gets in. Never tell it to anybody.")
}

/// `inviter`: a name; `domain`: the company's; `link`: where it is accepted.
#[must_use]
pub fn invitation(inviter: &str, domain: &str, link: &str) -> Letter {
    Letter::new(
        format!("{inviter} invites you to ATSi"),
        format!("You get this mail because {inviter} of {domain} entered your address."),
    )
    .paragraph(format!("{inviter} invites you to join {domain} on ATSi, which sends candidates from Jopwell to Greenhouse with one click."))
    .link("Accept the invitation", link)
    .paragraph("The link is good for 7 days, once, and for this address alone. Do not pass it on.")
}

/// How a key comes into being, in Greenhouse's own words. Source: Greenhouse support, Candidate Ingestion.
pub const STEPS: &[&str] = &[
    "In Greenhouse, open Configure, Dev Center, API Credential Management.",
    "Press Create New API Key. Type: Candidate Ingestion. Partner: Jopwell. Write a description, for example ATSi, and press Create.",
    "Copy the key at once: Greenhouse shows it once.",
    "Choose the user as whom ATSi acts: an active user, best a service user of its own, Site Admin or Job Admin of the jobs concerned.",
    "Enter the key and that user's e-mail address on the page of the link, and press Check and connect.",
];

/// `from`: the asker's address, `note`: their words, or nothing.
#[must_use]
pub fn connection_request(name: &str, from: &str, domain: &str, note: &str, link: &str) -> Letter {
    let letter = Letter::new(
        format!("{name} asks you to connect Greenhouse"),
        format!("You get this mail because {name} ({from}) of {domain} named you as an admin of Greenhouse."),
    )
    .paragraph(format!("{name} would like to send candidates from Jopwell to your company's Greenhouse with ATSi. That takes an API key, which only a Greenhouse admin can create. It takes about three minutes, and you need not install anything."));
    let letter = if note.is_empty() {
        letter
    } else {
        letter.paragraph(format!("{name} writes:")).quote(note)
    };
    letter
        .steps(STEPS)
        .link("Connect Greenhouse", link)
        .paragraph(format!("The link is good for 7 days, once. If you did not expect this, ask {name} before you open it; never send the key by mail."))
}

/// `problem`: what Greenhouse said, as a sentence for people.
#[must_use]
pub fn connection_broken(domain: &str, problem: &str, proxy: &str) -> Letter {
    Letter::new(
        "Greenhouse refuses ATSi's key",
        format!("You get this mail because you are an admin of {domain} on ATSi at {proxy}."),
    )
    .paragraph(format!("The connection of {domain} to Greenhouse does not work any more:"))
    .quote(problem)
    .paragraph("Candidates that your colleagues send wait and go out by themselves once it is repaired. Open the options of ATSi in your browser, and connect with a new key or another service user. This mail is sent once.")
}

/// `123456` as `123 456`.
fn spaced(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((first, rest)) => format!("{first} {rest}"),
        None => code.to_owned(),
    }
}

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

/// `123456` as `123 456`.
fn spaced(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((first, rest)) => format!("{first} {rest}"),
        None => code.to_owned(),
    }
}

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

/// `123456` as `123 456`.
fn spaced(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((first, rest)) => format!("{first} {rest}"),
        None => code.to_owned(),
    }
}

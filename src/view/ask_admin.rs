//! Asking a Greenhouse admin for the key.

use super::node::{Node, Tone, button, line, list, stack, text, time};
use crate::action::Action;
use atsi_protocol::{ConnectionHelp, ConnectionHelpState};

/// Subject and text of the e-mail for the person's own mail app.
#[must_use]
pub fn written(note: &str) -> (&'static str, String) {
    let note = note.trim();
    let note = if note.is_empty() {
        String::new()
    } else {
        format!("{note}\n\n")
    };
    let text = say!("\
I would like to send candidates from Jopwell to Greenhouse with ATSi. It needs one API key from \
Greenhouse, once, for our whole company. Could you make it? It takes two minutes:

1. In Greenhouse, open Configure, Dev Center, API Credential Management: \
https://app.greenhouse.io/configure/dev_center/credentials. You should see your company's keys.
2. Press Create New API Key there. Greenhouse asks for a type, a partner and a description.
3. Choose the type Candidate Ingestion and the partner Jopwell, add a description, look at both once \
more and press Create.
4. Copy the key, from its first character to its last: it is shown once. Then install ATSi, and paste the key into its options, together with the e-mail address \
of a Greenhouse user in whose name candidates are created.

Please do not send the key by e-mail.");
    (
        say!("A Greenhouse API key for Jopwell"),
        format!("{note}{text}"),
    )
}

/// Buttons: `revoke:ID`. None before anyone was asked.
#[must_use]
pub fn requests(requests: &[ConnectionHelp]) -> Option<Node> {
    let rows: Vec<Node> = requests
        .iter()
        .map(|request| {
            let (words, tone) = match request.state {
                ConnectionHelpState::Sent => (key!("Sent"), Tone::Busy),
                ConnectionHelpState::Opened => (key!("Opened"), Tone::Busy),
                ConnectionHelpState::Done => (key!("Done: your company is connected"), Tone::Good),
                ConnectionHelpState::Expired => (key!("Expired"), Tone::Quiet),
                ConnectionHelpState::Revoked => (key!("Revoked"), Tone::Quiet),
            };
            let mut parts = vec![
                line(vec![
                    text(&request.admin_email),
                    text(say!(words)).tone(tone),
                ]),
                line(vec![
                    text(say!("asked by {name}", name = request.asked_by)).tone(Tone::Quiet),
                    time(request.created_at),
                ]),
            ];
            if matches!(
                request.state,
                ConnectionHelpState::Sent | ConnectionHelpState::Opened
            ) {
                let revoke = button(say!("Revoke"), Action::Revoke(request.id)).tone(Tone::Bad);
                parts.push(line(vec![revoke.tip(say!(
                    "Revoke the link for {email}",
                    email = request.admin_email
                ))]));
            }
            stack(parts)
        })
        .collect();
    (!rows.is_empty()).then(|| list(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_tells_the_admin_not_to_mail_the_key() {
        let (_, plain) = written("");
        assert!(plain.starts_with("I would like"), "{plain}");
        let (_, with_note) = written(" Hi Sam! ");
        assert!(
            with_note.starts_with("Hi Sam!\n\nI would like"),
            "{with_note}"
        );
        assert!(plain.contains("do not send the key by e-mail"));
    }
}

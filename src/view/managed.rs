//! The token that enrols a company's managed devices.

use super::node::{Node, Tone, line, text, time};
use atsi_protocol::Enrolment;
use serde_json::json;

#[must_use]
pub fn enrolment(enrolment: &Enrolment) -> Node {
    let Some(made_at) = enrolment.made_at else {
        return text(say!(
            "No token yet. Create one to let managed devices sign in by policy."
        ))
        .tone(Tone::Quiet);
    };
    let by = enrolment.made_by.as_deref().unwrap_or(say!("an admin"));
    line(vec![
        text(say!("Token created by {name}", name = by)),
        time(made_at),
    ])
}

/// The JSON of a policy.
#[must_use]
pub fn policy(proxy: &str, token: &str) -> String {
    json!({ "proxyAddress": proxy, "enrolmentToken": token }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_has_the_names_of_the_schema() {
        let schema = include_str!("../../extension/managed.json");
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let policy: serde_json::Value =
            serde_json::from_str(&policy("https://a.example", "t")).unwrap();
        let names = |value: &serde_json::Value| {
            let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(names(&policy), names(&schema["properties"]));
    }
}

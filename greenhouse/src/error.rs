use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::json;
use crate::rate_limit::retry_after;

/// The statuses that mean *not now*: Greenhouse did nothing, and the same request may be sent again.
///
/// This is the only place that says which answers are waited out. Sends, polls, metrics and texts follow
/// [`Error::Busy`].
pub const BUSY: &[u16] = &[429];

/// How a call failed. Statuses, error shapes and the advice not to rely on message texts:
/// Greenhouse Candidate Ingestion API, Errors.
///
/// `Debug` and `Display` carry status codes and field names, never the key, the candidate's data or
/// the response body.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not sent: Greenhouse would refuse it for its form.
    #[error("the request was not sent: {field} {reason}")]
    InvalidRequest {
        /// As Greenhouse names it, with an index into lists: `emails[1].email`.
        field: String,
        /// Goes after the name of the field: `is empty`.
        reason: &'static str,
    },
    /// No connection (name, address, TLS), or it failed before any of the request body was sent.
    #[error("Greenhouse could not be reached")]
    Unreachable {
        #[source]
        source: reqwest::Error,
    },
    /// One of [`BUSY`]: nothing was done, and the same request may be sent again later.
    #[error("Greenhouse asks to wait (status {status})")]
    Busy {
        status: u16,
        /// At most a day; `None` where the response did not say.
        retry_after: Option<Duration>,
    },
    /// 401: a wrong key, or an `On-Behalf-Of` user that Greenhouse does not know.
    #[error("Greenhouse refused the {} (status 401)", match .hint {
        UnauthorizedHint::Key => "API key",
        UnauthorizedHint::User => "On-Behalf-Of user",
        UnauthorizedHint::Unknown => "API key or the On-Behalf-Of user",
    })]
    Unauthorized { hint: UnauthorizedHint },
    /// 403: the user is known but may not do this.
    #[error("the On-Behalf-Of user lacks the permission in Greenhouse (status 403)")]
    Forbidden,
    /// 404.
    #[error("Greenhouse does not know what was asked for (status 404)")]
    NotFound,
    /// Another 4xx: 400 and 422 for the content of the request.
    #[error("Greenhouse refused the request (status {status}){}", Fields(.errors))]
    Refused {
        status: u16,
        /// Empty where the body had no errors to read.
        errors: Vec<FieldError>,
    },
    /// 5xx.
    #[error("Greenhouse failed (status {status})")]
    ServerFailed { status: u16 },
    /// No complete answer in the time the `reqwest::Client` allows, or a 408 (a gateway may send
    /// one for a request that Greenhouse is still working on).
    #[error("Greenhouse did not answer in time")]
    TimedOut,
    /// The connection failed after the request, or part of it, was sent.
    #[error("the connection broke before Greenhouse's answer was complete")]
    Interrupted,
    /// An answer that is not this API's: a redirect, HTML, JSON of another shape, a body too large.
    #[error("the answer is not one of Greenhouse's API (status {status})")]
    Unreadable { status: u16 },
}

/// Which of the two credentials a 401 seems to be about.
///
/// Greenhouse documents 401 for both and its texts as not to be relied on: choose the wording for a
/// person by this, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnauthorizedHint {
    Key,
    User,
    Unknown,
}

/// One entry of an error body.
///
/// `Debug` leaves out the message, because it can repeat what was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldError {
    message: String,
    field: Option<String>,
}

impl Error {
    /// Whether Greenhouse certainly did nothing, so that the same request can be sent again without
    /// creating a second candidate. Where this is `false`, the candidate may exist.
    pub fn nothing_was_created(&self) -> bool {
        match self {
            Self::InvalidRequest { .. }
            | Self::Unreachable { .. }
            | Self::Busy { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden
            | Self::NotFound
            | Self::Refused { .. } => true,
            Self::ServerFailed { .. }
            | Self::TimedOut
            | Self::Interrupted
            | Self::Unreadable { .. } => false,
        }
    }

    /// The HTTP status of the answer. `None` where there was no complete answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unauthorized { .. } => Some(401),
            Self::Forbidden => Some(403),
            Self::NotFound => Some(404),
            Self::Busy { status, .. }
            | Self::Refused { status, .. }
            | Self::ServerFailed { status }
            | Self::Unreadable { status } => Some(*status),
            Self::InvalidRequest { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut
            | Self::Interrupted => None,
        }
    }

    pub(crate) fn invalid(field: impl Into<String>, reason: &'static str) -> Self {
        Self::InvalidRequest {
            field: field.into(),
            reason,
        }
    }

    /// Returns the error that a complete answer with a status other than 2xx stands for.
    pub(crate) fn from_response(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        match status {
            busy if BUSY.contains(&busy) => Self::Busy {
                status,
                retry_after: retry_after(headers),
            },
            401 => Self::Unauthorized {
                hint: UnauthorizedHint::from_errors(&FieldError::read(body)),
            },
            403 => Self::Forbidden,
            404 => Self::NotFound,
            408 => Self::TimedOut,
            400..=499 => Self::Refused {
                status,
                errors: FieldError::read(body),
            },
            500..=599 => Self::ServerFailed { status },
            _ => Self::Unreadable { status },
        }
    }
}

/// The names of the fields, for [`Error::Refused`].
struct Fields<'a>(&'a [FieldError]);

impl fmt::Display for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = ": ";
        for field in self.0.iter().filter_map(FieldError::field) {
            write!(f, "{separator}{field}")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl FieldError {
    const MAX_COUNT: usize = 50;
    const MAX_MESSAGE_CHARS: usize = 500;
    const MAX_FIELD_CHARS: usize = 100;

    /// Greenhouse's own words, at most 500 characters, without control characters. They can repeat
    /// what was sent: show them to the person who sent it, do not log them.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The field the error is about, where Greenhouse names one.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Reads `{"errors": […]}`, `{"errors": {"field": […]}}`, each with or without a `message` beside
    /// it, and `{"message": …}`; anything else has no errors.
    fn read(body: &[u8]) -> Vec<Self> {
        let Ok(Value::Object(body)) = json::read(body) else {
            return Vec::new();
        };
        let mut listed = match body.get("errors") {
            Some(Value::Array(errors)) => errors.iter().filter_map(Self::from_entry).collect(),
            Some(Value::Object(errors)) => (errors.iter())
                .flat_map(|(field, said)| Self::of_field(field, said))
                .collect(),
            _ => Vec::new(),
        };
        listed.truncate(Self::MAX_COUNT);
        match body.get("message") {
            Some(Value::String(message)) if listed.is_empty() => vec![Self::new(message, None)],
            _ => listed,
        }
    }

    fn from_entry(error: &Value) -> Option<Self> {
        match error {
            Value::String(message) => Some(Self::new(message, None)),
            Value::Object(error) => {
                let text = |key| error.get(key).and_then(Value::as_str);
                let (message, field) = (text("message"), text("field"));
                (message.is_some() || field.is_some())
                    .then(|| Self::new(message.unwrap_or_default(), field))
            }
            _ => None,
        }
    }

    /// `said`: one message, or several in an array.
    fn of_field(field: &str, said: &Value) -> Vec<Self> {
        let messages = match said {
            Value::Array(messages) => messages.as_slice(),
            one => std::slice::from_ref(one),
        };
        // Rails files under this key what is about no field.
        let field = Some(field).filter(|&field| field != "base");
        (messages.iter())
            .filter_map(Value::as_str)
            .map(|message| Self::new(message, field))
            .collect()
    }

    fn new(message: &str, field: Option<&str>) -> Self {
        // A name is shown in logs; what does not look like one may be a value.
        let is_name = |field: &&str| {
            (1..=Self::MAX_FIELD_CHARS).contains(&field.len())
                && (field.bytes())
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte))
        };
        Self {
            message: (message.chars().filter(|c| !c.is_control()))
                .take(Self::MAX_MESSAGE_CHARS)
                .collect(),
            field: field.filter(is_name).map(str::to_owned),
        }
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldError")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

impl UnauthorizedHint {
    fn from_errors(errors: &[FieldError]) -> Self {
        let text = (errors.iter())
            .flat_map(|error| [error.message(), error.field().unwrap_or_default()])
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
            .replace(['-', '_'], " ");
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match (
            says(&["on behalf of"]),
            says(&["key", "credential", "basic auth"]),
        ) {
            (true, false) => Self::User,
            (false, true) => Self::Key,
            (false, false)
                if text
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|w| w == "user") =>
            {
                Self::User
            }
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reqwest::header::{HeaderValue, RETRY_AFTER};

    fn errors(body: &str) -> Vec<(String, Option<String>)> {
        match Error::from_response(422, &HeaderMap::new(), body.as_bytes()) {
            Error::Refused { errors, .. } => errors
                .into_iter()
                .map(|error| (error.message, error.field))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn error_body_of_any_shape_is_read() {
        let one = |message: &str, field: Option<&str>| {
            vec![(message.to_owned(), field.map(str::to_owned))]
        };
        for (body, expected) in [
            (
                r#"{"errors":[{"message":"must be an address","field":"email"}]}"#,
                one("must be an address", Some("email")),
            ),
            (
                r#"{"errors":[{"message":"invalid JSON"}]}"#,
                one("invalid JSON", None),
            ),
            (
                r#"{"message":"Validation error","errors":[{"message":"unknown job","field":"job_id"}]}"#,
                one("unknown job", Some("job_id")),
            ),
            (r#"{"message":"too old","errors":[]}"#, one("too old", None)),
            (r#"{"message":"too old"}"#, one("too old", None)),
            (r#"{"errors":["plain"]}"#, one("plain", None)),
            (
                r#"{"errors":[{"field":"emails[0].email"},7,null,{}]}"#,
                one("", Some("emails[0].email")),
            ),
            (
                r#"{"errors":[{"message":"a\u0007b","field":"Imani Okafor"}]}"#,
                one("ab", None),
            ),
            (
                r#"{"errors":{"emails[0].email":["is invalid"]}}"#,
                one("is invalid", Some("emails[0].email")),
            ),
            (
                r#"{"message":"no","errors":{"email":"bad","name":[],"title":null}}"#,
                one("bad", Some("email")),
            ),
            (
                r#"{"errors":{"base":["is a duplicate"]}}"#,
                one("is a duplicate", None),
            ),
            (r#"{"errors":{"Imani Okafor":["bad"]}}"#, one("bad", None)),
            (r#"{"errors":{"email":[7,{}]}}"#, vec![]),
            ("", vec![]),
            ("null", vec![]),
            ("<html><h1>Bad Request</h1></html>", vec![]),
        ] {
            assert_eq!(errors(body), expected, "{body}");
        }
    }

    #[test]
    fn error_text_names_fields_and_never_repeats_messages() {
        let body = r#"{"errors":[
            {"message":"imani@example.org is taken","field":"emails[0].email"},
            {"message":"Okafor is too long","field":"last_name"}]}"#;
        let error = Error::from_response(422, &HeaderMap::new(), body.as_bytes());
        assert_eq!(
            error.to_string(),
            "Greenhouse refused the request (status 422): emails[0].email, last_name"
        );
        let debug = format!("{error:?}");
        assert!(debug.contains("last_name"), "{debug}");
        assert!(
            !debug.contains("imani") && !debug.contains("Okafor"),
            "{debug}"
        );
    }

    #[test]
    fn hint_follows_the_subject_of_the_text() {
        use UnauthorizedHint::*;
        for (body, expected) in [
            (r#"{"message":"Invalid Basic Auth credentials"}"#, Key),
            (r#"{"errors":[{"message":"Unknown API key"}]}"#, Key),
            (
                r#"{"errors":[{"message":"missing","field":"On-Behalf-Of"}]}"#,
                User,
            ),
            (
                r#"{"errors":[{"message":"on_behalf_of is unknown"}]}"#,
                User,
            ),
            (r#"{"errors":[{"message":"User not found."}]}"#, User),
            (
                r#"{"message":"a key and On-Behalf-Of are needed"}"#,
                Unknown,
            ),
            (r#"{"message":"Unauthorized"}"#, Unknown),
            (r#"{"message":"wrong username"}"#, Unknown),
            ("<html>user</html>", Unknown),
            ("", Unknown),
        ] {
            match Error::from_response(401, &HeaderMap::new(), body.as_bytes()) {
                Error::Unauthorized { hint } => assert_eq!(hint, expected, "{body}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn busy_status_carries_its_pause_and_means_nothing_was_created() {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("7"))]);
        assert!(BUSY.contains(&429));
        for &busy in BUSY {
            let error = Error::from_response(busy, &headers, b"");
            assert!(error.nothing_was_created());
            assert_eq!(error.status(), Some(busy));
            match error {
                Error::Busy { retry_after, .. } => {
                    assert_eq!(retry_after, Some(Duration::from_secs(7)));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn only_a_clear_refusal_means_nothing_was_created() {
        for status in 100..1000 {
            let error = Error::from_response(status, &HeaderMap::new(), b"");
            let clear = (400..500).contains(&status) && status != 408;
            assert_eq!(error.nothing_was_created(), clear, "{status}: {error:?}");
        }
    }

    proptest! {
        #[test]
        fn any_error_body_is_survived(
            status in any::<u16>(),
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            body in crate::response::tests::json(),
        ) {
            for body in [bytes, body.to_string().into_bytes()] {
                let error = Error::from_response(status, &HeaderMap::new(), &body);
                let text = format!("{error} {error:?}");
                prop_assert!(!text.chars().any(char::is_control), "{text:?}");
            }
        }
    }
}

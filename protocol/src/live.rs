//! The live channel, `GET /v1/live`: a WebSocket whose every text message is one [`LiveMessage`].
//!
//! The proxy sends pages of changes as they are committed; the extension says whose profiles are on
//! its screens. Messages of version 0.1 have no `type`; they are told apart by their keys, so a proxy
//! and an extension of different versions understand each other.

use crate::{Change, ChangesPage};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

/// The sub-protocol that the proxy answers with. Offered only together with a token.
pub const SUB_PROTOCOL: &str = "atsi.v1";
/// Prefix of the sub-protocol that carries the member's token. A browser cannot set a header on a
/// WebSocket request.
pub const TOKEN_PREFIX: &str = "atsi.token.";
/// Most ids in [`LiveMessage::Looking`].
pub const MAX_LOOKING: usize = 200;
/// Longest message from the extension, in bytes. A longer one ends the connection.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// A text message of the live channel, in either direction.
///
/// ```json
/// {
///   "type": "changes",
///   "changes": [
///     {
///       "number": 42,
///       "candidate": {
///         "external_id": "101",
///         "idempotency_key": "k-1",
///         "sent_at": 1790000000000,
///         "send": {"state": "uncertain", "since": 1790000000000}
///       }
///     }
///   ],
///   "jobs": [144371],
///   "next": 42,
///   "more": false,
///   "reset": false
/// }
/// {"type": "changed", "changed": "connection"}
/// {"type": "looking", "looking": ["101", "102"]}
/// {"type": "unknown"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", try_from = "Fields")]
pub enum LiveMessage {
    /// From the proxy: the changes after the last number that it sent. The first one comes as soon
    /// as the connection is open, with or without changes.
    Changes(ChangesPage),
    /// From the proxy: ask for the named part of the company again, with `GET /v1/me`.
    Changed { changed: CompanyPart },
    /// From the extension: external ids of the candidates on its screens, instead of those before;
    /// at most [`MAX_LOOKING`]. The proxy reads their statuses more often.
    Looking { looking: Vec<String> },
    /// A type that this build does not know, from a newer version. It is ignored.
    Unknown,
}

/// The part of a company that changed.
///
/// ```json
/// "connection"
/// "members"
/// "company"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CompanyPart {
    /// The link to Greenhouse: its key, service user or state.
    Connection,
    /// The people of the company, their roles or their sessions.
    Members,
    /// Anything, from a proxy of version 0.1 or a part that this build does not know.
    #[serde(other)]
    Company,
}

/// The reason for which the proxy closes the channel. Any other code is a broken connection: come
/// back after a pause with the last `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The proxy stops. Come back with the last `next`.
    Stopping,
    /// A message that is not JSON, or not one of this channel.
    Invalid,
    /// The proxy had an internal error. Come back with the last `next`.
    Internal,
    /// The session has ended: signed out, or removed by an admin. Coming back is pointless.
    SignedOut,
    /// The listener fell too far behind. Come back with the last `next`.
    TooSlow,
}

impl CloseReason {
    pub const ALL: [Self; 5] = [
        Self::Stopping,
        Self::Invalid,
        Self::Internal,
        Self::SignedOut,
        Self::TooSlow,
    ];

    /// The close code (RFC 6455, section 7.4; from 4000 on they are our own).
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Stopping => 1001,
            Self::Invalid => 1007,
            Self::Internal => 1011,
            Self::SignedOut => 4001,
            Self::TooSlow => 4008,
        }
    }

    /// Returns `None` for a code that the proxy does not send.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        (Self::ALL.into_iter()).find(|reason| reason.code() == code)
    }

    /// A few words for a developer's console, at most 123 bytes as RFC 6455 allows.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Stopping => "the proxy is stopping",
            Self::Invalid => "send {\"type\":\"looking\",\"looking\":[external ids]} or nothing",
            Self::Internal => "the proxy had an internal error",
            Self::SignedOut => "the session has ended",
            Self::TooSlow => "too slow",
        }
    }
}

/// Every key of every message, read in one pass.
#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "type")]
    kind: Option<Kind>,
    changes: Option<Vec<Change>>,
    #[serde(default)]
    jobs: Vec<u64>,
    next: Option<u64>,
    #[serde(default, deserialize_with = "is_true")]
    more: bool,
    #[serde(default, deserialize_with = "is_true")]
    reset: bool,
    changed: Option<CompanyPart>,
    looking: Option<Vec<String>>,
}

/// Whether the value is `true`. A message that is no page may use the same key for something else.
fn is_true<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Set(bool),
        Other(IgnoredAny),
    }
    Ok(match Flag::deserialize(value)? {
        Flag::Set(set) => set,
        Flag::Other(IgnoredAny) => false,
    })
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Changes,
    Changed,
    Looking,
    #[serde(other)]
    Unknown,
}

impl Fields {
    fn kind(&self) -> Kind {
        if let Some(kind) = self.kind {
            kind
        } else if self.changes.is_some() {
            Kind::Changes
        } else if self.changed.is_some() {
            Kind::Changed
        } else if self.looking.is_some() {
            Kind::Looking
        } else {
            Kind::Unknown
        }
    }
}

impl TryFrom<Fields> for LiveMessage {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        Ok(match fields.kind() {
            Kind::Changes => Self::Changes(ChangesPage {
                changes: fields.changes.ok_or("a page needs `changes`")?,
                jobs: fields.jobs,
                next: fields.next.ok_or("a page needs `next`")?,
                more: fields.more,
                reset: fields.reset,
            }),
            Kind::Changed => Self::Changed {
                changed: fields.changed.unwrap_or(CompanyPart::Company),
            },
            Kind::Looking => Self::Looking {
                looking: fields.looking.ok_or("`looking` needs a list of ids")?,
            },
            Kind::Unknown => Self::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> ChangesPage {
        ChangesPage {
            changes: Vec::new(),
            jobs: vec![144_371],
            next: 42,
            more: true,
            reset: false,
        }
    }

    fn read(json: &str) -> LiveMessage {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_message_written_and_read_is_the_same() {
        let mut messages = vec![
            LiveMessage::Changes(page()),
            LiveMessage::Looking {
                looking: vec!["cand_1".into()],
            },
            LiveMessage::Unknown,
        ];
        for changed in [
            CompanyPart::Connection,
            CompanyPart::Members,
            CompanyPart::Company,
        ] {
            messages.push(LiveMessage::Changed { changed });
        }
        for message in messages {
            let json = serde_json::to_string(&message).unwrap();
            assert!(json.starts_with(r#"{"type":""#), "{json}");
            assert_eq!(read(&json), message);
        }
    }

    #[test]
    fn message_of_version_0_1_is_recognized_by_its_keys() {
        let old_page = serde_json::to_string(&page()).unwrap();
        assert_eq!(read(&old_page), LiveMessage::Changes(page()));
        let changed = CompanyPart::Company;
        assert_eq!(
            read(r#"{"changed":"company"}"#),
            LiveMessage::Changed { changed }
        );
        let looking = vec!["a".to_owned()];
        assert_eq!(
            read(r#"{"looking":["a"]}"#),
            LiveMessage::Looking {
                looking: looking.clone()
            }
        );
        // A key of another message, used for something else.
        assert_eq!(
            read(r#"{"looking":["a"],"more":1}"#),
            LiveMessage::Looking { looking }
        );
        assert_eq!(read("{}"), LiveMessage::Unknown);
    }

    #[test]
    fn page_read_by_version_0_1_is_a_page() {
        let json = serde_json::to_string(&LiveMessage::Changes(page())).unwrap();
        assert_eq!(serde_json::from_str::<ChangesPage>(&json).unwrap(), page());
    }

    #[test]
    fn unknown_type_is_ignored_and_broken_message_is_an_error() {
        assert_eq!(
            read(r#"{"type":"weather","changed":"snow","wind":[7]}"#),
            LiveMessage::Unknown
        );
        assert_eq!(
            read(r#"{"type":"changed","changed":"weather"}"#),
            LiveMessage::Changed {
                changed: CompanyPart::Company
            }
        );
        for broken in [
            "looking",
            "[]",
            r#"{"type":"changes","changes":[]}"#,
            r#"{"type":"changes","next":4}"#,
            r#"{"type":"looking"}"#,
            r#"{"looking":"a"}"#,
        ] {
            serde_json::from_str::<LiveMessage>(broken).expect_err(broken);
        }
    }

    #[test]
    fn close_reason_is_found_by_its_code() {
        for reason in CloseReason::ALL {
            assert_eq!(CloseReason::from_code(reason.code()), Some(reason));
            assert!(reason.text().len() <= 123);
        }
        assert_eq!(CloseReason::from_code(1006), None);
    }
}

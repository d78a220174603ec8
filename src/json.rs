//! JSON to types, by field name, through `serde_json::Value`.
//!
//! Serde's derived readers alone would take half of the core's size budget; these take a tenth of
//! it. A macro names the fields of each type once, and a field that is missing there does not
//! compile. Writing is serde's as everywhere.

use atsi_protocol as wire;
use serde::Serialize;
use serde_json::Value;

/// What can be read from JSON. Unknown keys are ignored; an absent key reads like `null`.
pub trait FromJson: Sized {
    /// None where it does not fit.
    fn from_json(json: &Value) -> Option<Self>;
}

/// None where the text is not JSON or does not fit.
#[must_use]
pub fn parse<T: FromJson>(text: &str) -> Option<T> {
    T::from_json(&serde_json::from_str(text).ok()?)
}

/// Our own types have text keys only, so writing them cannot fail.
pub fn write(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[must_use]
pub fn field<T: FromJson>(json: &Value, name: &str) -> Option<T> {
    T::from_json(json.get(name).unwrap_or(&Value::Null))
}

impl FromJson for String {
    fn from_json(json: &Value) -> Option<Self> {
        json.as_str().map(str::to_owned)
    }
}

impl FromJson for Value {
    fn from_json(json: &Value) -> Option<Self> {
        Some(json.clone())
    }
}

impl FromJson for u64 {
    fn from_json(json: &Value) -> Option<Self> {
        json.as_u64()
    }
}

impl FromJson for i64 {
    fn from_json(json: &Value) -> Option<Self> {
        json.as_i64()
    }
}

impl FromJson for u32 {
    fn from_json(json: &Value) -> Option<Self> {
        json.as_u64()?.try_into().ok()
    }
}

/// What is absent is not so, where the wire leaves it out.
impl FromJson for bool {
    fn from_json(json: &Value) -> Option<Self> {
        json.as_bool().or(json.is_null().then_some(false))
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: &Value) -> Option<Self> {
        if json.is_null() {
            Some(None)
        } else {
            T::from_json(json).map(Some)
        }
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(json: &Value) -> Option<Self> {
        T::from_json(json).map(Self::new)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: &Value) -> Option<Self> {
        match json {
            Value::Null => Some(Self::new()),
            Value::Array(items) => items.iter().map(T::from_json).collect(),
            _ => None,
        }
    }
}

/// Reads a struct field by field.
macro_rules! read_fields {
    ($($type:path { $($field:ident),* $(,)? })*) => {$(
        impl $crate::json::FromJson for $type {
            fn from_json(json: &serde_json::Value) -> Option<Self> {
                Some(Self { $($field: $crate::json::field(json, stringify!($field))?),* })
            }
        }
    )*};
}
pub(crate) use read_fields;

/// Reads an enum of plain names.
macro_rules! read_names {
    ($($type:path { $($name:literal => $variant:ident),* $(,)? })*) => {$(
        impl $crate::json::FromJson for $type {
            fn from_json(json: &serde_json::Value) -> Option<Self> {
                match json.as_str()? {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    )*};
}
pub(crate) use read_names;

read_fields! {
    wire::Connection { state, account_name, service_user_email, masked_key, connected_at, connected_by, problem }
    wire::Me { mode, member, company, session, connection, mail }
    wire::Member { id, email, name, role, joined_at, last_used_at }
    wire::Company { domain, automatic_joining }
    wire::SignedIn { token, me }
    wire::SignInCodeSent { valid_for_ms }
    wire::SignedOut { signed_out }
    wire::Sessions { sessions }
    wire::Session { id, device, created_at, last_used_at, current }
    wire::Members { members }
    wire::Invitations { invitations }
    wire::Invitation { id, email, role, invited_by, created_at, expires_at, state }
    wire::InvitationMade { invitation, link }
    wire::ConnectionHelp { id, admin_email, asked_by, created_at, expires_at, state }
    wire::ConnectionHelps { requests }
    wire::ConnectionHelpMade { request, link }
    wire::ConnectionChecks { ok, checks }
    wire::Enrolment { made_at, made_by }
    wire::EnrolmentMade { token, made_at }
    wire::InGreenhouse { candidate_id, application_id, profile_url }
    wire::LookupResponse { candidates }
    wire::ChangesPage { changes, jobs, next, more, reset }
    wire::Change { number, candidate }
    wire::WriteBackResponse { rows }
    wire::RowPlan { row, to, set, sets_in, was }
    wire::WriteBackSettings { rules, automatic, rejected_after }
    wire::StageRule { stage, status }
    wire::KnownCandidate { external_id, idempotency_key, sent_at, sent_by, send, status, on_jopwell, waiting }
    wire::OnJopwell { status, at }
    wire::Waiting { what, name, failed }
    wire::CandidateStatus { read_at, route, readable, merged, applications }
    wire::ApplicationStatus { application_id, job, status, stage, pool, since }
    wire::Hooks { url, secret_made_at, previous_secret_until, received, refused }
    wire::HookCount { name, count, last_at }
    wire::HookSecret { url, secret, previous_secret_until }
    wire::Push { url, secret_made_at, previous_secret_until, received }
    wire::Callback {
        state,
        url,
        secret_made_at,
        previous_secret_until,
        delivered_at,
        failing_since,
        disabled_at,
        waiting,
        secret,
    }
    wire::CallbackDeliveries { deliveries }
    wire::CallbackDelivery {
        id,
        webhook_id,
        number,
        idempotency_key,
        greenhouse_job_id,
        state,
        created_at,
        attempts,
        attempted_at,
        answer,
        next_at,
    }
}

read_fields! {
    wire::JobSaving { descriptions, closing }
    wire::JobBoard { token, read_at, problem }
    wire::JobSave { id, kind, undoes, was, to }
    wire::JobSaved { id, kind, state, at, problem, undoable }
    wire::JopwellJob { id, title, location, requisition }
    wire::Job { id, name, title, state, public, requisition, location, on_board, heard_at }
    wire::JobDescription { jopwell_job, job, changed_at, is_news, text, seen_at, rows }
    wire::DescriptionRow { before, after }
    wire::DescriptionPiece { text, changed }
}

read_names! {
    wire::JobSaveKind { "description" => Description, "closing" => Closing }
    wire::JobSaveState { "saved" => Saved, "undone" => Undone, "failed" => Failed }
    wire::JobSaveProblem {
        "changed" => Changed,
        "form" => Form,
        "login" => Login,
        "refused" => Refused,
        "away" => Away,
    }
    wire::JobState {
        "open" => Open,
        "closed" => Closed,
        "deleted" => Deleted,
        "not_listed" => NotListed,
    }
}

read_names! {
    wire::StatusRoute { "web_hook" => WebHook, "asked" => Asked, "sync_now" => SyncNow }
    wire::WaitingFor { "send" => Send, "application" => Application, "write_back" => WriteBack }
    wire::CallbackState {
        "none" => None,
        "active" => Active,
        "failing" => Failing,
        "disabled" => Disabled,
    }
    wire::ConnectionState { "none" => None, "active" => Active, "broken" => Broken }
    wire::ProxyMode { "personal" => Personal, "company" => Company }
    wire::Role { "admin" => Admin, "recruiter" => Recruiter }
    wire::InvitationState {
        "open" => Open,
        "accepted" => Accepted,
        "expired" => Expired,
        "revoked" => Revoked,
    }
    wire::ConnectionHelpState {
        "sent" => Sent,
        "opened" => Opened,
        "done" => Done,
        "expired" => Expired,
        "revoked" => Revoked,
    }
    wire::CheckName {
        "key_shape" => KeyShape,
        "user_shape" => UserShape,
        "current_user" => CurrentUser,
        "jobs" => Jobs,
        "prospect_pools" => ProspectPools,
        "role" => Role,
    }
    wire::WaitReason {
        "sending" => Sending,
        "greenhouse_busy" => GreenhouseBusy,
        "greenhouse_unreachable" => GreenhouseUnreachable,
        "connection_broken" => ConnectionBroken,
        "held" => Held,
    }
    wire::ApplicationsSwitch { "off" => Off, "on" => On, "paused" => Paused }
    wire::ResumeState {
        "attached" => Attached,
        "offered" => Offered,
        "fetched" => Fetched,
        "expired" => Expired,
        "not_offered" => NotOffered,
    }
}

impl FromJson for wire::ProblemCode {
    fn from_json(json: &Value) -> Option<Self> {
        let code = json.as_str()?;
        let known = Self::ALL.iter().find(|known| known.as_str() == code);
        Some(known.copied().unwrap_or(Self::Unknown))
    }
}

fn params(json: Option<&Value>) -> Option<std::collections::BTreeMap<String, String>> {
    let params = json.and_then(Value::as_object).into_iter().flatten();
    (params.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))).collect()
}

impl FromJson for wire::ConnectionCheck {
    fn from_json(json: &Value) -> Option<Self> {
        Some(Self {
            check: field(json, "check")?,
            ok: field(json, "ok")?,
            says: field(json, "says")?,
            params: params(json.get("params"))?,
            hint: field(json, "hint")?,
        })
    }
}

impl FromJson for wire::Problem {
    fn from_json(json: &Value) -> Option<Self> {
        Some(Self {
            kind: field::<Option<_>>(json, "type")?.unwrap_or_default(),
            title: field(json, "title")?,
            status: u16::try_from(field::<u32>(json, "status")?).ok()?,
            code: field(json, "code")?,
            detail: field(json, "detail")?,
            field: field(json, "field")?,
            params: params(json.get("params"))?,
        })
    }
}

impl FromJson for wire::SendState {
    fn from_json(json: &Value) -> Option<Self> {
        Some(match json.get("state")?.as_str()? {
            "waiting" => Self::Waiting {
                reason: field(json, "reason")?,
                retry_at: field(json, "retry_at")?,
            },
            "created" => Self::Created(FromJson::from_json(json)?),
            "existing" => Self::Existing(FromJson::from_json(json)?),
            "refused" => Self::Refused {
                problem: field(json, "problem")?,
            },
            "uncertain" => Self::Uncertain {
                since: field(json, "since")?,
            },
            _ => return None,
        })
    }
}

impl FromJson for wire::Send {
    fn from_json(json: &Value) -> Option<Self> {
        Some(Self {
            idempotency_key: field(json, "idempotency_key")?,
            external_id: field(json, "external_id")?,
            job_id: field(json, "job_id")?,
            accepted_at: field(json, "accepted_at")?,
            sent_by: field(json, "sent_by")?,
            resume: field(json, "resume")?,
            state: FromJson::from_json(json)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use std::fmt::Debug;
    use wire::{InGreenhouse, Problem, ProblemCode, Send, SendState, WaitReason};

    /// Reads what serde writes, and agrees with serde's own reader.
    fn reads<T: FromJson + Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let json = write(value);
        assert_eq!(parse::<T>(&json).as_ref(), Some(value), "{json}");
        assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
    }

    #[test]
    fn every_type_of_the_wire_is_read_as_it_is_written() {
        let there = InGreenhouse {
            candidate_id: 259_096_501_002,
            application_id: Some(273_686_618_002),
            profile_url: "https://app.greenhouse.io/people/259096501002".into(),
        };
        let problem = Problem::new(ProblemCode::PermissionDenied)
            .with_detail("d")
            .with_field("f");
        let states = [
            SendState::Waiting {
                reason: WaitReason::GreenhouseBusy,
                retry_at: Some(7),
            },
            SendState::Waiting {
                reason: WaitReason::ConnectionBroken,
                retry_at: None,
            },
            SendState::Created(there.clone()),
            SendState::Existing(InGreenhouse {
                application_id: None,
                ..there
            }),
            SendState::Refused {
                problem: problem.clone(),
            },
            SendState::Uncertain { since: 9 },
        ];
        for state in states {
            reads(&state);
            reads(&Send {
                idempotency_key: "k".into(),
                external_id: "1029".into(),
                job_id: Some(3),
                accepted_at: 5,
                sent_by: Some("Ada Park".into()),
                resume: Some(wire::ResumeState::NotOffered),
                state: state.clone(),
            });
            let application = wire::ApplicationStatus {
                application_id: 4,
                job: Some("Analyst".into()),
                status: "active".into(),
                stage: None,
                pool: None,
                since: Some(8),
            };
            reads(&wire::LookupResponse {
                candidates: vec![wire::KnownCandidate {
                    external_id: "1029".into(),
                    idempotency_key: "k".into(),
                    sent_at: 5,
                    sent_by: None,
                    send: state,
                    status: Some(wire::CandidateStatus {
                        read_at: 6,
                        route: Some(wire::StatusRoute::WebHook),
                        readable: true,
                        merged: false,
                        applications: vec![application],
                    }),
                    on_jopwell: Some(wire::OnJopwell {
                        status: "Applied".into(),
                        at: 7,
                    }),
                    waiting: vec![wire::Waiting {
                        what: wire::WaitingFor::WriteBack,
                        name: Some("Offer".into()),
                        failed: true,
                    }],
                }],
            });
        }
        for &code in ProblemCode::ALL {
            reads(&Problem::new(code));
        }
        for state in ["none", "active", "broken"] {
            reads(
                &parse::<wire::Connection>(&format!(r#"{{"state":"{state}","problem":null}}"#))
                    .unwrap(),
            );
        }
        reads(&wire::Connection {
            state: wire::ConnectionState::Broken,
            account_name: Some("Hartwell".into()),
            service_user_email: None,
            masked_key: Some("••••3f9a".into()),
            connected_at: Some(1),
            connected_by: Some("Ada Park".into()),
            problem: Some(problem),
        });
    }

    #[test]
    fn what_does_not_fit_is_none() {
        for json in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"state":"created","candidate_id":1}"#,
            r#"{"state":"gone"}"#,
        ] {
            assert_eq!(parse::<SendState>(json), None, "{json}");
        }
        let code = parse::<Problem>(r#"{"title":"?","status":418,"code":"teapot"}"#)
            .unwrap()
            .code;
        assert_eq!(code, ProblemCode::Unknown);
    }
}

use crate::{Millis, Problem, Profile, ResumeState};
use serde::{Deserialize, Serialize};

/// `POST /v1/sends`: puts a candidate into Greenhouse as a prospect.
///
/// The header `Idempotency-Key` identifies the send: the same key with the same body always gets the
/// same answer, with another body `422`.
///
/// ```json
/// {
///   "external_id": "101",
///   "job_id": 144371,
///   "profile": {"first_name": "Imani", "last_name": "Brooks"},
///   "resume": "r_5f"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendRequest {
    /// The candidate's id on Jopwell.
    pub external_id: String,
    /// The Greenhouse job that the prospect is for; without one they go to the general pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<u64>,
    pub profile: Profile,
    /// The id of a résumé from `POST /v1/resumes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
}

/// A send and its state. Answer to `POST /v1/sends` and `GET /v1/sends/{idempotency_key}`. The keys of
/// its [`SendState`] are beside the others.
///
/// ```json
/// {
///   "idempotency_key": "k-1",
///   "external_id": "101",
///   "job_id": 144371,
///   "accepted_at": 1790000000000,
///   "sent_by": "Ada Park",
///   "resume": "attached",
///   "state": "created",
///   "candidate_id": 259096501002,
///   "application_id": 273686618002,
///   "profile_url": "https://app.greenhouse.io/people/259096501002"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Send {
    pub idempotency_key: String,
    pub external_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<u64>,
    pub accepted_at: Millis,
    /// Name or e-mail of the member who sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_by: Option<String>,
    /// What became of the résumé's file; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<ResumeState>,
    #[serde(flatten)]
    pub state: SendState,
}

/// The state of a send. Only `Waiting` changes automatically; `Uncertain` changes when a webhook or a
/// person settles it.
///
/// ```json
/// {"state": "waiting", "reason": "greenhouse_busy", "retry_at": 1790000060000}
/// {
///   "state": "created",
///   "candidate_id": 259096501002,
///   "application_id": 273686618002,
///   "profile_url": "https://app.greenhouse.io/people/259096501002"
/// }
/// {
///   "state": "existing",
///   "candidate_id": 259096501002,
///   "profile_url": "https://app.greenhouse.io/people/259096501002"
/// }
/// {
///   "state": "refused",
///   "problem": {
///     "type": "/problems/permission_denied",
///     "title": "…",
///     "status": 422,
///     "code": "permission_denied"
///   }
/// }
/// {"state": "uncertain", "since": 1790000000000}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SendState {
    /// Stored at the proxy; nothing is created yet.
    Waiting {
        reason: WaitReason,
        /// When it is tried next, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Millis>,
    },
    /// This send created the prospect.
    Created(InGreenhouse),
    /// The candidate already existed, because of an earlier click, another tab or a colleague.
    Existing(InGreenhouse),
    /// Greenhouse or the proxy refused it. Nothing was created.
    Refused { problem: Problem },
    /// The request went out, and the answer was missing or unclear. It is never sent again automatically.
    Uncertain { since: Millis },
}

/// Where a candidate is in Greenhouse.
///
/// ```json
/// {
///   "candidate_id": 259096501002,
///   "application_id": 273686618002,
///   "profile_url": "https://app.greenhouse.io/people/259096501002"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InGreenhouse {
    pub candidate_id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<u64>,
    /// The candidate's page in Greenhouse; opens for signed-in Greenhouse users.
    pub profile_url: String,
}

/// Why a send has not gone out yet.
///
/// ```json
/// "sending"
/// "greenhouse_busy"
/// "greenhouse_unreachable"
/// "connection_broken"
/// "held"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// It is being sent right now.
    Sending,
    /// Greenhouse asked ATSi to slow down.
    GreenhouseBusy,
    /// Greenhouse cannot be reached.
    GreenhouseUnreachable,
    /// The connection needs repair first (a revoked key, a disabled user).
    ConnectionBroken,
    /// An application that may not go out yet; `GET /v1/applications` says why.
    Held,
}

/// `POST /v1/sends/{idempotency_key}/decision`: a person looked in Greenhouse and settles an
/// [`SendState::Uncertain`] send.
///
/// ```json
/// {"decision": "it_is_there", "profile_url": "https://app.greenhouse.io/people/259096501002"}
/// {"decision": "send_again"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// The candidate is there, at this Greenhouse address.
    ItIsThere { profile_url: String },
    /// The candidate is not there: send again. The proxy kept the profile, so the request carries none.
    SendAgain,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProblemCode;

    #[test]
    fn every_state_written_and_read_is_the_same() {
        let there = InGreenhouse {
            candidate_id: 259_096_501_002,
            application_id: Some(273_686_618_002),
            profile_url: "https://app.greenhouse.io/people/259096501002".into(),
        };
        let states = [
            SendState::Waiting {
                reason: WaitReason::GreenhouseBusy,
                retry_at: Some(7),
            },
            SendState::Waiting {
                reason: WaitReason::Sending,
                retry_at: None,
            },
            SendState::Created(there.clone()),
            SendState::Existing(InGreenhouse {
                application_id: None,
                ..there
            }),
            SendState::Refused {
                problem: Problem::new(ProblemCode::PermissionDenied),
            },
            SendState::Uncertain { since: 9 },
        ];
        for state in states {
            let send = Send {
                idempotency_key: "k".into(),
                external_id: "1029".into(),
                job_id: None,
                accepted_at: 5,
                sent_by: Some("Ada Park".into()),
                resume: None,
                state,
            };
            let json = serde_json::to_string(&send).unwrap();
            assert_eq!(serde_json::from_str::<Send>(&json).unwrap(), send, "{json}");
            let json = serde_json::to_string(&send.state).unwrap();
            assert_eq!(
                serde_json::from_str::<SendState>(&json).unwrap(),
                send.state,
                "{json}"
            );
        }
    }

    #[test]
    fn state_without_its_values_is_an_error() {
        for json in [
            r#"{"state":"created","candidate_id":1}"#,
            r#"{"state":"gone"}"#,
            "{}",
        ] {
            assert!(serde_json::from_str::<SendState>(json).is_err(), "{json}");
        }
    }
}

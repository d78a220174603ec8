use crate::{Millis, Problem, Profile, ResumeState};
use serde::{Deserialize, Serialize};

/// `POST /v1/sends`: one wish to put a candidate into Greenhouse as a prospect.
///
/// The header `Idempotency-Key` names the wish; the same key with the same body always gets the
/// same answer, with another body `422`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendRequest {
    /// The candidate's id on Jopwell.
    pub external_id: String,
    /// The Greenhouse job the prospect is for; none puts them in the general pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<u64>,
    pub profile: Profile,
    /// The id of a résumé that was handed over with `POST /v1/resumes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
}

/// Where a send stands. Answer to `POST /v1/sends` and `GET /v1/sends/{idempotency_key}`.
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
    /// What became of the résumé's file, where one was handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<ResumeState>,
    #[serde(flatten)]
    pub state: SendState,
}

/// The states of a send. `Waiting` is the only one that changes by itself; `Uncertain` changes when
/// a web hook or a person says what is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SendState {
    /// On disk at the proxy, nothing created yet.
    Waiting {
        reason: WaitReason,
        /// When it is tried next, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Millis>,
    },
    /// This send made the prospect.
    Created(InGreenhouse),
    /// The candidate was there already: an earlier click, another tab, a colleague.
    Existing(InGreenhouse),
    /// Greenhouse, or the proxy, said no. Nothing was created.
    Refused { problem: Problem },
    /// The request went out and no clear answer came back. It is not sent again by itself.
    Uncertain { since: Millis },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InGreenhouse {
    pub candidate_id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<u64>,
    /// Page of the candidate in Greenhouse; needs a signed-in Greenhouse user.
    pub profile_url: String,
}

/// Why a send has not gone out yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// It is being sent right now.
    Sending,
    /// Greenhouse asked us to slow down.
    GreenhouseBusy,
    /// Greenhouse cannot be reached.
    GreenhouseUnreachable,
    /// The connection needs repair first (a revoked key, a disabled user).
    ConnectionBroken,
    /// An application that may not leave yet; `GET /v1/applications` says why.
    Held,
}

/// `POST /v1/sends/{idempotency_key}/decision`: a person looked in Greenhouse and settles an
/// [`SendState::Uncertain`] send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// The candidate is there, at this Greenhouse address.
    ItIsThere { profile_url: String },
    /// The candidate is not there: send once more. The proxy keeps the profile until a send is
    /// settled, so it need not come along.
    SendAgain,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProblemCode;

    #[test]
    fn every_state_survives_the_wire() {
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
    fn a_state_without_what_belongs_to_it_is_an_error() {
        for json in [
            r#"{"state":"created","candidate_id":1}"#,
            r#"{"state":"gone"}"#,
            "{}",
        ] {
            assert!(serde_json::from_str::<SendState>(json).is_err(), "{json}");
        }
    }
}

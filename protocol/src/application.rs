use crate::{HookCount, InGreenhouse, JopwellJob, Millis, Problem, Profile, SendState};
use serde::{Deserialize, Serialize};

/// `POST /v1/applications`, and what Jopwell's systems push: a person applied to a job on Jopwell.
///
/// The person becomes a candidate on the linked Greenhouse job, once per person and job, no matter how
/// many browsers or systems report it.
///
/// ```json
/// {
///   "external_id": "101",
///   "jopwell_job": {"id": "/jobs/310", "title": "Kiln Operator"},
///   "applied_at": 1790000000000,
///   "profile": {"first_name": "Imani", "last_name": "Brooks"},
///   "resume": "r_5f"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationRequest {
    /// The candidate's id on Jopwell.
    pub external_id: String,
    pub jopwell_job: JopwellJob,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<Millis>,
    pub profile: Profile,
    /// The id of a résumé from `POST /v1/resumes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
}

/// An application and its state. Answer to `POST /v1/applications` and `GET
/// /v1/applications/{idempotency_key}`. The keys of its [`SendState`] are beside the others.
///
/// ```json
/// {
///   "idempotency_key": "k-2",
///   "external_id": "101",
///   "name": "Imani Brooks",
///   "jopwell_job": {"id": "/jobs/310", "title": "Kiln Operator"},
///   "job_id": 144371,
///   "applied_at": 1790000000000,
///   "accepted_at": 1790000001000,
///   "sent_by": "Jopwell",
///   "resume": "attached",
///   "state": "waiting",
///   "reason": "held",
///   "retry_at": 1790000060000,
///   "held": {"reason": "already_prospect", "sentence": "…"}
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Application {
    pub idempotency_key: String,
    pub external_id: String,
    /// The person's name; absent once the application is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub jopwell_job: JopwellJob,
    /// The Greenhouse job; absent until the application may go out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<Millis>,
    pub accepted_at: Millis,
    /// Name or e-mail of the member whose browser reported it, or `Jopwell`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<ResumeState>,
    #[serde(flatten)]
    pub state: SendState,
    /// What it waits for. Present only if its state is `waiting` and the reason `held`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

/// Why an application does not go out, and what to do.
///
/// ```json
/// {
///   "reason": "already_prospect",
///   "sentence": "This person is already a prospect in Greenhouse.",
///   "problem": {
///     "type": "/problems/permission_denied",
///     "title": "…",
///     "status": 422,
///     "code": "permission_denied"
///   },
///   "prospect": {
///     "candidate_id": 259096501002,
///     "application_id": 273686618002,
///     "profile_url": "https://app.greenhouse.io/people/259096501002"
///   }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Held {
    pub reason: HoldReason,
    /// The reason in a sentence for a person.
    pub sentence: String,
    /// Why Greenhouse refused the application. Present only if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// The prospect that this person already is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prospect: Option<InGreenhouse>,
}

macro_rules! hold_reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $sentence:literal;)*) => {
        /// What an application waits for.
        ///
        /// ```json
        /// "job_not_linked"
        /// "applications_off"
        /// "applications_paused"
        /// "job_not_open"
        /// "already_prospect"
        /// "other_application"
        /// "refused"
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum HoldReason {
            $($(#[$doc])* $name,)*
        }

        impl HoldReason {
            pub const ALL: &'static [HoldReason] = &[$(HoldReason::$name),*];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

hold_reasons! {
    JobNotLinked = "job_not_linked", "The job on Jopwell is not linked to a job in Greenhouse yet. Link it to send the application there.";
    ApplicationsOff = "applications_off", "Applications to this job are not sent to Greenhouse automatically yet. Turn them on for the job to send those that are waiting, too.";
    ApplicationsPaused = "applications_paused", "Applications to this job are paused. They are sent when the pause is over.";
    /// Closed, deleted, or hidden from the service user.
    JobNotOpen = "job_not_open", "The linked job is not open in Greenhouse. Reopen it there, or link another one; the application is kept.";
    /// A prospect becomes a candidate by hand only, and Greenhouse would show this person twice.
    AlreadyProspect = "already_prospect", "This person is already a prospect in Greenhouse. Convert the prospect there, or send the application anyway: it creates a second profile, which can be merged by hand.";
    /// Two jobs on Jopwell are linked to the same job in Greenhouse.
    OtherApplication = "other_application", "Another application from this person to the same Greenhouse job is on its way. If that one arrives, this one needs nothing more.";
    Refused = "refused", "Greenhouse rejected this application. It is kept: fix what is wrong, then send it again.";
}

/// What became of a résumé's file.
///
/// ```json
/// "attached"
/// "offered"
/// "fetched"
/// "expired"
/// "not_offered"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResumeState {
    /// It waits together with its send.
    Attached,
    /// Greenhouse may fetch it, for 24 hours.
    Offered,
    /// Greenhouse fetched it, and the proxy deleted it.
    Fetched,
    /// Greenhouse did not fetch it within 24 hours, and the proxy deleted it.
    Expired,
    /// Greenhouse cannot reach the proxy, so only the link from Jopwell was sent.
    NotOffered,
}

impl ResumeState {
    pub const ALL: [Self; 5] = [
        Self::Attached,
        Self::Offered,
        Self::Fetched,
        Self::Expired,
        Self::NotOffered,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attached => "attached",
            Self::Offered => "offered",
            Self::Fetched => "fetched",
            Self::Expired => "expired",
            Self::NotOffered => "not_offered",
        }
    }
}

/// Answer to `GET /v1/applications`.
///
/// ```json
/// {
///   "applications": [
///     {
///       "idempotency_key": "k-2",
///       "external_id": "101",
///       "jopwell_job": {"id": "/jobs/310", "title": "Kiln Operator"},
///       "accepted_at": 1790000001000,
///       "state": "uncertain",
///       "since": 1790000060000
///     }
///   ],
///   "next": 41
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Applications {
    /// Newest first.
    pub applications: Vec<Application>,
    /// `before` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// `GET /v1/push`: where Jopwell's systems push applications.
///
/// ```json
/// {
///   "url": "https://atsi.example/hooks/jopwell/8f…/v1/applications",
///   "secret_made_at": 1790000000000,
///   "previous_secret_until": 1790086400000,
///   "received": [{"name": "accepted", "count": 12, "last_at": 1790000000000}]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Push {
    /// Absent until there is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_made_at: Option<Millis>,
    /// Until then the previous secret works as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Millis>,
    /// Counts by result: `accepted`, repetitions included, or the [`crate::ProblemCode`] of the answer. Version
    /// 0.1 called it `came`.
    #[serde(default, alias = "came", skip_serializing_if = "Vec::is_empty")]
    pub received: Vec<HookCount>,
}

/// Answer to `POST /v1/resumes`: a résumé's file that the proxy keeps for one send.
///
/// ```json
/// {
///   "id": "r_5f",
///   "file_name": "Imani Brooks.pdf",
///   "media_type": "application/pdf",
///   "size": 48213,
///   "expires_at": 1790003600000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resume {
    /// The value for `resume` of a send or an application.
    pub id: String,
    /// As Greenhouse shows it.
    pub file_name: String,
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Deleted then, unless a send refers to it.
    pub expires_at: Millis,
}

use crate::{HookCount, InGreenhouse, JopwellJob, Millis, Problem, Profile, SendState};
use serde::{Deserialize, Serialize};

/// Somebody applied to a job on Jopwell: `POST /v1/applications`, and what Jopwell's systems push.
///
/// They become a candidate on the linked Greenhouse job, once for each person and job, whoever tells
/// of it and however often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationRequest {
    /// The candidate's id on Jopwell.
    pub external_id: String,
    pub jopwell_job: JopwellJob,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<Millis>,
    pub profile: Profile,
    /// The id of a résumé that was handed over with `POST /v1/resumes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
}

/// Where an application stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Application {
    pub idempotency_key: String,
    pub external_id: String,
    /// The person's name, for as long as the application is not settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub jopwell_job: JopwellJob,
    /// The Greenhouse job, from the moment on which the application may leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<Millis>,
    pub accepted_at: Millis,
    /// Name or e-mail of the member whose browser saw it, or `Jopwell`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<ResumeState>,
    #[serde(flatten)]
    pub state: SendState,
    /// What it waits for, where its state is `waiting` and the reason `held`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

/// Why an application does not leave, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Held {
    pub reason: HoldReason,
    /// The same for a person.
    pub sentence: String,
    /// What Greenhouse said, where it refused the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Where this person is a prospect already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prospect: Option<InGreenhouse>,
}

macro_rules! hold_reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $sentence:literal;)*) => {
        /// What an application waits for.
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
    JobNotLinked = "job_not_linked", "The job on Jopwell is not linked to a job in Greenhouse yet. Link it, and the application goes there.";
    ApplicationsOff = "applications_off", "Applications to this job do not go to Greenhouse by themselves yet. Turn them on for the job, and those that wait go too.";
    ApplicationsPaused = "applications_paused", "Applications to this job are paused. They go as soon as the pause is over.";
    /// Closed, deleted, or hidden from the service user.
    JobNotOpen = "job_not_open", "The linked job is not open in Greenhouse. Open it there again, or link another one; the application is kept.";
    /// Greenhouse offers no way to make a prospect a candidate but by hand, and would show this person twice.
    AlreadyProspect = "already_prospect", "This person is a prospect in Greenhouse already. Convert the prospect there, or say that the application shall go all the same: it makes a second profile, which can be merged by hand.";
    /// Two jobs on Jopwell are linked to one in Greenhouse.
    OtherApplication = "other_application", "Another application of this person to the same Greenhouse job is on its way. This one needs nothing more where that one arrives.";
    Refused = "refused", "Greenhouse did not accept this application. It is kept: repair what is wrong, then send it again.";
}

/// What became of a résumé's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResumeState {
    /// It waits with its send.
    Attached,
    /// Greenhouse was told where to fetch it, for 24 hours.
    Offered,
    /// It was fetched, and is no longer here.
    Fetched,
    /// Nobody fetched it in 24 hours, and it is no longer here.
    Expired,
    /// The proxy has no address that Greenhouse could reach: only the link from Jopwell went along.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Applications {
    /// The newest first.
    pub applications: Vec<Application>,
    /// `before` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// `GET /v1/push`: where Jopwell's systems push applications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Push {
    /// Absent until a secret is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_made_at: Option<Millis>,
    /// Until when the secret before is good too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Millis>,
    /// What became of the pushes that came: `accepted`, repetitions included, or the code of the problem
    /// that one was answered with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub came: Vec<HookCount>,
}

/// A résumé's file that was handed over. Answer to `POST /v1/resumes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resume {
    /// What `resume` of a send or an application has to say.
    pub id: String,
    /// As Greenhouse will see it.
    pub file_name: String,
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Until then a send has to refer to it.
    pub expires_at: Millis,
}

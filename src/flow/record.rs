//! A send as the extension keeps it on disk, from the click on.

use crate::json::{FromJson, field, read_fields};
use atsi_protocol::{
    ApplicationRequest, InGreenhouse, Millis, Problem, ResumeState, Send, SendRequest, SendState,
    WaitReason,
};
use serde::Serialize;
use serde_json::Value;

/// Waits between attempts to reach the proxy: doubled from the first up to the last, in ms.
const FIRST_WAIT: Millis = 5_000;
const LONGEST_WAIT: Millis = 5 * 60_000;
/// How often the proxy is asked about a send that it is still working on: doubled likewise.
const FIRST_POLL: Millis = 1_000;
const LONGEST_POLL: Millis = 30_000;
/// How often it is asked about an application that waits for something or somebody.
const LONGEST_HOLD: Millis = 60_000;

const NO_PUBLIC_ADDRESS: &str = key!(
    "The résumé's file did not go along, only its link: the ATSi proxy has no public address from which Greenhouse could fetch it."
);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The idempotency key, made where the person pressed.
    pub key: String,
    pub external_id: String,
    /// Shown to the person who sent; never leaves the browser with anything but the send.
    pub name: String,
    pub asked_at: Millis,
    pub at: Whereabouts,
    pub attempts: u32,
    /// When something is due; none where the send is settled.
    pub due: Option<Millis>,
    /// The job on Jopwell, where it is an application to one.
    pub job: Option<String>,
    /// What the proxy holds an application for.
    pub hold: Option<Hold>,
    /// What a person has to know of the résumé's file.
    pub file: Option<String>,
    /// Why the person's last decision did not count. In memory only.
    #[serde(skip)]
    pub said: Option<String>,
    /// A request about this send is on its way. In memory only: after a restart nothing is.
    #[serde(skip)]
    pub in_flight: bool,
}

/// Of [`atsi_protocol::Held`] what a person needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    pub reason: String,
    pub sentence: String,
    /// What Greenhouse said.
    pub problem: Option<Problem>,
    /// Where the person is a prospect already.
    pub prospect: Option<InGreenhouse>,
}

read_fields! { Hold { reason, sentence, problem, prospect } }

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    /// Not yet taken by the proxy. Until then the request is kept as the very text that is posted, so
    /// that a repeated post is the same to the letter.
    Here {
        request: String,
        trouble: Option<Trouble>,
    },
    /// The proxy has it on disk; this is what it last said.
    AtProxy(SendState),
}

/// Why the proxy did not take a send, or did not answer a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    NoAnswer,
    /// Something answers there, and it is not an ATSi proxy.
    NotAProxy,
    NotConnected,
    Problem(Problem),
}

/// What a person needs to know of a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    Sending,
    Waiting(Wait<'a>),
    InGreenhouse(&'a InGreenhouse),
    Refused(&'a Problem),
    Uncertain,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait<'a> {
    /// For the proxy to take it.
    Proxy(&'a Trouble),
    /// For Greenhouse; with the time of the next attempt.
    Greenhouse(WaitReason, Option<Millis>),
}

impl FromJson for Record {
    fn from_json(json: &Value) -> Option<Self> {
        Some(Self {
            key: field(json, "key")?,
            external_id: field(json, "external_id")?,
            name: field(json, "name")?,
            asked_at: field(json, "asked_at")?,
            at: field(json, "at")?,
            attempts: field(json, "attempts")?,
            due: field(json, "due")?,
            job: field(json, "job")?,
            hold: field(json, "hold")?,
            file: field(json, "file")?,
            said: None,
            in_flight: false,
        })
    }
}

/// The part of the proxy's answer that only an application has.
pub struct Held(pub Option<Hold>);

impl FromJson for Held {
    fn from_json(json: &Value) -> Option<Self> {
        field(json, "held").map(Self)
    }
}

impl FromJson for Whereabouts {
    fn from_json(json: &Value) -> Option<Self> {
        match json.get("here") {
            Some(here) => Some(Self::Here {
                request: field(here, "request")?,
                trouble: field(here, "trouble")?,
            }),
            None => field(json, "at_proxy").map(Self::AtProxy),
        }
    }
}

impl FromJson for Trouble {
    fn from_json(json: &Value) -> Option<Self> {
        match json.as_str() {
            Some("no_answer") => Some(Self::NoAnswer),
            Some("not_a_proxy") => Some(Self::NotAProxy),
            Some("not_connected") => Some(Self::NotConnected),
            Some(_) => None,
            None => field(json, "problem").map(Self::Problem),
        }
    }
}

impl Record {
    #[must_use]
    pub fn new(key: String, name: String, now: Millis, request: &SendRequest) -> Self {
        let id = request.external_id.clone();
        Self::with(key, id, name, now, crate::json::write(request))
    }

    #[must_use]
    pub fn application(
        key: String,
        name: String,
        now: Millis,
        request: &ApplicationRequest,
    ) -> Self {
        let id = request.external_id.clone();
        Self {
            job: Some(request.jopwell_job.id.clone()),
            ..Self::with(key, id, name, now, crate::json::write(request))
        }
    }

    fn with(key: String, external_id: String, name: String, now: Millis, request: String) -> Self {
        Self {
            key,
            external_id,
            name,
            asked_at: now,
            at: Whereabouts::Here {
                request,
                trouble: None,
            },
            attempts: 0,
            due: Some(now),
            job: None,
            hold: None,
            file: None,
            said: None,
            in_flight: false,
        }
    }

    /// Says so where a file was handed over and Greenhouse cannot fetch it.
    pub fn learn_file(&mut self, send: &Send) {
        if send.resume == Some(ResumeState::NotOffered) {
            self.file = Some(NO_PUBLIC_ADDRESS.to_owned());
        }
    }

    /// Names the résumé's file in the request; none: no longer. What was asked of the proxy under this
    /// key before stays as it was.
    pub fn attach(&mut self, resume: Option<String>) {
        // The last field of both requests. To write a whole `Value` anew would cost the core 2 KB.
        const FIELD: &str = ",\"resume\":";
        let Whereabouts::Here { request, .. } = &mut self.at else {
            return;
        };
        if let Some(at) = request.rfind(FIELD) {
            request.truncate(at);
            request.push('}');
        }
        if let Some(id) = resume.filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric()))
            && request.pop().is_some()
        {
            request.push_str(&format!("{FIELD}\"{id}\"}}"));
        }
    }

    #[must_use]
    pub fn standing(&self) -> Standing<'_> {
        match &self.at {
            Whereabouts::Here { trouble: None, .. } => Standing::Sending,
            Whereabouts::Here {
                trouble: Some(trouble),
                ..
            } => Standing::Waiting(Wait::Proxy(trouble)),
            Whereabouts::AtProxy(state) => standing_of(state),
        }
    }

    /// Settled for good: nothing will happen to it without a person.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self.standing(),
            Standing::InGreenhouse(_) | Standing::Refused(_)
        )
    }

    /// Counted on the toolbar icon.
    #[must_use]
    pub fn waits_or_needs_decision(&self) -> bool {
        !self.is_final()
    }

    /// The proxy could not be asked; asks again later.
    pub fn not_taken(&mut self, now: Millis, why: Trouble) {
        self.attempts += 1;
        self.due = Some(now + doubled(FIRST_WAIT, LONGEST_WAIT, self.attempts));
        if let Whereabouts::Here { trouble, .. } = &mut self.at {
            *trouble = Some(why);
        }
    }

    /// The proxy said where the send stands. An outcome is never taken back by an older answer.
    pub fn learn(&mut self, now: Millis, state: SendState) {
        if self.is_final()
            && matches!(
                state,
                SendState::Waiting { .. } | SendState::Uncertain { .. }
            )
        {
            return;
        }
        // Somebody may have decided it elsewhere.
        if !matches!(
            state,
            SendState::Waiting {
                reason: WaitReason::Held,
                ..
            }
        ) {
            self.hold = None;
        }
        self.said = None;
        let was_here = matches!(self.at, Whereabouts::Here { .. });
        self.attempts = if was_here { 0 } else { self.attempts + 1 };
        self.due = match &state {
            // A web hook, a link or a switch may let it go while nobody looks.
            SendState::Waiting {
                reason: WaitReason::Held,
                ..
            } => Some(now + LONGEST_HOLD),
            SendState::Waiting { retry_at, .. } => {
                let poll = now + doubled(FIRST_POLL, LONGEST_POLL, self.attempts);
                Some(retry_at.map_or(poll, |at| at.clamp(now + FIRST_POLL, now + LONGEST_POLL)))
            }
            // A web hook may settle it at the proxy while nobody looks.
            SendState::Uncertain { .. } => Some(now + LONGEST_WAIT),
            SendState::Created(_) | SendState::Existing(_) | SendState::Refused { .. } => None,
        };
        self.at = Whereabouts::AtProxy(state);
    }
}

#[must_use]
pub fn standing_of(state: &SendState) -> Standing<'_> {
    match state {
        SendState::Waiting {
            reason: WaitReason::Sending,
            ..
        } => Standing::Sending,
        SendState::Waiting { reason, retry_at } => {
            Standing::Waiting(Wait::Greenhouse(*reason, *retry_at))
        }
        SendState::Created(there) | SendState::Existing(there) => Standing::InGreenhouse(there),
        SendState::Refused { problem } => Standing::Refused(problem),
        SendState::Uncertain { .. } => Standing::Uncertain,
    }
}

pub(super) fn doubled(first: Millis, longest: Millis, attempts: u32) -> Millis {
    first
        .saturating_mul(1 << attempts.saturating_sub(1).min(10))
        .min(longest)
}

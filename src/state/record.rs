//! A send as the extension keeps it on disk, from the click until it is settled.

use super::resume::ResumeNote;
use super::trouble::Trouble;
use atsi_protocol::{
    ApplicationRequest, HoldReason, InGreenhouse, Millis, Problem, ResumeState, Send, SendRequest,
    SendState, WaitReason,
};
use serde::{Deserialize, Deserializer, Serialize};

/// Waits between attempts to reach the proxy: doubled from the first up to the last, in ms.
const FIRST_WAIT: Millis = 5_000;
const LONGEST_WAIT: Millis = 5 * 60_000;
/// How often the proxy is asked about a send that it is still working on: doubled likewise.
const FIRST_POLL: Millis = 1_000;
const LONGEST_POLL: Millis = 30_000;
/// How often it is asked about an application that waits for something or somebody.
const LONGEST_HOLD: Millis = 60_000;

/// A send, or an application that goes out like one.
///
/// The JSON shape is that of version 0.1, whose records may still be on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The idempotency key, made where the person clicked.
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
    /// Why the proxy holds an application.
    pub hold: Option<Hold>,
    /// What a person has to know of the résumé's file.
    pub file: Option<ResumeNote>,
    /// Why the person's last decision failed. In memory only.
    #[serde(skip)]
    pub decision_trouble: Option<Trouble>,
    /// A request about this send is on its way. In memory only: after a restart none is.
    #[serde(skip)]
    pub in_flight: bool,
}

/// Of [`atsi_protocol::Held`] what a person needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// None: a reason that this version does not know.
    #[serde(deserialize_with = "known_reason")]
    pub reason: Option<HoldReason>,
    /// The same for a person, in English.
    pub sentence: String,
    /// What Greenhouse said.
    pub problem: Option<Problem>,
    /// Where the person is a prospect already.
    pub prospect: Option<InGreenhouse>,
}

fn known_reason<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<HoldReason>, D::Error> {
    let word = Option::<String>::deserialize(deserializer)?;
    let known = |reason: &&HoldReason| Some(reason.as_str()) == word.as_deref();
    Ok(HoldReason::ALL.iter().find(known).copied())
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Until the proxy takes it.
    Proxy(&'a Trouble),
    /// Until Greenhouse takes it; with the time of the next attempt.
    Greenhouse(WaitReason, Option<Millis>),
}

impl Record {
    #[must_use]
    pub fn new(key: String, name: String, now: Millis, request: &SendRequest) -> Self {
        let id = request.external_id.clone();
        Self::with(key, id, name, now, text_of(request))
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
            ..Self::with(key, id, name, now, text_of(request))
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
            decision_trouble: None,
            in_flight: false,
        }
    }

    /// Notes where Greenhouse cannot fetch the file that was handed over.
    pub fn learn_file(&mut self, send: &Send) {
        if send.resume == Some(ResumeState::NotOffered) {
            self.file = Some(ResumeNote::NoPublicAddress);
        }
    }

    /// Names the résumé's file in the request, or no file. A request that the proxy has taken stays as it
    /// was posted.
    pub fn attach(&mut self, resume: Option<String>) {
        let is_application = self.job.is_some();
        let Whereabouts::Here { request, .. } = &mut self.at else {
            return;
        };
        // A request that cannot be read is from another version; it goes as it is, without the file.
        let changed = match is_application {
            true => serde_json::from_str(request)
                .ok()
                .map(|request| text_of(&ApplicationRequest { resume, ..request })),
            false => serde_json::from_str(request)
                .ok()
                .map(|request| text_of(&SendRequest { resume, ..request })),
        };
        if let Some(changed) = changed {
            *request = changed;
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
        self.decision_trouble = None;
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

/// The text of a request. Its types have text keys only, so writing them cannot fail.
fn text_of(request: &impl Serialize) -> String {
    serde_json::to_string(request).unwrap_or_default()
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

/// `first` doubled with each further attempt, up to `longest`.
#[must_use]
pub fn doubled(first: Millis, longest: Millis, attempts: u32) -> Millis {
    first
        .saturating_mul(1 << attempts.saturating_sub(1).min(10))
        .min(longest)
}

#[cfg(test)]
mod tests;

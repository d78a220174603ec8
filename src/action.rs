//! What a click asks for. It leaves the core as a text in a view, and comes back from a page as the same
//! text; in between it is opaque to JavaScript.

use atsi_protocol::{JobSaveProblem, Role};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Everything that a button, a form or a finished task can report.
///
/// Printed as `verb` or `verb:about`; [`FromStr`] reads what [`fmt::Display`] prints. Values that may
/// contain any character (keys, job ids, texts of a page) come last in their action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send the candidate whose profile is open.
    Send,
    /// The same, for a candidate whose page shows one name only.
    SendWithOneName,
    /// Read the status of this Greenhouse candidate now.
    Sync(u64),
    OpenWelcome,
    OpenOptions,
    /// Retry the send with this key now.
    TryNow(String),
    /// Remove a settled send from the popup's list.
    Dismiss(String),
    /// An uncertain send did arrive; the form's text is the link to the profile.
    FoundInGreenhouse(String),
    /// An uncertain or held send goes out once more.
    SendAgain(String),

    /// Sort a Greenhouse list, or stop sorting it.
    ToggleJopwellFirst,
    /// Filter a Greenhouse list, or stop filtering it.
    ToggleOnlyJopwell,

    /// Set the status of the tracker row with this id.
    SetStatus(String),
    UndoStatus(String),
    SkipStatus(String),
    /// A page reports whether it set the status of this write-back.
    StatusSet {
        id: u64,
        is_set: bool,
    },

    PauseApplications,
    ResumeApplications,
    /// Send applications to this Jopwell job automatically.
    TurnOnApplications(String),
    TurnOffApplications(String),
    /// Link a Jopwell job to a Greenhouse job, from the panel of a list.
    LinkApplications {
        greenhouse_job: u64,
        jopwell_job: String,
    },
    /// Never send the held application with this key.
    DropApplication(String),

    /// Link the job of the open page to this Greenhouse job.
    LinkJob(u64),
    UnlinkJob,
    /// Show the choices for another link, or hide them.
    ChooseJob,
    /// Search Greenhouse jobs for the form's text.
    FindJobs,
    CopyTrackingLink,
    /// A page reports whether the link is on the clipboard.
    TrackingLinkCopied(bool),
    FillJobForm,
    /// A page reports whether the form had a field for the description.
    JobFormFilled(bool),
    ShowDifference,
    UndoJobSave(u64),
    /// A page reports how saving the job's form ended.
    JobSaved {
        id: u64,
        outcome: JobSaveOutcome,
    },

    /// Give a colleague this role.
    SetRole {
        member: u64,
        role: Role,
    },
    RemoveMember(u64),
    /// Remove a device that a company's policy signed in.
    RemoveDevice(u64),
    LeaveCompany(u64),
    /// Revoke an invitation, or a request for help with connecting.
    Revoke(u64),
    EndSession(u64),
    /// Deliver a callback once more.
    Redeliver(i64),
}

/// How saving a job's form on Jopwell ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobSaveOutcome {
    /// With what the form held before.
    Saved {
        before: String,
    },
    Failed(JobSaveProblem),
}

/// The text is not an action of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownAction;

impl fmt::Display for UnknownAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an action of this version of ATSi")
    }
}

impl std::error::Error for UnknownAction {}

impl Action {
    /// The verb, without what it is about: safe to show in a report.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::SendWithOneName => "send-one-name",
            Self::Sync(_) => "sync",
            Self::OpenWelcome => "open-welcome",
            Self::OpenOptions => "open-options",
            Self::TryNow(_) => "try-now",
            Self::Dismiss(_) => "dismiss",
            Self::FoundInGreenhouse(_) => "there",
            Self::SendAgain(_) => "send-again",
            Self::ToggleJopwellFirst | Self::ToggleOnlyJopwell => "list",
            Self::SetStatus(_) => "track-set",
            Self::UndoStatus(_) => "track-undo",
            Self::SkipStatus(_) => "track-skip",
            Self::StatusSet { .. } => "track-done",
            Self::PauseApplications => "apply-pause",
            Self::ResumeApplications => "apply-resume",
            Self::TurnOnApplications(_) => "apply-on",
            Self::TurnOffApplications(_) => "apply-off",
            Self::LinkApplications { .. } => "apply-link",
            Self::DropApplication(_) => "apply-drop",
            Self::LinkJob(_) => "job-link",
            Self::UnlinkJob => "job-unlink",
            Self::ChooseJob => "job-other",
            Self::FindJobs => "job-find",
            Self::CopyTrackingLink => "job-copy",
            Self::TrackingLinkCopied(_) => "job-copied",
            Self::FillJobForm => "job-fill",
            Self::JobFormFilled(_) => "job-filled",
            Self::ShowDifference => "job-difference",
            Self::UndoJobSave(_) => "job-undo",
            Self::JobSaved { .. } => "job-saved",
            Self::SetRole { .. } => "role",
            Self::RemoveMember(_) => "remove",
            Self::RemoveDevice(_) => "shut-out",
            Self::LeaveCompany(_) => "leave",
            Self::Revoke(_) => "revoke",
            Self::EndSession(_) => "end",
            Self::Redeliver(_) => "redeliver",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb())?;
        match self {
            Self::Send
            | Self::SendWithOneName
            | Self::OpenWelcome
            | Self::OpenOptions
            | Self::PauseApplications
            | Self::ResumeApplications
            | Self::UnlinkJob
            | Self::ChooseJob
            | Self::FindJobs
            | Self::CopyTrackingLink
            | Self::FillJobForm
            | Self::ShowDifference => Ok(()),
            Self::ToggleJopwellFirst => f.write_str(":first"),
            Self::ToggleOnlyJopwell => f.write_str(":only"),
            Self::TryNow(about)
            | Self::Dismiss(about)
            | Self::FoundInGreenhouse(about)
            | Self::SendAgain(about)
            | Self::SetStatus(about)
            | Self::UndoStatus(about)
            | Self::SkipStatus(about)
            | Self::TurnOnApplications(about)
            | Self::TurnOffApplications(about)
            | Self::DropApplication(about) => write!(f, ":{about}"),
            Self::Sync(id)
            | Self::LinkJob(id)
            | Self::UndoJobSave(id)
            | Self::RemoveMember(id)
            | Self::RemoveDevice(id)
            | Self::LeaveCompany(id)
            | Self::Revoke(id)
            | Self::EndSession(id) => write!(f, ":{id}"),
            Self::Redeliver(id) => write!(f, ":{id}"),
            Self::TrackingLinkCopied(done) | Self::JobFormFilled(done) => write!(f, ":{done}"),
            Self::StatusSet { id, is_set } => write!(f, ":{id}={is_set}"),
            Self::LinkApplications {
                greenhouse_job,
                jopwell_job,
            } => write!(f, ":{greenhouse_job}={jopwell_job}"),
            Self::JobSaved { id, outcome } => match outcome {
                JobSaveOutcome::Saved { before } => write!(f, ":{id}=={before}"),
                JobSaveOutcome::Failed(problem) => write!(f, ":{id}={}=", problem.as_str()),
            },
            Self::SetRole { member, role } => write!(f, ":{member}:{}", role_word(*role)),
        }
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Recruiter => "recruiter",
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        match text.split_once(':') {
            None => without_subject(text),
            Some((verb, about)) => with_subject(verb, about),
        }
        .ok_or(UnknownAction)
    }
}

fn without_subject(verb: &str) -> Option<Action> {
    Some(match verb {
        "send" => Action::Send,
        "send-one-name" => Action::SendWithOneName,
        "open-welcome" => Action::OpenWelcome,
        "open-options" => Action::OpenOptions,
        "apply-pause" => Action::PauseApplications,
        "apply-resume" => Action::ResumeApplications,
        "job-unlink" => Action::UnlinkJob,
        "job-other" => Action::ChooseJob,
        "job-find" => Action::FindJobs,
        "job-copy" => Action::CopyTrackingLink,
        "job-fill" => Action::FillJobForm,
        "job-difference" => Action::ShowDifference,
        _ => return None,
    })
}

fn with_subject(verb: &str, about: &str) -> Option<Action> {
    let text = || about.to_owned();
    let id = || whole_number(about);
    let done = |text: &str| match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    Some(match verb {
        "sync" => Action::Sync(id()?),
        "try-now" => Action::TryNow(text()),
        "dismiss" => Action::Dismiss(text()),
        "there" => Action::FoundInGreenhouse(text()),
        "send-again" => Action::SendAgain(text()),
        "list" => match about {
            "first" => Action::ToggleJopwellFirst,
            "only" => Action::ToggleOnlyJopwell,
            _ => return None,
        },
        "track-set" => Action::SetStatus(text()),
        "track-undo" => Action::UndoStatus(text()),
        "track-skip" => Action::SkipStatus(text()),
        "track-done" => {
            let (id, is_set) = about.split_once('=')?;
            Action::StatusSet {
                id: whole_number(id)?,
                is_set: done(is_set)?,
            }
        }
        "apply-on" => Action::TurnOnApplications(text()),
        "apply-off" => Action::TurnOffApplications(text()),
        "apply-link" => {
            let (greenhouse_job, jopwell_job) = about.split_once('=')?;
            Action::LinkApplications {
                greenhouse_job: whole_number(greenhouse_job)?,
                jopwell_job: jopwell_job.to_owned(),
            }
        }
        "apply-drop" => Action::DropApplication(text()),
        "job-link" => Action::LinkJob(id()?),
        "job-copied" => Action::TrackingLinkCopied(done(about)?),
        "job-filled" => Action::JobFormFilled(done(about)?),
        "job-undo" => Action::UndoJobSave(id()?),
        "job-saved" => {
            let (id, outcome) = about.split_once('=')?;
            Action::JobSaved {
                id: whole_number(id)?,
                outcome: job_save_outcome(outcome)?,
            }
        }
        "role" => {
            let (member, role) = about.split_once(':')?;
            let role = match role {
                "admin" => Role::Admin,
                "recruiter" => Role::Recruiter,
                _ => return None,
            };
            Action::SetRole {
                member: whole_number(member)?,
                role,
            }
        }
        "remove" => Action::RemoveMember(id()?),
        "shut-out" => Action::RemoveDevice(id()?),
        "leave" => Action::LeaveCompany(id()?),
        "revoke" => Action::Revoke(id()?),
        "end" => Action::EndSession(id()?),
        "redeliver" => Action::Redeliver(whole_number(about)?),
        _ => return None,
    })
}

/// Digits as Rust prints them, without a plus sign or a leading zero, so that each action has one text.
fn whole_number<N: FromStr + ToString>(text: &str) -> Option<N> {
    let number = text.parse::<N>().ok()?;
    (number.to_string() == text).then_some(number)
}

/// `PROBLEM=` or `=BEFORE`.
fn job_save_outcome(text: &str) -> Option<JobSaveOutcome> {
    let (problem, before) = text.split_once('=')?;
    if problem.is_empty() {
        let before = before.to_owned();
        return Some(JobSaveOutcome::Saved { before });
    }
    let known = JobSaveProblem::ALL
        .into_iter()
        .find(|known| known.as_str() == problem);
    known
        .filter(|_| before.is_empty())
        .map(JobSaveOutcome::Failed)
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;

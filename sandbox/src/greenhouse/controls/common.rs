//! What every hand control takes and gives.

use serde::Deserialize;
use time::OffsetDateTime;

use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::payload;
use crate::greenhouse::records::{Application, Event};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlError {
    NotFound(&'static str),
    Refused(String),
}

/// What the hand controls take, as a form or as JSON. Which fields matter depends on the control.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlInput {
    pub application_id: Option<u64>,
    pub stage_id: Option<u64>,
    /// A stage by its name, so that scripts need no ids.
    pub stage: Option<String>,
    pub job_id: Option<u64>,
    /// A prospect pool by its name; empty for none.
    pub pool: Option<String>,
    pub reason: Option<String>,
    pub source: Option<String>,
    pub into: Option<u64>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub title: Option<String>,
    pub company: Option<String>,
    /// Where the browser goes afterwards; only the form uses it.
    pub return_to: Option<String>,
}

/// What happened: the events to send and the sentence to show.
#[derive(Debug)]
pub struct ControlDone {
    pub events: Vec<Event>,
    pub notice: String,
}

impl Greenhouse {
    /// The application a control means: the named one, or the first.
    pub(super) fn chosen_application(
        &self,
        candidate_id: u64,
        input: &ControlInput,
    ) -> Result<&Application, ControlError> {
        let candidate = self
            .candidates
            .get(&candidate_id)
            .ok_or(ControlError::NotFound("candidate"))?;
        match input.application_id {
            Some(id) => candidate.application(id),
            None => candidate.applications.first(),
        }
        .ok_or(ControlError::NotFound("application"))
    }

    /// Changes one application and writes the change into the candidate's activity.
    pub(super) fn change(
        &mut self,
        candidate_id: u64,
        application_id: u64,
        now: OffsetDateTime,
        what: &str,
        change: impl FnOnce(&mut Application),
    ) {
        let who = self.signed_in_name();
        if let Some(candidate) = self.candidates.get_mut(&candidate_id) {
            if let Some(application) = candidate
                .applications
                .iter_mut()
                .find(|application| application.id == application_id)
            {
                change(application);
                application.last_activity_at = now;
            }
            candidate.log(now, &who, what);
        }
    }

    pub(super) fn done(
        &self,
        action: &'static str,
        candidate_id: u64,
        application_id: u64,
        notice: String,
    ) -> ControlDone {
        ControlDone {
            events: payload::application_event(self, action, candidate_id, application_id)
                .into_iter()
                .collect(),
            notice,
        }
    }
}

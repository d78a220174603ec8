//! What a person does by hand in the web app, and the webhooks that follow.

mod application;
mod common;
mod job;
mod person;

use time::OffsetDateTime;

use super::model::Greenhouse;
use super::records::Status;
use crate::switches::Switches;

pub use common::{ControlDone, ControlError, ControlInput};
pub use job::JobControlInput;

pub const CANDIDATE_CONTROLS: [&str; 12] = [
    "move",
    "pool",
    "reject",
    "unreject",
    "hire",
    "unhire",
    "convert",
    "source",
    "merge",
    "delete",
    "delete_application",
    "anonymize",
];

impl Greenhouse {
    /// Carries out one of [`CANDIDATE_CONTROLS`] (or `update`) and tells which web hooks it causes.
    pub fn control(
        &mut self,
        candidate_id: u64,
        control: &str,
        input: &ControlInput,
        switches: &Switches,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        if !self.candidates.contains_key(&candidate_id) {
            return Err(ControlError::NotFound("candidate"));
        }
        let done = match control {
            "move" => self.move_stage(candidate_id, input, now),
            "pool" => self.put_into_pool(candidate_id, input, now),
            "reject" => self.reject(candidate_id, input, now),
            "unreject" => self.reopen(candidate_id, input, Status::Rejected, now),
            "hire" => self.hire(candidate_id, input, now),
            "unhire" => self.reopen(candidate_id, input, Status::Hired, now),
            "convert" => self.convert(candidate_id, input, switches, now),
            "source" => self.change_source(candidate_id, input, now),
            "merge" => self.merge(candidate_id, input, now),
            "delete" => self.delete(candidate_id),
            "delete_application" => self.delete_application(candidate_id, input, now),
            "anonymize" => self.anonymize(candidate_id, now),
            "update" => self.update(candidate_id, input, now),
            _ => Err(ControlError::NotFound("control")),
        }?;
        if let Some(candidate) = self.candidates.get_mut(&candidate_id) {
            candidate.notice = Some(done.notice.clone());
        }
        Ok(done)
    }
}

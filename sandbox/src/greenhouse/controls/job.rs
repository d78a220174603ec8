//! Hand controls of a job and its post.

use serde::Deserialize;
use time::OffsetDateTime;

use super::common::{ControlDone, ControlError};
use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::payload;
use crate::greenhouse::records::{Event, JobStatus};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobControlInput {
    pub name: Option<String>,
    pub notes: Option<String>,
    pub content: Option<String>,
    pub location: Option<String>,
    pub return_to: Option<String>,
}

impl Greenhouse {
    /// Opens, closes or renames a job, or takes its post on and off the board; tells which web hooks that causes.
    pub fn job_control(
        &mut self,
        job_id: u64,
        control: &str,
        input: &JobControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == job_id) else {
            return Err(ControlError::NotFound("job"));
        };
        let (action, notice): (&'static str, &str) = match control {
            "close" if job.status == JobStatus::Closed => {
                return Err(ControlError::Refused(
                    "The job is closed already.".to_owned(),
                ));
            }
            "close" => {
                job.status = JobStatus::Closed;
                job.closed_at = Some(now);
                ("job_updated", "The job is closed.")
            }
            "open" => {
                job.status = JobStatus::Open;
                job.closed_at = None;
                ("job_updated", "The job is open.")
            }
            "update" => {
                if let Some(name) = &input.name {
                    job.name.clone_from(name);
                }
                if let Some(notes) = &input.notes {
                    job.notes.clone_from(notes);
                }
                ("job_updated", "Saved.")
            }
            "approve" => ("job_approved", "The job is approved."),
            "post_live" | "post_hidden" => {
                job.post.live = control == "post_live";
                job.post.updated_at = now;
                ("job_post_updated", "The job post was changed.")
            }
            "post_update" => {
                if let Some(title) = &input.name {
                    job.post.title.clone_from(title);
                }
                if let Some(content) = &input.content {
                    job.post.content.clone_from(content);
                }
                if let Some(location) = &input.location {
                    job.post.location.clone_from(location);
                }
                job.post.updated_at = now;
                ("job_post_updated", "The job post was changed.")
            }
            "delete" if job.status != JobStatus::Closed => {
                return Err(ControlError::Refused(
                    "Only a closed job can be deleted.".to_owned(),
                ));
            }
            "delete" => ("job_deleted", "The job was deleted."),
            _ => return Err(ControlError::NotFound("control")),
        };
        let event = payload::job_event(self, action, job_id);
        if control == "delete" {
            self.jobs.retain(|job| job.id != job_id);
        }
        Ok(ControlDone {
            events: event.into_iter().collect(),
            notice: notice.to_owned(),
        })
    }

    /// Creates an open job with the usual stages and a post that is not live yet.
    pub fn create_job(&mut self, name: &str, now: OffsetDateTime) -> (u64, Vec<Event>) {
        let job = self.new_job(name, "General", "Chicago", JobStatus::Open, false, now);
        let id = job.id;
        self.jobs.push(job);
        let events = ["job_created", "job_post_created"]
            .into_iter()
            .filter_map(|action| payload::job_event(self, action, id))
            .collect();
        (id, events)
    }
}

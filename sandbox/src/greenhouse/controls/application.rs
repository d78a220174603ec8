//! Hand controls of one application: its stage, its pool, its end.

use time::OffsetDateTime;

use super::common::{ControlDone, ControlError, ControlInput};
use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::payload;
use crate::greenhouse::records::{JobStatus, Named, Status};
use crate::switches::Switches;

impl Greenhouse {
    pub(super) fn move_stage(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if application.status != Status::Active {
            return Err(ControlError::Refused(
                "Only an active application can change its stage.".to_owned(),
            ));
        }
        let stages: &[Named] = if application.prospect {
            application
                .pool_id
                .and_then(|id| self.pool(id))
                .map(|pool| pool.stages.as_slice())
        } else {
            application
                .job_id
                .and_then(|id| self.job(id))
                .map(|job| job.stages.as_slice())
        }
        .unwrap_or_default();
        let stage = stages
            .iter()
            .find(|stage| match (input.stage_id, &input.stage) {
                (Some(id), _) => stage.id == id,
                (None, Some(name)) => stage.name.eq_ignore_ascii_case(name),
                (None, None) => false,
            })
            .cloned()
            .ok_or(ControlError::NotFound("stage"))?;
        let notice = format!("Moved to {}.", stage.name);
        self.change(
            candidate_id,
            application.id,
            now,
            &format!("Stage changed to {}.", stage.name),
            |application| {
                if application.prospect {
                    application.pool_stage_id = Some(stage.id);
                } else {
                    application.stage_id = Some(stage.id);
                }
            },
        );
        let action = if application.prospect {
            "application_updated"
        } else {
            "candidate_stage_change"
        };
        Ok(self.done(action, candidate_id, application.id, notice))
    }

    pub(super) fn put_into_pool(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?;
        if !application.prospect {
            return Err(ControlError::Refused(
                "Only a prospect can be in a pool.".to_owned(),
            ));
        }
        let application_id = application.id;
        let wanted = input.pool.as_deref().unwrap_or_default();
        let pool = (self.pools.iter()).find(|pool| pool.name.eq_ignore_ascii_case(wanted));
        if pool.is_none() && !wanted.is_empty() {
            return Err(ControlError::NotFound("pool"));
        }
        let notice = match pool {
            Some(pool) => format!("Put into {}.", pool.name),
            None => "Taken out of the pool.".to_owned(),
        };
        let pool_id = pool.map(|pool| pool.id);
        let stage_id = pool.and_then(|pool| Some(pool.stages.first()?.id));
        self.change(candidate_id, application_id, now, &notice, |application| {
            application.pool_id = pool_id;
            application.pool_stage_id = stage_id;
        });
        Ok(self.done("application_updated", candidate_id, application_id, notice))
    }

    pub(super) fn reject(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if application.status != Status::Active {
            return Err(ControlError::Refused(
                "Only an active application can be rejected.".to_owned(),
            ));
        }
        let reason = input
            .reason
            .clone()
            .unwrap_or_else(|| "Not a match right now".to_owned());
        self.change(
            candidate_id,
            application.id,
            now,
            &format!("Rejected: {reason}."),
            |application| {
                application.status = Status::Rejected;
                application.rejected_at = Some(now);
                application.rejection_reason = Some(reason);
            },
        );
        Ok(self.done(
            "reject_candidate",
            candidate_id,
            application.id,
            "Rejected.".to_owned(),
        ))
    }

    /// Unreject and unhire: back to active.
    pub(super) fn reopen(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        from: Status,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if application.status != from {
            return Err(ControlError::Refused(format!(
                "This application is not {}.",
                from.as_str()
            )));
        }
        let (action, what) = if from == Status::Hired {
            ("unhire_candidate", "Unhired")
        } else {
            ("unreject_candidate", "Unrejected")
        };
        self.change(
            candidate_id,
            application.id,
            now,
            &format!("{what}."),
            |application| {
                application.status = Status::Active;
                application.rejected_at = None;
                application.rejection_reason = None;
            },
        );
        Ok(self.done(
            action,
            candidate_id,
            application.id,
            format!("{what}: active again."),
        ))
    }

    pub(super) fn hire(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if application.prospect {
            return Err(ControlError::Refused(
                "Convert the prospect to a candidate first.".to_owned(),
            ));
        }
        if application.status != Status::Active {
            return Err(ControlError::Refused(
                "Only an active application can be hired.".to_owned(),
            ));
        }
        self.change(
            candidate_id,
            application.id,
            now,
            "Marked as hired.",
            |application| {
                application.status = Status::Hired;
            },
        );
        Ok(self.done(
            "hire_candidate",
            candidate_id,
            application.id,
            "Hired. Congratulations!".to_owned(),
        ))
    }

    pub(super) fn convert(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        switches: &Switches,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if !application.prospect {
            return Err(ControlError::Refused(
                "This is a candidate already.".to_owned(),
            ));
        }
        let job = input
            .job_id
            .or(application.job_id)
            .and_then(|id| self.job(id))
            .filter(|job| job.status == JobStatus::Open)
            .ok_or_else(|| {
                ControlError::Refused("Choose an open job to convert the prospect to.".to_owned())
            })?;
        let (job_id, job_name) = (job.id, job.name.clone());
        let first_stage = job.stages.first().map(|stage| stage.id);
        let mut events = Vec::new();
        let new_id = if switches.conversion_keeps_application_id {
            application.id
        } else {
            self.next_id()
        };
        if new_id != application.id {
            events.extend(payload::application_event(
                self,
                "delete_application",
                candidate_id,
                application.id,
            ));
        }
        self.change(
            candidate_id,
            application.id,
            now,
            &format!("Converted to a candidate for {job_name}."),
            |application| {
                application.id = new_id;
                application.prospect = false;
                application.job_id = Some(job_id);
                application.stage_id = first_stage;
                application.pool_id = None;
                application.pool_stage_id = None;
                application.prospect_owner_id = None;
                application.applied_at = now;
                application.status = Status::Active;
                application.rejected_at = None;
                application.rejection_reason = None;
            },
        );
        events.extend(payload::application_event(
            self,
            "new_candidate_application",
            candidate_id,
            new_id,
        ));
        Ok(ControlDone {
            events,
            notice: format!("Converted to a candidate for {job_name}."),
        })
    }
}

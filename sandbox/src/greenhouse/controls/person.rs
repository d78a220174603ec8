//! Hand controls of a person: source, merge, deletion, details.

use time::OffsetDateTime;

use super::common::{ControlDone, ControlError, ControlInput};
use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::payload;
use crate::greenhouse::records::Event;

impl Greenhouse {
    pub(super) fn change_source(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let name = input
            .source
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| ControlError::Refused("Name the source.".to_owned()))?
            .to_owned();
        let application_id = self.chosen_application(candidate_id, input)?.id;
        let source = self.source_named(&name);
        if let Some(candidate) = self.candidates.get_mut(&candidate_id) {
            candidate.source = Some(source);
        }
        self.change(
            candidate_id,
            application_id,
            now,
            &format!("Source changed to {name}."),
            |_| {},
        );
        Ok(self.done(
            "application_updated",
            candidate_id,
            application_id,
            format!("The source is now {name}."),
        ))
    }

    pub(super) fn merge(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let into = input
            .into
            .filter(|into| *into != candidate_id && self.candidates.contains_key(into))
            .ok_or_else(|| {
                ControlError::Refused("Choose another candidate to merge into.".to_owned())
            })?;
        let event = payload::person_event(
            self,
            "merge_candidate",
            candidate_id,
            "new_candidate_id",
            into.into(),
        );
        let who = self.signed_in_name();
        let Some(mut gone) = self.candidates.remove(&candidate_id) else {
            return Err(ControlError::NotFound("candidate"));
        };
        let notice = format!("{} was merged into this profile.", gone.name());
        if let Some(kept) = self.candidates.get_mut(&into) {
            kept.applications.append(&mut gone.applications);
            kept.emails.append(&mut gone.emails);
            kept.phone_numbers.append(&mut gone.phone_numbers);
            kept.attachments.append(&mut gone.attachments);
            kept.log(now, &who, notice.clone());
            kept.notice = Some(notice.clone());
        }
        Ok(ControlDone {
            events: event.into_iter().collect(),
            notice,
        })
    }

    pub(super) fn delete(&mut self, candidate_id: u64) -> Result<ControlDone, ControlError> {
        let application_ids: Vec<u64> = self
            .candidates
            .get(&candidate_id)
            .map(|candidate| {
                candidate
                    .applications
                    .iter()
                    .map(|application| application.id)
                    .collect()
            })
            .unwrap_or_default();
        let event = payload::person_event(
            self,
            "delete_candidate",
            candidate_id,
            "deleted_application_ids",
            application_ids.into(),
        );
        self.candidates.remove(&candidate_id);
        Ok(ControlDone {
            events: event.into_iter().collect(),
            notice: "Deleted.".to_owned(),
        })
    }

    pub(super) fn delete_application(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application_id = self.chosen_application(candidate_id, input)?.id;
        let done = self.done(
            "delete_application",
            candidate_id,
            application_id,
            "The application was deleted.".to_owned(),
        );
        let who = self.signed_in_name();
        if let Some(candidate) = self.candidates.get_mut(&candidate_id) {
            candidate
                .applications
                .retain(|application| application.id != application_id);
            candidate.log(now, &who, "An application was deleted.");
        }
        Ok(done)
    }

    pub(super) fn anonymize(
        &mut self,
        candidate_id: u64,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let fields = [
            "full_name",
            "current_company",
            "current_title",
            "phone_numbers",
            "emails",
            "social_media_links",
            "websites",
            "addresses",
            "location",
            "attachments",
            "notes",
            "external_id",
            "activity_items",
        ];
        if let Some(candidate) = self.candidates.get_mut(&candidate_id) {
            candidate.first_name = "Anonymized".to_owned();
            candidate.last_name = "Candidate".to_owned();
            candidate.company = None;
            candidate.title = None;
            candidate.external_id = None;
            candidate.phone_numbers.clear();
            candidate.emails.clear();
            candidate.addresses.clear();
            candidate.websites.clear();
            candidate.social_media.clear();
            candidate.attachments.clear();
            candidate.resume_url = None;
            candidate.notes = None;
            candidate.tags.clear();
            candidate.activity.clear();
            candidate.anonymized = true;
            candidate.updated_at = now;
        }
        Ok(ControlDone {
            events: vec![Event {
                action: "candidate_anonymized",
                payload: serde_json::json!({ "candidate_id": candidate_id, "anonymized_fields": fields }),
            }],
            notice: "Anonymized.".to_owned(),
        })
    }

    pub(super) fn update(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let who = self.signed_in_name();
        if let Some(candidate) = self.candidates.get_mut(&candidate_id) {
            if let Some(first_name) = &input.first_name {
                candidate.first_name.clone_from(first_name);
            }
            if let Some(last_name) = &input.last_name {
                candidate.last_name.clone_from(last_name);
            }
            if input.title.is_some() {
                candidate.title.clone_from(&input.title);
            }
            if input.company.is_some() {
                candidate.company.clone_from(&input.company);
            }
            candidate.log(now, &who, "Details were edited.");
        }
        Ok(ControlDone {
            events: payload::update_candidate(self, candidate_id)
                .into_iter()
                .collect(),
            notice: "Saved.".to_owned(),
        })
    }
}

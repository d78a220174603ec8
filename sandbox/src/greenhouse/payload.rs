//! The payloads of Recruiting web hooks, key by key as the Greenhouse web hook documentation prints them for each
//! action: which keys are there differs between actions, and receivers depend on it.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::model::Greenhouse;
use super::records::{Application, Candidate, Event, Job, Named, Typed, User};
use crate::clock::timestamp;

/// An event whose payload is `{"application": …}`.
pub fn application_event(
    greenhouse: &Greenhouse,
    action: &'static str,
    candidate_id: u64,
    application_id: u64,
) -> Option<Event> {
    let candidate = greenhouse.candidates.get(&candidate_id)?;
    let application = candidate.application(application_id)?;
    let body = match action {
        "delete_application" => deleted_application(greenhouse, candidate, application),
        "hire_candidate" => hired(greenhouse, candidate, application),
        _ => application_body(greenhouse, action, candidate, application),
    };
    Some(Event {
        action,
        payload: json!({ "application": body }),
    })
}

fn application_body(
    greenhouse: &Greenhouse,
    action: &str,
    candidate: &Candidate,
    application: &Application,
) -> Value {
    let source_key = match action {
        "new_candidate_application" | "application_updated" | "candidate_stage_change" => "name",
        _ => "public_name",
    };
    let with_interviews = !matches!(action, "reject_candidate" | "unreject_candidate");
    let mut body = json!({
        "id": application.id,
        "rejected_at": application.rejected_at.map(timestamp),
        "prospect": application.prospect,
        "status": application.status.as_str(),
        "applied_at": timestamp(application.applied_at),
        "last_activity_at": timestamp(application.last_activity_at),
        "url": Greenhouse::profile_url(candidate.id, application.id),
        "source": source(candidate, source_key),
        "credited_to": person(greenhouse, candidate.credited_to),
        "rejection_reason": application.rejection_reason.as_ref().map(|reason| json!({
            "id": 8_002, "name": reason, "type": { "id": 1, "name": "We rejected them" },
        })),
        "rejection_details": application.rejected_at.map(|_| json!({
            "custom_fields": {
                "custom_rejection_question_field": {
                    "name": "Was the feedback shared?", "type": "short_text", "value": "No",
                },
            },
        })),
        "current_stage": current_stage(greenhouse, application, with_interviews),
        "custom_fields": {},
        "candidate": candidate_body(greenhouse, action, candidate),
        "jobs": application
            .job_id
            .and_then(|id| greenhouse.job(id))
            .map(|job| job_in_application(greenhouse, action, job))
            .into_iter()
            .collect::<Vec<_>>(),
    });
    if let (true, Some(fields)) = (
        matches!(action, "new_candidate_application" | "application_updated"),
        body.as_object_mut(),
    ) {
        fields.insert(
            "prospect_detail".to_owned(),
            prospect_detail(greenhouse, application),
        );
    }
    body
}

fn hired(greenhouse: &Greenhouse, candidate: &Candidate, application: &Application) -> Value {
    let job = application.job_id.and_then(|id| greenhouse.job(id));
    let now = timestamp(application.last_activity_at);
    json!({
        "id": application.id,
        "opening": { "opening_id": "1", "custom_fields": [] },
        "credited_to": person(greenhouse, candidate.credited_to),
        "source": source(candidate, "public_name"),
        "url": Greenhouse::profile_url(candidate.id, application.id),
        "candidate": candidate_body(greenhouse, "hire_candidate", candidate),
        "job": job.map(|job| json!({
            "id": job.id,
            "name": job.name,
            "open_date": timestamp(job.opened_at),
            "close_date": job.closed_at.map(timestamp),
            "requisition_id": job.requisition_id,
            "departments": departments(job),
            "offices": offices(job),
            "custom_fields": job_custom_fields(job),
        })),
        "jobs": job.map(|job| json!({
            "id": job.id,
            "name": job.name,
            "requisition_id": job.requisition_id,
            "confidential": false,
            "opened_at": timestamp(job.opened_at),
            "closed_at": job.closed_at.map(timestamp),
            "departments": departments(job),
            "offices": offices(job),
            "custom_fields": job_custom_fields(job),
        })).into_iter().collect::<Vec<_>>(),
        "custom_fields": {},
        "offer": {
            "id": application.id + 7_000,
            "version": 1,
            "created_at": now,
            "sent_at": date(application.last_activity_at),
            "resolved_at": now,
            "starts_at": date(application.last_activity_at + time::Duration::days(30)),
            "custom_fields": {
                "salary": { "name": "Salary", "type": "currency", "value": { "amount": 90_000, "unit": "USD" } },
                "seasons": { "name": "Seasons", "type": "multi_select", "value": ["Autumn"] },
            },
        },
    })
}

fn deleted_application(
    greenhouse: &Greenhouse,
    candidate: &Candidate,
    application: &Application,
) -> Value {
    json!({
        "id": application.id,
        "candidate_id": candidate.id,
        "job_id": application.job_id,
        "created_at": timestamp(application.applied_at),
        "source_id": candidate.source.as_ref().map(|source| source.id),
        "candidate_rejection_reason_id": null,
        "rejection_note_id": null,
        "rejected_at": application.rejected_at.map(timestamp),
        "referrer_id": candidate.credited_to,
        "prospect": application.prospect,
        "rejected_by_user_id": application
            .rejected_at
            .and_then(|_| greenhouse.signed_in())
            .map(|user| user.id),
    })
}

/// `merge_candidate` and `delete_candidate`: the person that is gone, with one more key.
pub fn person_event(
    greenhouse: &Greenhouse,
    action: &'static str,
    candidate_id: u64,
    key: &str,
    value: Value,
) -> Option<Event> {
    let candidate = greenhouse.candidates.get(&candidate_id)?;
    let signed_in = greenhouse.signed_in().map(|user| user.id);
    let mut person = json!({
        "id": candidate.id,
        "first_name": candidate.first_name,
        "last_name": candidate.last_name,
        "company": candidate.company,
        "title": candidate.title,
        "created_at": timestamp(candidate.created_at),
        "headline": candidate.title,
        "is_private": false,
        "recruiter_user_id": signed_in,
        "coordinator_user_id": signed_in,
        "can_email": true,
    });
    if let Some(fields) = person.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
    Some(Event {
        action,
        payload: json!({ "person": person }),
    })
}

pub fn update_candidate(greenhouse: &Greenhouse, candidate_id: u64) -> Option<Event> {
    let candidate = greenhouse.candidates.get(&candidate_id)?;
    Some(Event {
        action: "update_candidate",
        payload: json!({ "candidate": candidate_body(greenhouse, "update_candidate", candidate) }),
    })
}

fn candidate_body(greenhouse: &Greenhouse, action: &str, candidate: &Candidate) -> Value {
    let recruiter = person(greenhouse, greenhouse.signed_in().map(|user| user.id));
    let mut body = json!({
        "id": candidate.id,
        "first_name": candidate.first_name,
        "last_name": candidate.last_name,
        "title": candidate.title,
        "company": candidate.company,
        "created_at": timestamp(candidate.created_at),
        "external_id": candidate.external_id,
        "photo_url": null,
        "url": format!("https://app.greenhouse.io/people/{}", candidate.id),
        "is_private": false,
        "can_email": true,
        "phone_numbers": typed(&candidate.phone_numbers),
        "email_addresses": typed(&candidate.emails),
        "addresses": typed(&candidate.addresses),
        "website_addresses": typed(&candidate.websites),
        "social_media_addresses": candidate
            .social_media
            .iter()
            .map(|url| json!({ "value": url }))
            .collect::<Vec<_>>(),
        "educations": [],
        "employments": [],
        "recruiter": recruiter,
        "coordinator": null,
        "attachments": candidate.attachments,
        "tags": candidate.tags,
        "custom_fields": {},
    });
    let absent: &[&str] = match action {
        "new_prospect_application" | "reject_candidate" | "unreject_candidate" => &["url"],
        "application_updated" => &["employments"],
        "hire_candidate" => &[
            "company",
            "created_at",
            "photo_url",
            "website_addresses",
            "social_media_addresses",
            "tags",
        ],
        "update_candidate" => &["is_private", "can_email"],
        _ => &[],
    };
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|key, _| !absent.contains(&key.as_str()));
    }
    body
}

fn job_in_application(greenhouse: &Greenhouse, action: &str, job: &Job) -> Value {
    let mut body = job_body(greenhouse, job);
    if let (true, Some(fields)) = (action == "new_candidate_application", body.as_object_mut()) {
        fields.insert(
            "url".to_owned(),
            format!("http://app.greenhouse.io/sdash/{}", job.id).into(),
        );
        fields.insert("hiring_team".to_owned(), hiring_team(greenhouse));
    }
    body
}

fn job_body(greenhouse: &Greenhouse, job: &Job) -> Value {
    json!({
        "id": job.id,
        "name": job.name,
        "requisition_id": job.requisition_id,
        "notes": job.notes,
        "confidential": false,
        "job_post_id": job.post.id,
        "status": job.status.as_str(),
        "created_by_id": greenhouse.signed_in().map(|user| user.id),
        "created_at": timestamp(job.created_at),
        "opened_at": timestamp(job.opened_at),
        "closed_at": job.closed_at.map(timestamp),
        "departments": departments(job),
        "offices": offices(job),
        "custom_fields": job_custom_fields(job),
    })
}

/// `job_…` and `job_post_…` events.
pub fn job_event(greenhouse: &Greenhouse, action: &'static str, job_id: u64) -> Option<Event> {
    let job = greenhouse.job(job_id)?;
    let payload = match action {
        "job_deleted" => json!({ "job": { "id": job.id, "name": job.name, "custom_fields": {} } }),
        "job_post_created" | "job_post_updated" => json!({
            "id": job.post.id,
            "title": job.post.title,
            "location": job.post.location,
            "content": job.post.content,
            "internal_content": null,
            "updated_at": timestamp(job.post.updated_at),
            "job_id": job.id,
            "external": true,
            "internal": false,
            "live": job.post.live,
            "questions": [
                { "required": true, "private": false, "label": "First Name", "type": "short_text", "values": [] },
                { "required": true, "private": false, "label": "Last Name", "type": "short_text", "values": [] },
                { "required": true, "private": false, "label": "Email", "type": "short_text", "values": [] },
            ],
        }),
        _ => {
            let mut body = job_body(greenhouse, job);
            if let Some(fields) = body.as_object_mut() {
                fields.insert("hiring_team".to_owned(), hiring_team(greenhouse));
                fields.insert(
                    "openings".to_owned(),
                    json!([{ "id": job.id + 1_000, "opening_id": "1", "custom_fields": [] }]),
                );
            }
            match action {
                "job_approved" => json!({
                    "approval_flow": { "approval_flow_type": "open_job" },
                    "job": body,
                }),
                _ => json!({ "job": body }),
            }
        }
    };
    Some(Event { action, payload })
}

/// What Greenhouse sends when a web hook is saved. Not in the documentation; seen in deliveries.
pub fn ping(id: u64, url: &str, event: &str, active: bool, now: OffsetDateTime) -> Event {
    let now = timestamp(now);
    let mut payload = json!({
        "web_hook_id": id,
        "endpoint_url": url,
        "created_at": now,
        "updated_at": now,
        "name": format!("Sandbox: {event}"),
        "event": event,
        "active": active,
    });
    if let Some(fields) = payload.as_object_mut() {
        fields.insert("content-type".to_owned(), "application/json".into());
    }
    Event {
        action: "ping",
        payload,
    }
}

fn typed(entries: &[Typed]) -> Value {
    json!(entries)
}

fn source(candidate: &Candidate, key: &str) -> Value {
    let Some(source) = &candidate.source else {
        return Value::Null;
    };
    let mut fields = Map::new();
    fields.insert("id".to_owned(), source.id.into());
    fields.insert(key.to_owned(), source.name.clone().into());
    Value::Object(fields)
}

fn person(greenhouse: &Greenhouse, id: Option<u64>) -> Value {
    id.and_then(|id| greenhouse.user(id))
        .map_or(Value::Null, |user: &User| {
            json!({
                "id": user.id,
                "email": user.email,
                "name": user.full_name(),
                "employee_id": employee_id(user),
            })
        })
}

fn employee_id(user: &User) -> String {
    format!("E{}", user.id / 1000)
}

fn hiring_team(greenhouse: &Greenhouse) -> Value {
    let member = greenhouse
        .signed_in()
        .map(|user| json!({ "user_id": user.id, "employee_id": employee_id(user) }));
    let members: Vec<&Value> = member.iter().collect();
    json!({
        "hiring_managers": members,
        "sourcers": [],
        "recruiters": members,
        "coordinators": [],
    })
}

fn current_stage(
    greenhouse: &Greenhouse,
    application: &Application,
    with_interviews: bool,
) -> Value {
    // A prospect has no stage, whatever its pool says: web hook documentation, common attributes.
    let (false, Some(id), Some(name)) = (
        application.prospect,
        application.stage_id,
        greenhouse.stage_name(application),
    ) else {
        return Value::Null;
    };
    let interviews = if with_interviews {
        json!([{
            "id": id + 500,
            "name": format!("{name} interview"),
            "status": "to_be_scheduled",
            "interview_kit": {
                "url": format!("https://app.greenhouse.io/guides/{id}/people/{}", application.id),
                "content": "",
                "questions": [],
            },
            "interviewers": [],
        }])
    } else {
        json!([])
    };
    json!({ "id": id, "name": name, "interviews": interviews })
}

fn prospect_detail(greenhouse: &Greenhouse, application: &Application) -> Value {
    let owner = application
        .prospect_owner_id
        .and_then(|id| greenhouse.user(id))
        .map(|user| json!({ "id": user.id, "name": user.full_name() }));
    let stage = application
        .pool_stage_id
        .zip(greenhouse.pool_stage_name(application))
        .map(|(id, name)| json!({ "id": id, "name": name }));
    let pool = application
        .pool_id
        .and_then(|id| greenhouse.pool(id))
        .map(|pool| json!({ "id": pool.id, "name": pool.name }));
    json!({ "prospect_owner": owner, "prospect_pool": pool, "prospect_stage": stage })
}

fn departments(job: &Job) -> Value {
    json!([{ "id": job.department.id, "name": job.department.name, "external_id": external(&job.department) }])
}

fn offices(job: &Job) -> Value {
    json!([{
        "id": job.office.id,
        "name": job.office.name,
        "location": format!("{}, United States", job.office.name),
        "external_id": external(&job.office),
    }])
}

fn external(named: &Named) -> String {
    named.name.to_lowercase().replace(' ', "-")
}

fn job_custom_fields(job: &Job) -> Value {
    json!({
        "employment_type": { "name": "Employment Type", "type": "single_select", "value": job.employment_type },
    })
}

fn date(at: OffsetDateTime) -> String {
    at.date().to_string()
}

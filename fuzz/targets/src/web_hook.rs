//! A body that claims to be a Greenhouse webhook.

use atsi_greenhouse::webhook::{CandidateRef, Event, Webhook, read};
use serde_json::{Value, json};

pub fn target(body: &[u8]) {
    let read_once = read(body);
    if let Ok(hook) = &read_once {
        check(hook);
    }
    // Keys that Greenhouse may add change nothing.
    if let Ok(Value::Object(mut body)) = serde_json::from_slice(body) {
        body.insert("new".to_owned(), json!({"id": 1}));
        if let Some(Value::Object(payload)) = body.get_mut("payload") {
            payload.insert("new".to_owned(), json!([null]));
        }
        let body = serde_json::to_vec(&body).unwrap();
        assert_eq!(read(&body), read_once);
    }
}

fn check(hook: &Webhook) {
    match &hook.event {
        Event::Application(application) => {
            check_id(application.application_id);
            check_candidate(&application.candidate);
            application.job_ids.iter().for_each(|&id| check_id(id));
            application.as_of.into_iter().for_each(check_time);
            check_names([&application.job, &application.stage]);
            assert!(!application.status.is_empty());
            assert!(!application.status.contains(char::is_control));
        }
        Event::ApplicationDeleted { application_id } => check_id(*application_id),
        Event::Merged { candidate_id, into } => {
            check_id(*candidate_id);
            check_id(*into);
        }
        Event::Erased { candidate_id } => check_id(*candidate_id),
        Event::Job(job) => {
            check_id(job.job_id);
            check_names([&job.name, &job.requisition, &job.location]);
        }
        Event::JobDeleted { job_id } => check_id(*job_id),
        Event::Post(post) => {
            check_id(post.job_id);
            check_names([&post.title, &post.location]);
        }
        Event::Nothing => {}
    }
}

fn check_names<const N: usize>(names: [&Option<String>; N]) {
    for text in names.into_iter().flatten() {
        assert!(!text.is_empty() && text.chars().count() <= 255);
        assert!(!text.contains(char::is_control));
    }
}

fn check_candidate(candidate: &CandidateRef) {
    check_id(candidate.candidate_id);
    candidate.created_at.into_iter().for_each(check_time);
    assert!(candidate.external_id.as_deref() != Some(""));
}

/// The database counts in 63 bits.
fn check_id(id: u64) {
    assert!(id > 0 && i64::try_from(id).is_ok());
}

fn check_time(millis: u64) {
    assert!(i64::try_from(millis).is_ok());
}

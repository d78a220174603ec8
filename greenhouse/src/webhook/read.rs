//! Reads a body tolerantly: keys come and go between Greenhouse's actions, and a body is malformed only
//! where it lacks what its action cannot do without.

use super::{
    Action, CandidateRef, Event, JobDetails, JobStatus, Malformed, PostDescription, PostDetails,
    Snapshot, Webhook, action::Subject,
};
use crate::{Millis, json, time::millis};
use serde_json::Value;

/// Longest name of a stage, job or place that is kept, in characters.
const MAX_NAME_CHARS: usize = 255;

/// Reads the body of a delivery.
///
/// # Errors
/// It is not JSON, or lacks what its action cannot do without.
pub fn read(body: &[u8]) -> Result<Webhook, Malformed> {
    let body: Value = json::read(body).map_err(|_| Malformed::NotJson)?;
    let word = body
        .get("action")
        .and_then(Value::as_str)
        .ok_or(Malformed::NoAction)?;
    let payload = body.get("payload").unwrap_or(&Value::Null);
    let action = word.parse().unwrap_or(Action::Other);
    let event = event(action, payload).ok_or(Malformed::NoId)?;
    Ok(Webhook { action, event })
}

/// Returns `None` where an id is missing.
fn event(action: Action, payload: &Value) -> Option<Event> {
    Some(match action.subject() {
        Subject::Application { rank } => {
            let application = payload.get("application")?;
            Event::Application(Box::new(snapshot(action, rank, application)?))
        }
        Subject::DeletedApplication => Event::ApplicationDeleted {
            application_id: id(payload.pointer("/application/id"))?,
        },
        Subject::MergedPerson => Event::Merged {
            candidate_id: id(payload.pointer("/person/id"))?,
            into: id(payload.pointer("/person/new_candidate_id"))?,
        },
        Subject::DeletedPerson => Event::Erased {
            candidate_id: id(payload.pointer("/person/id"))?,
        },
        Subject::AnonymizedCandidate => Event::Erased {
            candidate_id: id(payload.get("candidate_id"))?,
        },
        Subject::Job => Event::Job(Box::new(job(payload.get("job")?)?)),
        Subject::DeletedJob => Event::JobDeleted {
            job_id: id(payload.pointer("/job/id"))?,
        },
        Subject::Post => match id(payload.get("job_id")) {
            Some(job_id) => Event::Post(Box::new(PostDetails {
                job_id,
                title: payload.get("title").and_then(name),
                location: place(payload.get("location")),
                description: description(payload),
            })),
            // A post for prospects is on no job.
            None => Event::Nothing,
        },
        Subject::Nothing => Event::Nothing,
    })
}

fn description(post: &Value) -> Option<PostDescription> {
    if post.get("external").and_then(Value::as_bool) == Some(false) {
        return None;
    }
    Some(PostDescription {
        post_id: id(post.get("id"))?,
        live: post.get("live").and_then(Value::as_bool) == Some(true),
        html: post.get("content")?.as_str()?.to_owned(),
        changed_at: moment(post.get("updated_at")),
    })
}

fn job(job: &Value) -> Option<JobDetails> {
    let status = job.get("status").and_then(name).unwrap_or_default();
    Some(JobDetails {
        job_id: id(job.get("id"))?,
        name: job.get("name").and_then(name),
        status: match status.to_lowercase().as_str() {
            "open" => JobStatus::Open,
            "closed" => JobStatus::Closed,
            _ => JobStatus::Other,
        },
        requisition: job.get("requisition_id").and_then(name),
        location: place(job.pointer("/offices/0/location"))
            .or_else(|| job.pointer("/offices/0/name").and_then(name)),
    })
}

/// Reads a place: a text, or an object with a name.
fn place(location: Option<&Value>) -> Option<String> {
    let location = location?;
    name(location.get("name").unwrap_or(location))
}

fn snapshot(action: Action, rank: i64, application: &Value) -> Option<Snapshot> {
    let jobs: Vec<&Value> = match application.get("jobs").and_then(Value::as_array) {
        Some(jobs) if !jobs.is_empty() => jobs.iter().collect(),
        _ => application.get("job").into_iter().collect(),
    };
    let hired = action == Action::HireCandidate;
    let status = application.get("status").and_then(name);
    let is_rejected =
        (status.as_ref()).is_some_and(|status| status.eq_ignore_ascii_case("rejected"));
    Some(Snapshot {
        candidate: candidate(application.get("candidate")?)?,
        application_id: id(application.get("id"))?,
        // A hire has no such key, and nobody is hired as a prospect.
        is_prospect: application.get("prospect").and_then(Value::as_bool) == Some(true),
        job_ids: jobs.iter().filter_map(|job| id(job.get("id"))).collect(),
        job: jobs.first().and_then(|job| job.get("name")).and_then(name),
        // A hire comes without a status.
        status: match status {
            _ if hired => "hired".to_owned(),
            Some(status) => status.to_lowercase(),
            None => "unknown".to_owned(),
        },
        stage: application.pointer("/current_stage/name").and_then(name),
        pool: (application.get("prospect_detail"))
            .map(|detail| detail.pointer("/prospect_pool/name").and_then(name)),
        rejected_at: moment(application.get("rejected_at")).filter(|_| is_rejected && !hired),
        as_of: if hired {
            ["/offer/resolved_at", "/last_activity_at"]
                .iter()
                .find_map(|at| moment(application.pointer(at)))
        } else {
            moment(application.get("last_activity_at"))
        },
        rank,
        url: application
            .get("url")
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}

fn candidate(candidate: &Value) -> Option<CandidateRef> {
    let external_id = match candidate.get("external_id") {
        // External ids that we send have no control characters, and PostgreSQL cannot store a NUL.
        Some(Value::String(text)) if !text.is_empty() && !text.contains(char::is_control) => {
            Some(text.clone())
        }
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    Some(CandidateRef {
        candidate_id: id(candidate.get("id"))?,
        external_id,
        created_at: moment(candidate.get("created_at")),
    })
}

/// Greenhouse's ids are positive and fit 63 bits.
fn id(value: Option<&Value>) -> Option<u64> {
    value?
        .as_u64()
        .filter(|&id| id > 0 && i64::try_from(id).is_ok())
}

fn name(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    let text: String = text
        .chars()
        .filter(|letter| !letter.is_control())
        .take(MAX_NAME_CHARS)
        .collect();
    Some(text).filter(|text| !text.is_empty())
}

fn moment(value: Option<&Value>) -> Option<Millis> {
    millis(value?.as_str()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use strum::IntoEnumIterator;

    fn event_of(action: &str, payload: Value) -> Result<Event, Malformed> {
        let body = json!({"action": action, "payload": payload, "organization_id": 7});
        read(body.to_string().as_bytes()).map(|hook| hook.event)
    }

    /// As the documentation prints it. Source: Greenhouse webhooks, Candidate has changed stage.
    fn stage_change() -> Value {
        json!({"application": {
            "id": 265_277, "rejected_at": null, "prospect": false, "status": "active",
            "applied_at": "2013-03-22T00:00:00Z", "last_activity_at": "2015-02-09T16:38:36Z",
            "url": "https://app.greenhouse.io/people/265788?application_id= 265277",
            "source": {"id": 31, "name": "Jopwell"}, "credited_to": null,
            "rejection_reason": null, "rejection_details": null,
            "current_stage": {"id": 71_416, "name": " Assessment ", "interviews": []},
            "custom_fields": {}, "jobs": [{"id": 3485, "name": "Designer", "custom_fields": []}],
            "candidate": {"id": 265_788, "first_name": "Giuseppe", "external_id": "24680",
                          "created_at": "2015-02-09T16:38:36.123Z"},
        }})
    }

    #[test]
    fn prospect_pool_is_read_where_the_action_names_it() {
        let pool = |detail: Option<Value>| {
            let mut payload = stage_change();
            if let Some(detail) = detail {
                payload["application"]["prospect_detail"] = detail;
            }
            match event_of("application_updated", payload).unwrap() {
                Event::Application(snapshot) => snapshot.pool,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(pool(None), None);
        assert_eq!(pool(Some(json!({"prospect_pool": null}))), Some(None));
        let campus = json!({"prospect_pool": {"id": 5, "name": "Campus 2026"}});
        assert_eq!(pool(Some(campus)), Some(Some("Campus 2026".to_owned())));
    }

    #[test]
    fn stage_change_is_read() {
        assert_eq!(
            event_of("candidate_stage_change", stage_change()).unwrap(),
            Event::Application(Box::new(Snapshot {
                candidate: CandidateRef {
                    candidate_id: 265_788,
                    external_id: Some("24680".to_owned()),
                    created_at: Some(1_423_499_916_123),
                },
                application_id: 265_277,
                is_prospect: false,
                job_ids: vec![3485],
                job: Some("Designer".to_owned()),
                status: "active".to_owned(),
                rejected_at: None,
                stage: Some("Assessment".to_owned()),
                pool: None,
                as_of: Some(1_423_499_916_000),
                rank: 3,
                url: Some(
                    "https://app.greenhouse.io/people/265788?application_id= 265277".to_owned()
                ),
            }))
        );
    }

    #[test]
    fn hire_without_status_and_jobs_is_read() {
        let payload = json!({"application": {
            "id": 46_384_060, "opening": {"opening_id": "1234", "custom_fields": []},
            "candidate": {"id": 37_031_511, "external_id": null},
            "job": {"id": 209_709, "name": "Designer"}, "jobs": [],
            "offer": {"id": 1, "created_at": "2014-11-10T22:19:00Z", "sent_at": "2014-11-10",
                      "resolved_at": "2014-11-10T22:23:03Z"},
        }});
        let Event::Application(hire) = event_of("hire_candidate", payload).unwrap() else {
            panic!("not an application");
        };
        assert_eq!(
            (hire.status.as_str(), hire.job_ids),
            ("hired", vec![209_709])
        );
        assert_eq!(hire.as_of, Some(1_415_658_183_000));
    }

    #[test]
    fn half_of_a_surrogate_pair_costs_one_character_and_not_the_event() {
        let mut payload = stage_change();
        payload["application"]["current_stage"]["name"] = json!("Care lead CUT");
        let body = json!({"action": "candidate_stage_change", "payload": payload}).to_string();
        let Event::Application(snapshot) = read(body.replace("CUT", r"\ud83d").as_bytes())
            .unwrap()
            .event
        else {
            panic!("not an application");
        };
        assert_eq!(snapshot.stage.as_deref(), Some("Care lead \u{FFFD}"));
    }

    #[test]
    fn action_without_its_id_is_malformed_and_unused_action_is_ignored() {
        for action in Action::iter().map(Action::as_str) {
            let about_a_person = matches!(event_of(action, json!({})), Err(Malformed::NoId));
            let ignored = matches!(event_of(action, json!({})), Ok(Event::Nothing));
            assert!(about_a_person ^ ignored, "{action}");
        }
        assert_eq!(event_of("teapot_boiled", json!([1])), Ok(Event::Nothing));
        assert_eq!(read(b"{}"), Err(Malformed::NoAction));
        assert_eq!(read(b"action"), Err(Malformed::NotJson));
        for wrong in [json!(0), json!(-1), json!("1"), json!(1.5), json!(u64::MAX)] {
            let payload = json!({"candidate_id": wrong});
            assert_eq!(
                event_of("candidate_anonymized", payload),
                Err(Malformed::NoId)
            );
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(inner, 0..4).prop_map(|values| {
                    let keys = ["id", "candidate", "jobs", "status"];
                    keys.iter()
                        .map(|key| (*key).to_owned())
                        .zip(values)
                        .collect()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_body_is_survived(body: Vec<u8>) {
            let _ = read(&body);
        }

        /// Greenhouse may turn any optional key into anything; the ids are enough.
        #[test]
        fn strange_values_under_known_keys_are_survived(
            key in prop::sample::select(vec!["status", "current_stage", "jobs", "last_activity_at", "url", "new_key"]),
            value in any_json(),
        ) {
            let mut payload = stage_change();
            payload["application"][key] = value;
            let event = event_of("candidate_stage_change", payload);
            let read_it = matches!(&event, Ok(Event::Application(read)) if read.application_id == 265_277);
            prop_assert!(read_it, "{event:?}");
        }
    }
}

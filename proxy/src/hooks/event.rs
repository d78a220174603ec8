//! What a web hook says, read tolerantly: keys come and go between Greenhouse's actions, and only
//! what an action cannot do without makes it malformed. Source: Greenhouse web hooks, Events.

use atsi_protocol::{JobState, Millis};
use serde_json::Value;
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};

/// Longest stage, job or action that is kept, in characters.
const MAX_NAME_CHARS: usize = 255;

/// The actions that Greenhouse documents, and `ping`. Others are ignored, and counted as one.
const ACTIONS: [&str; 30] = [
    "application_updated",
    "candidate_anonymized",
    "candidate_stage_change",
    "delete_application",
    "delete_candidate",
    "department_deleted",
    "hire_candidate",
    "interview_deleted",
    "job_approved",
    "job_created",
    "job_deleted",
    "job_interview_stage_deleted",
    "job_post_created",
    "job_post_deleted",
    "job_post_updated",
    "job_updated",
    "merge_candidate",
    "new_candidate_application",
    "new_prospect_application",
    "offer_approved",
    "offer_created",
    "offer_deleted",
    "offer_updated",
    "office_deleted",
    "ping",
    "reject_candidate",
    "scorecard_deleted",
    "unhire_candidate",
    "unreject_candidate",
    "update_candidate",
];
const OTHER_ACTION: &str = "other";

/// A web hook, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// One of Greenhouse's actions, or `other`.
    pub action: &'static str,
    pub event: Event,
}

/// What follows from a web hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// How an application stood at a moment.
    Application(Box<Snapshot>),
    ApplicationDeleted {
        application_id: u64,
    },
    Merged {
        candidate_id: u64,
        into: u64,
    },
    /// Deleted or anonymised: what we hold has to go.
    Erased {
        candidate_id: u64,
    },
    Job(Box<JobSaid>),
    JobDeleted {
        job_id: u64,
    },
    Post(Box<PostSaid>),
    /// Nothing that we keep: a ping, a person's own data (which names no application, so it would not
    /// settle a send whole), an offer, an interview, a post for prospects, something new.
    Nothing,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSaid {
    pub job_id: u64,
    pub name: Option<String>,
    pub state: JobState,
    pub requisition: Option<String>,
    pub location: Option<String>,
}

/// How a post of a job reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostSaid {
    pub job_id: u64,
    pub title: Option<String>,
    pub location: Option<String>,
    /// Of a post that is meant for the public.
    pub description: Option<Description>,
}

/// What a post says of its job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub post_id: u64,
    /// Whether the post stands on a job board.
    pub live: bool,
    /// HTML as it came: harmful, where somebody made it so.
    pub html: String,
    /// Absent where the action brings no time.
    pub changed_at: Option<Millis>,
}

/// Who a web hook is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub candidate_id: u64,
    pub external_id: Option<String>,
    pub created_at: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub candidate: Seen,
    pub application_id: u64,
    pub is_prospect: bool,
    pub job_ids: Vec<u64>,
    /// The first job's name.
    pub job: Option<String>,
    /// `active`, `rejected`, `hired`, or a word of Greenhouse's that we do not know, in lower case.
    pub status: String,
    pub stage: Option<String>,
    /// The pool that a prospect is in. Absent where the action does not say.
    pub pool: Option<Option<String>>,
    /// When it was rejected, by Greenhouse's clock.
    pub rejected_at: Option<Millis>,
    /// When it stood so, by Greenhouse's clock. Absent where the action brings no time.
    pub as_of: Option<Millis>,
    /// Orders what happened at one moment.
    pub rank: i64,
    pub url: Option<String>,
}

/// Why a body is no web hook. Says nothing of what is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUnderstood {
    #[error("it is not JSON")]
    NotJson,
    #[error("it has no action")]
    NoAction,
    #[error("its action lacks an id")]
    NoId,
}

/// Reads the body of a delivery.
///
/// # Errors
/// It is no JSON, or lacks what its action cannot do without.
pub fn read(body: &[u8]) -> Result<Hook, NotUnderstood> {
    let body: Value = serde_json::from_slice(body).map_err(|_| NotUnderstood::NotJson)?;
    let action = body
        .get("action")
        .and_then(Value::as_str)
        .ok_or(NotUnderstood::NoAction)?;
    let payload = body.get("payload").unwrap_or(&Value::Null);
    let action = ACTIONS
        .into_iter()
        .find(|known| *known == action)
        .unwrap_or(OTHER_ACTION);
    let event = event(action, payload).ok_or(NotUnderstood::NoId)?;
    Ok(Hook { action, event })
}

/// `None` where an id is missing.
fn event(action: &str, payload: &Value) -> Option<Event> {
    Some(match action {
        "new_prospect_application"
        | "new_candidate_application"
        | "application_updated"
        | "candidate_stage_change"
        | "reject_candidate"
        | "unreject_candidate"
        | "hire_candidate"
        | "unhire_candidate" => {
            Event::Application(Box::new(snapshot(action, payload.get("application")?)?))
        }
        "delete_application" => Event::ApplicationDeleted {
            application_id: id(payload.pointer("/application/id"))?,
        },
        "merge_candidate" => Event::Merged {
            candidate_id: id(payload.pointer("/person/id"))?,
            into: id(payload.pointer("/person/new_candidate_id"))?,
        },
        "delete_candidate" => Event::Erased {
            candidate_id: id(payload.pointer("/person/id"))?,
        },
        "candidate_anonymized" => Event::Erased {
            candidate_id: id(payload.get("candidate_id"))?,
        },
        "job_created" | "job_updated" | "job_approved" => {
            Event::Job(Box::new(job(payload.get("job")?)?))
        }
        "job_deleted" => Event::JobDeleted {
            job_id: id(payload.pointer("/job/id"))?,
        },
        // A deleted post says nothing of what the job is called now.
        "job_post_created" | "job_post_updated" => match id(payload.get("job_id")) {
            Some(job_id) => Event::Post(Box::new(PostSaid {
                job_id,
                title: payload.get("title").and_then(name),
                location: place(payload.get("location")),
                description: description(payload),
            })),
            None => Event::Nothing,
        },
        _ => Event::Nothing,
    })
}

fn description(post: &Value) -> Option<Description> {
    if post.get("external").and_then(Value::as_bool) == Some(false) {
        return None;
    }
    Some(Description {
        post_id: id(post.get("id"))?,
        live: post.get("live").and_then(Value::as_bool) == Some(true),
        html: post.get("content")?.as_str()?.to_owned(),
        changed_at: millis(post.get("updated_at")),
    })
}

fn job(job: &Value) -> Option<JobSaid> {
    let status = job.get("status").and_then(name).unwrap_or_default();
    Some(JobSaid {
        job_id: id(job.get("id"))?,
        name: job.get("name").and_then(name),
        state: match status.to_lowercase().as_str() {
            "open" => JobState::Open,
            "closed" => JobState::Closed,
            // A draft, or a word that we do not know: not in the list of open jobs.
            _ => JobState::NotListed,
        },
        requisition: job.get("requisition_id").and_then(name),
        location: place(job.pointer("/offices/0/location"))
            .or_else(|| job.pointer("/offices/0/name").and_then(name)),
    })
}

/// A place is its name, or an object that has one.
fn place(location: Option<&Value>) -> Option<String> {
    let location = location?;
    name(location.get("name").unwrap_or(location))
}

fn snapshot(action: &str, application: &Value) -> Option<Snapshot> {
    let jobs: Vec<&Value> = match application.get("jobs").and_then(Value::as_array) {
        Some(jobs) if !jobs.is_empty() => jobs.iter().collect(),
        _ => application.get("job").into_iter().collect(),
    };
    let hired = action == "hire_candidate";
    let status = application.get("status").and_then(name);
    let is_rejected =
        (status.as_ref()).is_some_and(|status| status.eq_ignore_ascii_case("rejected"));
    Some(Snapshot {
        candidate: seen(application.get("candidate")?)?,
        application_id: id(application.get("id"))?,
        // A hire does not say, and nobody is hired as a prospect.
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
        rejected_at: millis(application.get("rejected_at")).filter(|_| is_rejected && !hired),
        as_of: if hired {
            ["/offer/resolved_at", "/last_activity_at"]
                .iter()
                .find_map(|at| millis(application.pointer(at)))
        } else {
            millis(application.get("last_activity_at"))
        },
        rank: match action {
            "new_prospect_application" | "new_candidate_application" => 1,
            "application_updated" => 2,
            "candidate_stage_change" => 3,
            "unreject_candidate" | "unhire_candidate" => 4,
            "reject_candidate" => 5,
            _ => 6,
        },
        url: application
            .get("url")
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}

fn seen(candidate: &Value) -> Option<Seen> {
    let external_id = match candidate.get("external_id") {
        // None of ours has a control character, and PostgreSQL holds no NUL.
        Some(Value::String(text)) if !text.is_empty() && !text.contains(char::is_control) => {
            Some(text.clone())
        }
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    Some(Seen {
        candidate_id: id(candidate.get("id"))?,
        external_id,
        created_at: millis(candidate.get("created_at")),
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

/// ISO 8601 with or without milliseconds; a bare date is its beginning.
fn millis(value: Option<&Value>) -> Option<Millis> {
    let text = value?.as_str()?.trim();
    let at = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
        let date = time::macros::format_description!("[year]-[month]-[day]");
        Some(Date::parse(text, date).ok()?.midnight().assume_utc())
    })?;
    Millis::try_from(at.unix_timestamp_nanos() / 1_000_000)
        .ok()
        .filter(|&at| i64::try_from(at).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn event_of(action: &str, payload: Value) -> Result<Event, NotUnderstood> {
        let body = json!({"action": action, "payload": payload, "organization_id": 7});
        read(body.to_string().as_bytes()).map(|hook| hook.event)
    }

    /// Key by key as the documentation prints it (webhook-shapes.md, `candidate_stage_change`).
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
    fn the_pool_of_a_prospect_is_read_where_the_action_says_it() {
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
    fn a_stage_change_is_read() {
        assert_eq!(
            event_of("candidate_stage_change", stage_change()).unwrap(),
            Event::Application(Box::new(Snapshot {
                candidate: Seen {
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
    fn a_hire_has_its_own_shape() {
        let payload = json!({"application": {
            "id": 46_384_060, "opening": {"opening_id": "1234", "custom_fields": []},
            "candidate": {"id": 37_031_511, "external_id": null},
            "job": {"id": 209_709, "name": "Designer"}, "jobs": [],
            "offer": {"id": 1, "created_at": "2014-11-10T22:19:00Z", "sent_at": "2014-11-10",
                      "resolved_at": "2014-11-10T22:23:03Z"},
        }});
        let Event::Application(hire) = event_of("hire_candidate", payload).unwrap() else {
            panic!("no application");
        };
        assert_eq!(
            (hire.status.as_str(), hire.job_ids),
            ("hired", vec![209_709])
        );
        assert_eq!(hire.as_of, Some(1_415_658_183_000));
    }

    #[test]
    fn what_is_not_kept_is_ignored_and_what_lacks_an_id_is_malformed() {
        for action in ACTIONS {
            let about_a_person = matches!(event_of(action, json!({})), Err(NotUnderstood::NoId));
            let ignored = matches!(event_of(action, json!({})), Ok(Event::Nothing));
            assert!(about_a_person ^ ignored, "{action}");
        }
        assert_eq!(event_of("teapot_boiled", json!([1])), Ok(Event::Nothing));
        assert_eq!(read(b"{}"), Err(NotUnderstood::NoAction));
        assert_eq!(read(b"action"), Err(NotUnderstood::NotJson));
        for wrong in [json!(0), json!(-1), json!("1"), json!(1.5), json!(u64::MAX)] {
            let payload = json!({"candidate_id": wrong});
            assert_eq!(
                event_of("candidate_anonymized", payload),
                Err(NotUnderstood::NoId)
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
        fn no_body_breaks_it(body: Vec<u8>) {
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

use super::*;
use crate::state::resume::ResumeProblem;
use atsi_protocol::ProblemCode;
use serde_json::{Value, json};

/// Records as version 0.1 wrote them into IndexedDB.
const OF_VERSION_0_1: [&str; 4] = [
    r#"{"key":"k-1","external_id":"101","name":"Imani Okafor","asked_at":1790000000000,"at":{"here":{"request":"{\"external_id\":\"101\",\"profile\":{}}","trouble":null}},"attempts":0,"due":1790000000000,"job":null,"hold":null,"file":null}"#,
    r#"{"key":"k-2","external_id":"102","name":"Noor","asked_at":1,"at":{"here":{"request":"{}","trouble":{"problem":{"type":"/problems/still_running","title":"…","status":409,"code":"still_running"}}}},"attempts":3,"due":9,"job":"/jobs/310","hold":null,"file":"The résumé's file did not go along: the file is empty."}"#,
    r#"{"key":"k-3","external_id":"103","name":"Surya","asked_at":1,"at":{"at_proxy":{"state":"waiting","reason":"held"}},"attempts":1,"due":9,"job":"/jobs/310","hold":{"reason":"already_prospect","sentence":"A prospect.","problem":null,"prospect":{"candidate_id":60000000001,"profile_url":"https://app.greenhouse.io/people/60000000001"}},"file":null}"#,
    r#"{"key":"k-4","external_id":"104","name":"Ada","asked_at":1,"at":{"at_proxy":{"state":"created","candidate_id":18446744073709551615,"application_id":273686618002,"profile_url":"https://app.greenhouse.io/people/18446744073709551615"}},"attempts":0,"due":null,"job":null,"hold":null,"file":null}"#,
];

#[test]
fn records_of_version_0_1_are_read_and_keep_their_shape() {
    for text in OF_VERSION_0_1 {
        let record: Record = serde_json::from_str(text).unwrap();
        assert!(!record.in_flight);
        let stored: Value = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_value(&record).unwrap(), stored);
    }
}

#[test]
fn greenhouse_id_past_2_pow_53_stays_exact() {
    let record: Record = serde_json::from_str(OF_VERSION_0_1[3]).unwrap();
    let Standing::InGreenhouse(there) = record.standing() else {
        panic!("{record:?}")
    };
    assert_eq!(there.candidate_id, u64::MAX);
    let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
    assert_eq!(again, record);
}

#[test]
fn resume_note_of_each_version_is_read_as_it_was_written() {
    for (note, written) in [
        (ResumeNote::NoPublicAddress, json!("no_public_address")),
        (
            ResumeNote::NotRead(ResumeProblem::Status(503)),
            json!({"not_read": "status 503"}),
        ),
        (
            ResumeNote::NotTaken(Trouble::NoAnswer),
            json!({"not_taken": "no_answer"}),
        ),
        (
            ResumeNote::Sentence("The file is empty.".into()),
            json!("The file is empty."),
        ),
    ] {
        assert_eq!(serde_json::to_value(&note).unwrap(), written);
        assert_eq!(serde_json::from_value::<ResumeNote>(written).unwrap(), note);
    }
}

#[test]
fn hold_for_a_reason_of_a_newer_proxy_is_kept_with_its_sentence() {
    let hold: Hold =
        serde_json::from_str(r#"{"reason":"full_moon","sentence":"Wait for it."}"#).unwrap();
    assert_eq!((hold.reason, &*hold.sentence), (None, "Wait for it."));
}

#[test]
fn attaching_a_file_changes_nothing_else_in_the_request() {
    let profile =
        json!({"first_name": "Imani", "last_name": "Okafor", "notes": ",\"resume\":\"no\"}"});
    let send = json!({"external_id": "101", "profile": profile});
    let application = json!({"external_id": "101", "profile": profile,
        "jopwell_job": {"id": "/jobs/310", "title": "Kiln"}, "applied_at": 5});
    for (request, job) in [(send, None), (application, Some("/jobs/310".to_owned()))] {
        let mut record: Record = serde_json::from_str(OF_VERSION_0_1[0]).unwrap();
        record.job = job;
        record.at = Whereabouts::Here {
            request: request.to_string(),
            trouble: None,
        };
        let request_of = |record: &Record| -> Value {
            match &record.at {
                Whereabouts::Here { request, .. } => serde_json::from_str(request).unwrap(),
                Whereabouts::AtProxy(_) => panic!("{record:?}"),
            }
        };
        record.attach(None);
        let without = request_of(&record);
        record.attach(Some("f00d".into()));
        let mut with = without.clone();
        with["resume"] = json!("f00d");
        assert_eq!(request_of(&record), with);
        record.attach(None);
        assert_eq!(request_of(&record), without);
        assert_eq!(without["profile"]["notes"], request["profile"]["notes"]);
    }
}

#[test]
fn settled_send_is_not_unsettled_by_an_older_answer() {
    let mut record: Record = serde_json::from_str(OF_VERSION_0_1[3]).unwrap();
    record.learn(5, SendState::Uncertain { since: 1 });
    assert!(record.is_final());
    let problem = Problem::new(ProblemCode::CandidateErased);
    record.learn(6, SendState::Refused { problem });
    assert!(matches!(record.standing(), Standing::Refused(_)));
}

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;

use crate::json;
use crate::rate_limit::RateLimit;
use crate::request::is_web_address;

/// The value of an answer, and the rate limit in its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    pub value: T,
    pub rate_limit: RateLimit,
}

/// The acting user (Greenhouse Candidate Ingestion API, `GET /current_user`). At least one of `id`
/// and `email` is present.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct User {
    #[serde(default, deserialize_with = "optional_id")]
    pub id: Option<u64>,
    #[serde(default, deserialize_with = "optional")]
    pub full_name: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub first_name: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub last_name: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub email: Option<String>,
}

/// A job the acting user can see (Greenhouse Candidate Ingestion API, `GET /jobs`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Job {
    #[serde(deserialize_with = "id")]
    pub id: u64,
    /// The internal name, not the title on the job board; empty where Greenhouse has none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// Documented as always `open`.
    #[serde(default, deserialize_with = "optional")]
    pub status: Option<String>,
    /// Whether a post of this job is live on any board.
    #[serde(default, deserialize_with = "null_as_default")]
    pub public: bool,
}

/// Greenhouse Candidate Ingestion API, `GET /prospect_pools`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProspectPool {
    #[serde(deserialize_with = "id")]
    pub id: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// In the order configured in Greenhouse.
    #[serde(default, deserialize_with = "null_as_default")]
    pub stages: Vec<ProspectPoolStage>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProspectPoolStage {
    #[serde(deserialize_with = "id")]
    pub id: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
}

/// A candidate as read back (Greenhouse Candidate Ingestion API, `GET /candidates`).
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Candidate {
    #[serde(deserialize_with = "id")]
    pub id: u64,
    #[serde(default, deserialize_with = "optional")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    pub external_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub applications: Vec<Application>,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Application {
    #[serde(deserialize_with = "id")]
    pub id: u64,
    /// The name of the job; this call gives no job id. `None` for a prospect on no job.
    #[serde(default, deserialize_with = "optional")]
    pub job: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub status: Option<ApplicationStatus>,
    /// The name of the stage.
    #[serde(default, deserialize_with = "optional")]
    pub stage: Option<String>,
    /// `http` or `https`; opens for a person signed in to Greenhouse.
    #[serde(default, deserialize_with = "optional_web_address")]
    pub profile_url: Option<String>,
}

/// Documented in lower case and printed with a capital: compared without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicationStatus {
    Active,
    Rejected,
    Hired,
    /// A status that is not documented, as it came.
    Other(String),
}

/// The created candidate (Greenhouse Candidate Ingestion API, `POST /candidates`).
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct CreatedCandidate {
    #[serde(deserialize_with = "id")]
    pub id: u64,
    #[serde(default, deserialize_with = "optional_id")]
    pub application_id: Option<u64>,
    #[serde(default, deserialize_with = "text_or_number")]
    pub external_id: Option<String>,
    /// `http` or `https`; opens for a person signed in to Greenhouse.
    #[serde(default, deserialize_with = "optional_web_address")]
    pub profile_url: Option<String>,
}

/// A link to a job post that credits the partner and the acting user for everybody who applies
/// through it (Greenhouse Candidate Ingestion API, `POST /tracking_link`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TrackingLink {
    /// `http` or `https`.
    #[serde(deserialize_with = "web_address")]
    pub tracking_link: String,
    /// The name of the job.
    #[serde(default, deserialize_with = "optional")]
    pub job: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub source: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub referrer: Option<String>,
}

// The readers give `None` instead of serde_json's error, because its text repeats values.

pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    json::read(body).ok()
}

pub(crate) fn read_user(body: &[u8]) -> Option<User> {
    // Each field alone is optional; without this, any JSON object would pass for a user.
    read(body).filter(|user: &User| user.id.is_some() || user.email.is_some())
}

/// `GET /candidates` is documented to answer with an array and printed with a bare object.
pub(crate) fn read_candidates(body: &[u8]) -> Option<Vec<Candidate>> {
    one_or_many(body)
}

/// One object was sent, so one comes back, bare or in an array.
pub(crate) fn read_created(body: &[u8]) -> Option<CreatedCandidate> {
    let mut created = one_or_many(body)?;
    let one = created.pop();
    one.filter(|_| created.is_empty())
}

fn one_or_many<T: DeserializeOwned>(body: &[u8]) -> Option<Vec<T>> {
    match read(body)? {
        Value::Array(items) => (items.into_iter())
            .map(|item| serde_json::from_value(item).ok())
            .collect(),
        item => serde_json::from_value(item).ok().map(|item| vec![item]),
    }
}

fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a malformed value as absent: the rest of the answer matters more, above all after a candidate was
/// created.
fn optional<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Greenhouse's ids are positive and fit 63 bits.
fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let id = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    };
    Ok(id.filter(|&id| id > 0 && i64::try_from(id).is_ok()))
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    optional_id(deserializer)?.ok_or_else(|| D::Error::custom("not an id"))
}

fn optional_web_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(optional(deserializer)?.filter(|text: &String| is_web_address(text)))
}

fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_web_address(deserializer)?.ok_or_else(|| D::Error::custom("not a web address"))
}

impl<'de> Deserialize<'de> for ApplicationStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(match text.trim().to_lowercase().as_str() {
            "active" => Self::Active,
            "rejected" => Self::Rejected,
            "hired" => Self::Hired,
            _ => Self::Other(text),
        })
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("id", &self.id)
            .field("applications", &self.applications)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CreatedCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedCandidate")
            .field("id", &self.id)
            .field("application_id", &self.application_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// Any JSON, its keys mostly those of this API, so that the typed readers get past the first
    /// look.
    pub(crate) fn json() -> impl Strategy<Value = Value> {
        let key = prop_oneof![
            4 => prop::sample::select(vec![
                "id", "email", "name", "full_name", "external_id", "applications", "job", "status",
                "stage", "stages", "profile_url", "application_id", "tracking_link", "public",
                "errors", "message", "field",
            ]).prop_map(str::to_owned),
            1 => ".{0,6}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            Just(Value::from("https://app.greenhouse.io/people/1")),
        ];
        leaf.prop_recursive(4, 48, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..8)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    fn survives(body: &[u8]) {
        read_user(body);
        read::<Vec<Job>>(body);
        read::<Vec<ProspectPool>>(body);
        read_candidates(body);
        read_created(body);
        read::<TrackingLink>(body);
    }

    proptest! {
        #[test]
        fn any_json_is_survived(body in json()) {
            survives(body.to_string().as_bytes());
        }

        #[test]
        fn any_bytes_are_survived(body in prop::collection::vec(any::<u8>(), 0..300)) {
            survives(&body);
        }

        #[test]
        fn one_candidate_reads_the_same_bare_and_in_an_array(
            id in 1..=i64::MAX.unsigned_abs(),
            rest in json(),
        ) {
            let candidate = json!({"id": id, "applications": [], "rest": rest});
            let bare = read_candidates(candidate.to_string().as_bytes());
            prop_assert_eq!(bare.as_ref().map(Vec::len), Some(1));
            prop_assert_eq!(bare, read_candidates(json!([candidate]).to_string().as_bytes()));
        }
    }

    #[test]
    fn nesting_without_end_is_refused() {
        survives("[".repeat(200_000).as_bytes());
        assert_eq!(read_candidates("[".repeat(200_000).as_bytes()), None);
    }

    #[test]
    fn status_is_read_in_any_case_and_kept_where_unknown() {
        let read = |status: Value| {
            let body = json!([{"id": 7, "applications": [{"id": 8, "status": status}]}]);
            read_candidates(body.to_string().as_bytes()).unwrap()[0].applications[0]
                .status
                .clone()
        };
        assert_eq!(read(json!("Active")), Some(ApplicationStatus::Active));
        assert_eq!(read(json!("REJECTED")), Some(ApplicationStatus::Rejected));
        assert_eq!(read(json!(" hired ")), Some(ApplicationStatus::Hired));
        assert_eq!(
            read(json!("Converted")),
            Some(ApplicationStatus::Other("Converted".into()))
        );
        assert_eq!(read(Value::Null), None);
        assert_eq!(read(json!(3)), None);
    }

    #[test]
    fn absent_null_and_unknown_are_all_read() {
        let candidates =
            read_candidates(br#"[{"id":273686618002},{"id":"12","name":null,"external_id":24,"applications":null,"tags":[]}]"#)
                .unwrap();
        assert_eq!(candidates[0].id, 273_686_618_002);
        assert_eq!(candidates[0].applications, []);
        assert_eq!(candidates[1].id, 12);
        assert_eq!(candidates[1].external_id.as_deref(), Some("24"));

        let jobs: Vec<Job> = read(br#"[{"id":5,"name":null,"public":null}]"#).unwrap();
        assert_eq!((jobs[0].name.as_str(), jobs[0].public), ("", false));
        let pools: Vec<ProspectPool> = read(br#"[{"id":5,"stages":null}]"#).unwrap();
        assert_eq!(pools[0].stages, []);
    }

    #[test]
    fn unreadable_applications_do_not_count_as_no_applications() {
        assert_eq!(
            read_candidates(br#"[{"id":5,"applications":"many"}]"#),
            None
        );
        assert_eq!(read_candidates(br#"[{"id":5,"applications":[{}]}]"#), None);
    }

    #[test]
    fn half_of_a_surrogate_pair_does_not_hide_that_a_candidate_was_created() {
        let created = read_created(br#"{"id":1,"external_id":"a\ud83d"}"#).unwrap();
        assert_eq!(created.external_id.as_deref(), Some("a\u{FFFD}"));
    }

    #[test]
    fn created_needs_an_id_and_only_that() {
        assert_eq!(read_created(br#"{"application_id":3}"#), None);
        assert_eq!(read_created(br#"[]"#), None);
        assert_eq!(read_created(br#"[{"id":1},{"id":2}]"#), None);
        let created =
            read_created(br#"[{"id":1,"application_id":{},"profile_url":"javascript:alert(1)"}]"#)
                .unwrap();
        assert_eq!(
            created,
            CreatedCandidate {
                id: 1,
                application_id: None,
                external_id: None,
                profile_url: None
            }
        );
    }

    #[test]
    fn another_service_is_not_taken_for_greenhouse() {
        assert_eq!(read_user(br#"{"ok":true}"#), None);
        assert_eq!(read_candidates(br#"{"message":"welcome"}"#), None);
        assert_eq!(
            read::<TrackingLink>(br#"{"tracking_link":"data:text/html,x"}"#),
            None
        );
    }

    #[test]
    fn debug_shows_no_person() {
        let body = br#"{"id":41,"name":"Imani Okafor","external_id":"profile-8841",
            "profile_url":"https://app.greenhouse.io/people/41?name=Imani",
            "applications":[{"id":42,"job":"Analyst","status":"rejected","stage":"Offer",
            "profile_url":"https://app.greenhouse.io/people/41?name=Imani"}]}"#;
        let text = format!("{:?} {:?}", read_candidates(body), read_created(body));
        assert!(text.contains("41") && text.contains("42"), "{text}");
        for secret in ["Imani", "8841", "ejected", "Offer", "Analyst"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

//! What no public document says about Greenhouse, each as a switch; the defaults are guesses and nothing more.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatedExternalId {
    CreateAgain,
    ReturnExisting,
    Refuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrayWithInvalidItem {
    RefuseAll,
    StoreTheRest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusCasing {
    Capitalized,
    Lower,
    Upper,
}

impl StatusCasing {
    pub fn apply(self, status: &str) -> String {
        match self {
            Self::Lower => status.to_lowercase(),
            Self::Upper => status.to_uppercase(),
            Self::Capitalized => {
                let mut letters = status.chars();
                letters
                    .next()
                    .map(|first| first.to_uppercase().chain(letters).collect())
                    .unwrap_or_default()
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileLinks {
    Legacy,
    Redesign,
    Mixed,
}

/// All switches. `PUT /sandbox/switches` changes the ones it names and leaves the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// 200 or 201: the documentation says "200-level".
    pub post_status: u16,
    pub repeated_external_id: RepeatedExternalId,
    pub array_with_invalid_item: ArrayWithInvalidItem,
    /// GET /candidates answers a single candidate as a bare object, as the documentation's sample prints it.
    pub single_candidate_as_object: bool,
    pub status_casing: StatusCasing,
    /// Requests per key and 10 seconds; null is no limit.
    pub rate_limit: Option<u32>,
    /// Whether a 401 says the same for a wrong key and for an unknown user.
    pub identical_401_texts: bool,
    /// Status for a disabled On-Behalf-Of user (GET /candidates answers an empty list, as documented).
    pub disabled_user_status: u16,
    pub conversion_keeps_application_id: bool,
    /// Jopwell hands résumés to whoever is logged in only; others are led to the log-in page.
    pub resumes_need_login: bool,
    /// A job is edited by whoever is logged in only, too.
    pub jobs_need_login: bool,
    /// A status in the tracker is set by whoever is logged in only.
    pub statuses_need_login: bool,
    /// A job's form takes a picture, too, and is sent as such forms are.
    pub jobs_have_pictures: bool,
    /// Jopwell takes no change of a job.
    pub job_saves_refused: bool,
    /// Each résumé is a PDF's head, filled up or cut off to so many bytes; null is a real one.
    pub resume_bytes: Option<u64>,
    /// Where lists in the web app link to.
    pub profile_links: ProfileLinks,
    /// Greenhouse-Event-ID stays the same over the attempts of one event.
    pub stable_event_id: bool,
    /// Adds organization_id and organization_name beside action and payload.
    pub webhook_extra_root_keys: bool,
    /// How long one minute of the retry clock takes here, in milliseconds; 60000 is life.
    pub webhook_minute_ms: u64,
    pub webhook_timeout_ms: u64,
    /// Every event is sent this many times more.
    pub webhook_duplicates: u8,
    /// An event waits for the next one, which overtakes it. After two seconds it goes anyway.
    pub webhook_out_of_order: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            post_status: 200,
            repeated_external_id: RepeatedExternalId::CreateAgain,
            array_with_invalid_item: ArrayWithInvalidItem::RefuseAll,
            single_candidate_as_object: false,
            status_casing: StatusCasing::Capitalized,
            rate_limit: None,
            identical_401_texts: false,
            disabled_user_status: 403,
            conversion_keeps_application_id: true,
            resumes_need_login: false,
            jobs_need_login: false,
            statuses_need_login: false,
            jobs_have_pictures: false,
            job_saves_refused: false,
            resume_bytes: None,
            profile_links: ProfileLinks::Legacy,
            stable_event_id: true,
            webhook_extra_root_keys: false,
            webhook_minute_ms: 60_000,
            webhook_timeout_ms: 10_000,
            webhook_duplicates: 0,
            webhook_out_of_order: false,
        }
    }
}

impl Switches {
    /// The switches after `changes` (an object with some of the fields); the error names what is wrong.
    pub fn changed(&self, changes: &serde_json::Value) -> Result<Self, String> {
        let mut all = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let (Some(all_fields), Some(changed)) = (all.as_object_mut(), changes.as_object()) else {
            return Err("the body must be an object of switches".to_owned());
        };
        for (name, value) in changed {
            all_fields.insert(name.clone(), value.clone());
        }
        let switches: Self = serde_json::from_value(all).map_err(|error| error.to_string())?;
        if !matches!(switches.post_status, 200 | 201) {
            return Err("post_status is 200 or 201".to_owned());
        }
        if !matches!(switches.disabled_user_status, 401 | 403) {
            return Err("disabled_user_status is 401 or 403".to_owned());
        }
        Ok(switches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn switch_change_keeps_the_others_and_refuses_unknown_ones() {
        let changed = Switches::default()
            .changed(&json!({ "post_status": 201 }))
            .and_then(|switches| switches.changed(&json!({ "rate_limit": 3 })))
            .unwrap();
        assert_eq!((changed.post_status, changed.rate_limit), (201, Some(3)));
        assert!(
            Switches::default()
                .changed(&json!({ "post_statsu": 201 }))
                .is_err()
        );
        assert!(
            Switches::default()
                .changed(&json!({ "post_status": 404 }))
                .is_err()
        );
        assert!(Switches::default().changed(&json!([])).is_err());
    }

    #[test]
    fn status_casing() {
        assert_eq!(StatusCasing::Capitalized.apply("active"), "Active");
        assert_eq!(StatusCasing::Upper.apply("hired"), "HIRED");
        assert_eq!(StatusCasing::Lower.apply("Rejected"), "rejected");
    }
}

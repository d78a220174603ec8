//! The field rules of Greenhouse Candidate Ingestion API, POST /candidates.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::error::ApiError;
use super::model::Greenhouse;
use super::payload;
use super::records::{Application, Candidate, Event, JobStatus, Role, Status, Typed, User};
use crate::switches::{ArrayWithInvalidItem, RepeatedExternalId, Switches};

#[derive(Debug)]
pub struct Ingested {
    /// (candidate id, application id), in the order of the request.
    pub stored: Vec<(u64, u64)>,
    pub events: Vec<Event>,
}

impl Greenhouse {
    /// Checks and stores what POST /candidates brought: Greenhouse Candidate Ingestion API, POST /candidates.
    pub fn ingest(
        &mut self,
        body: &Value,
        partner: &str,
        user: &User,
        switches: &Switches,
        now: OffsetDateTime,
    ) -> Result<Ingested, ApiError> {
        let items: Vec<&Value> = match body {
            Value::Object(_) => vec![body],
            Value::Array(items) if !items.is_empty() => items.iter().collect(),
            _ => {
                return Err(ApiError::new(
                    400,
                    "The request body must be a candidate or a list of candidates.",
                ));
            }
        };
        let mut checked = Vec::new();
        for item in items {
            match check(self, item, user) {
                Ok(candidate) => checked.push(candidate),
                Err(error)
                    if body.is_array()
                        && switches.array_with_invalid_item
                            == ArrayWithInvalidItem::StoreTheRest =>
                {
                    tracing::info!(status = error.status, field = ?error.field, "left out of the array");
                }
                Err(error) => return Err(error),
            }
        }
        let mut stored = Vec::new();
        let mut events = Vec::new();
        for mut new in checked {
            let known = self
                .candidates
                .values()
                .find(|candidate| {
                    candidate.external_id == new.candidate.external_id
                        && candidate
                            .source
                            .as_ref()
                            .is_some_and(|source| source.name == partner)
                })
                .and_then(|candidate| Some((candidate.id, candidate.applications.first()?.id)));
            if let Some(known) = known {
                match switches.repeated_external_id {
                    RepeatedExternalId::CreateAgain => {}
                    RepeatedExternalId::ReturnExisting => {
                        stored.push(known);
                        continue;
                    }
                    RepeatedExternalId::Refuse => {
                        return Err(ApiError {
                            status: 422,
                            message: "A candidate with this external_id already exists.".to_owned(),
                            field: Some("external_id"),
                        });
                    }
                }
            }
            let candidate_id = self.next_id();
            let application_id = self.next_id();
            let source = self.source_named(partner);
            let candidate = &mut new.candidate;
            candidate.id = candidate_id;
            candidate.created_at = now;
            candidate.source = Some(source);
            candidate.on_behalf_of = Some(user.email.clone());
            candidate.log(
                now,
                &user.full_name(),
                format!(
                    "{} was added as a {} by {partner}.",
                    candidate.name(),
                    if new.prospect {
                        "prospect"
                    } else {
                        "candidate"
                    }
                ),
            );
            let first_stage = (!new.prospect)
                .then(|| {
                    new.job_id
                        .and_then(|id| self.job(id)?.stages.first().map(|stage| stage.id))
                })
                .flatten();
            candidate.applications.push(Application {
                id: application_id,
                prospect: new.prospect,
                job_id: new.job_id,
                stage_id: first_stage,
                pool_id: new.pool_id,
                pool_stage_id: new.pool_stage_id,
                prospect_owner_id: new.owner_id,
                status: Status::Active,
                rejection_reason: None,
                rejected_at: None,
                applied_at: now,
                last_activity_at: now,
            });
            let prospect = new.prospect;
            self.candidates.insert(candidate_id, new.candidate);
            stored.push((candidate_id, application_id));
            let action = if prospect {
                "new_prospect_application"
            } else {
                "new_candidate_application"
            };
            events.extend(payload::application_event(
                self,
                action,
                candidate_id,
                application_id,
            ));
        }
        Ok(Ingested { stored, events })
    }

    /// Makes a tracking link: Greenhouse Candidate Ingestion API, POST /tracking_link. Returns (link, job name).
    pub fn tracking_link(
        &mut self,
        job_id: u64,
        user: &User,
        rng: &mut StdRng,
    ) -> Result<(String, String), ApiError> {
        let job = self
            .job(job_id)
            .ok_or_else(|| ApiError::new(404, "Job not found."))?;
        if user.role == Role::Basic || !user.may_use(job) {
            return Err(ApiError::new(403, "You may not share this job."));
        }
        let name = job.name.clone();
        let token: String = (0..6)
            .map(|_| char::from(rng.random_range(b'a'..=b'z')))
            .collect();
        self.tracking_links.insert(token.clone(), job_id);
        Ok((format!("http://grnh.se/{token}"), name))
    }
}

/// A candidate that passed every check, not stored yet.
pub struct NewCandidate {
    pub candidate: Candidate,
    pub prospect: bool,
    pub job_id: Option<u64>,
    pub pool_id: Option<u64>,
    pub pool_stage_id: Option<u64>,
    pub owner_id: Option<u64>,
}

const PHONE_TYPES: &[&str] = &["mobile", "home", "work", "other"];
const EMAIL_TYPES: &[&str] = &["personal", "work", "other"];
const ADDRESS_TYPES: &[&str] = &["home", "work", "other"];
const WEBSITE_TYPES: &[&str] = &["personal", "company", "portfolio", "blog", "other"];

/// Checks one item of the body against the request table of POST /candidates and the acting user's role.
pub fn check(greenhouse: &Greenhouse, item: &Value, user: &User) -> Result<NewCandidate, ApiError> {
    let Value::Object(fields) = item else {
        return Err(ApiError::new(400, "A candidate must be a JSON object."));
    };
    let prospect = boolean(fields, "prospect")?.unwrap_or(true);
    let first_name = required(fields, "first_name")?;
    let last_name = required(fields, "last_name")?;
    let external_id = required(fields, "external_id")?;
    let job_id = id(fields, "job_id")?;
    if !prospect && job_id.is_none() {
        return Err(bad("job_id", "job_id is required when prospect is false."));
    }
    if let Some(job_id) = job_id {
        let job = greenhouse
            .job(job_id)
            .ok_or_else(|| bad("job_id", "There is no such job."))?;
        if job.status != JobStatus::Open {
            return Err(bad("job_id", "The job is not open."));
        }
        if !greenhouse
            .visible_jobs(user)
            .iter()
            .any(|visible| visible.id == job_id)
        {
            return Err(ApiError::new(403, "You may not add people to this job."));
        }
        if prospect && user.role == Role::Basic {
            return Err(ApiError::new(
                403,
                "You may add prospects only without a job.",
            ));
        }
    }

    let pool_id = id(fields, "prospect_pool_id")?;
    let pool_stage_id = id(fields, "prospect_pool_stage_id")?;
    let owner_email = text(fields, "prospect_owner_email")?;
    for (field, given) in [
        ("prospect_pool_id", pool_id.is_some()),
        ("prospect_pool_stage_id", pool_stage_id.is_some()),
        ("prospect_owner_email", owner_email.is_some()),
    ] {
        if given && !prospect {
            return Err(bad(field, format!("{field} needs prospect to be true.")));
        }
    }
    let pool = match pool_id {
        Some(id) => Some(
            greenhouse
                .pool(id)
                .ok_or_else(|| bad("prospect_pool_id", "There is no such prospect pool."))?,
        ),
        None => None,
    };
    if let Some(stage_id) = pool_stage_id {
        let pool = pool.ok_or_else(|| {
            bad(
                "prospect_pool_id",
                "prospect_pool_id is required with prospect_pool_stage_id.",
            )
        })?;
        if !pool.stages.iter().any(|stage| stage.id == stage_id) {
            return Err(bad(
                "prospect_pool_stage_id",
                "The stage does not belong to the prospect pool.",
            ));
        }
    }
    let owner_id = match owner_email {
        Some(email) => Some(
            greenhouse
                .user_by_email(&email)
                .ok_or_else(|| bad("prospect_owner_email", "There is no user with this e-mail."))?
                .id,
        ),
        None => None,
    };

    let referrer = referrer(fields)?;
    let credited_to = match &referrer {
        // Greenhouse credits the acting user where no referrer is named.
        None => Some(user.id),
        Some((email, _)) => greenhouse.user_by_email(email).map(|user| user.id),
    };
    let resume_url = text(fields, "resume")?;

    Ok(NewCandidate {
        candidate: Candidate {
            id: 0,
            first_name,
            last_name,
            company: text(fields, "company")?,
            title: text(fields, "title")?,
            external_id: Some(external_id),
            phone_numbers: typed_list(fields, "phone_numbers", "phone_number", PHONE_TYPES)?,
            emails: typed_list(fields, "emails", "email", EMAIL_TYPES)?,
            addresses: typed_list(fields, "addresses", "address", ADDRESS_TYPES)?,
            websites: typed_list(fields, "websites", "url", WEBSITE_TYPES)?,
            social_media: typed_list(fields, "social_media", "url", &[])?
                .into_iter()
                .map(|entry| entry.value)
                .collect(),
            resume_url,
            attachments: Vec::new(),
            notes: text(fields, "notes")?,
            tags: Vec::new(),
            source: None,
            credited_to,
            referrer: referrer.map(|(_, name)| name),
            on_behalf_of: None,
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
            applications: Vec::new(),
            activity: Vec::new(),
            notice: None,
            anonymized: false,
        },
        prospect,
        job_id,
        pool_id,
        pool_stage_id,
        owner_id,
    })
}

fn bad(field: &'static str, message: impl Into<String>) -> ApiError {
    ApiError {
        status: 400,
        message: message.into(),
        field: Some(field),
    }
}

fn text(fields: &Map<String, Value>, field: &'static str) -> Result<Option<String>, ApiError> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(bad(field, format!("{field} must be a string."))),
    }
}

fn required(fields: &Map<String, Value>, field: &'static str) -> Result<String, ApiError> {
    text(fields, field)?
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| bad(field, format!("{field} is required.")))
}

/// A Boolean; the documentation's own sample prints it as a string.
fn boolean(fields: &Map<String, Value>, field: &'static str) -> Result<Option<bool>, ApiError> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(Value::String(text)) if text == "true" => Ok(Some(true)),
        Some(Value::String(text)) if text == "false" => Ok(Some(false)),
        Some(_) => Err(bad(field, format!("{field} must be true or false."))),
    }
}

fn id(fields: &Map<String, Value>, field: &'static str) -> Result<Option<u64>, ApiError> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or_else(|| bad(field, format!("{field} must be an integer."))),
    }
}

/// A list of objects with a value and, where `types` is not empty, a type out of `types`.
fn typed_list(
    fields: &Map<String, Value>,
    field: &'static str,
    value_key: &'static str,
    types: &[&str],
) -> Result<Vec<Typed>, ApiError> {
    let items = match fields.get(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(bad(field, format!("{field} must be a list."))),
    };
    items
        .iter()
        .map(|item| {
            let Value::Object(entry) = item else {
                return Err(bad(field, format!("{field} must hold objects.")));
            };
            let value = entry
                .get(value_key)
                .and_then(Value::as_str)
                .filter(|value| !value.trim().is_empty())
                .ok_or_else(|| bad(field, format!("{field}: {value_key} is required.")))?;
            let kind = entry.get("type").and_then(Value::as_str);
            if !types.is_empty() && !kind.is_some_and(|kind| types.contains(&kind)) {
                return Err(bad(
                    field,
                    format!("{field}: type must be one of {}.", types.join(", ")),
                ));
            }
            Ok(Typed {
                value: value.to_owned(),
                kind: kind.unwrap_or_default().to_owned(),
            })
        })
        .collect()
}

/// (e-mail, full name) of the referrer, where one is given.
fn referrer(fields: &Map<String, Value>) -> Result<Option<(String, String)>, ApiError> {
    let referrer = match fields.get("referrer") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(referrer)) => referrer,
        Some(_) => return Err(bad("referrer", "referrer must be an object.")),
    };
    let part = |key: &str| {
        referrer
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
            .map(str::to_owned)
            .ok_or_else(|| bad("referrer", format!("referrer: {key} is required.")))
    };
    let (email, first, last) = (part("email")?, part("first_name")?, part("last_name")?);
    Ok(Some((email, format!("{first} {last}"))))
}

//! The field rules of Greenhouse Candidate Ingestion API, POST /candidates.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::model::{ApiError, Candidate, Greenhouse, JobStatus, Role, Typed, User};

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

//! What Greenhouse remembers, and what a person or a partner may do with it. No HTTP and no clock in here.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::payload;
use crate::switches::{ArrayWithInvalidItem, RepeatedExternalId, Switches};
use crate::timestamp;

/// The source that the ready API key's partner owns.
pub const JOPWELL: &str = "Jopwell";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    SiteAdmin,
    JobAdmin,
    Interviewer,
    Basic,
}

#[derive(Clone, Debug, Serialize)]
pub struct User {
    pub id: u64,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub role: Role,
    pub disabled: bool,
    /// "Can manage unattached prospects" in the user's permissions.
    pub manages_unattached_prospects: bool,
    /// Jobs this user is assigned to (site admins see all).
    pub job_ids: Vec<u64>,
}

impl User {
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// Jobs a user may list and create on: Greenhouse Candidate Ingestion API, introduction, "Permissions".
    fn may_use(&self, job: &Job) -> bool {
        match self.role {
            Role::SiteAdmin | Role::Basic => true,
            Role::JobAdmin | Role::Interviewer => self.job_ids.contains(&job.id) || job.is_public(),
        }
    }

    /// Whether the Ingestion API lets this user read the application's candidate.
    fn may_read(&self, application: &Application) -> bool {
        match (self.role, application.job_id) {
            (Role::Basic, _) => false,
            (_, None) => self.manages_unattached_prospects,
            (Role::SiteAdmin, Some(_)) => true,
            (Role::JobAdmin, Some(job)) => self.job_ids.contains(&job),
            (Role::Interviewer, Some(_)) => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyType {
    CandidateIngestion,
    Harvest,
    JobBoard,
}

impl KeyType {
    pub const ALL: [Self; 3] = [Self::CandidateIngestion, Self::Harvest, Self::JobBoard];

    pub fn label(self) -> &'static str {
        match self {
            Self::CandidateIngestion => "Candidate Ingestion",
            Self::Harvest => "Harvest",
            Self::JobBoard => "Job Board",
        }
    }
}

/// An API key. Its secret stays out of `Debug` and of every page but the one that shows it once.
#[derive(Clone)]
pub struct ApiKey {
    pub id: u64,
    pub secret: String,
    pub key_type: KeyType,
    pub partner: Option<String>,
    pub description: String,
    pub created_at: OffsetDateTime,
}

impl ApiKey {
    pub fn masked(&self) -> String {
        let tail: String = self
            .secret
            .chars()
            .skip(self.secret.chars().count().saturating_sub(4))
            .collect();
        format!("••••••••••••{tail}")
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Named {
    pub id: u64,
    pub name: String,
}

#[derive(Clone, Debug)]
pub struct JobPost {
    pub id: u64,
    pub title: String,
    pub location: String,
    /// HTML, unescaped.
    pub content: String,
    pub live: bool,
    pub updated_at: OffsetDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    Open,
    Draft,
    Closed,
}

impl JobStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Draft => "draft",
            Self::Closed => "closed",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Job {
    pub id: u64,
    pub name: String,
    pub requisition_id: String,
    pub notes: String,
    pub status: JobStatus,
    pub department: Named,
    pub office: Named,
    pub employment_type: String,
    pub stages: Vec<Named>,
    pub post: JobPost,
    pub created_at: OffsetDateTime,
    pub opened_at: OffsetDateTime,
    pub closed_at: Option<OffsetDateTime>,
}

impl Job {
    pub fn is_public(&self) -> bool {
        self.status == JobStatus::Open && self.post.live
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct ProspectPool {
    pub id: u64,
    pub name: String,
    pub stages: Vec<Named>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Active,
    Rejected,
    Hired,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rejected => "rejected",
            Self::Hired => "hired",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Typed {
    pub value: String,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    pub filename: String,
    pub url: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

#[derive(Clone, Debug)]
pub struct Application {
    pub id: u64,
    pub prospect: bool,
    pub job_id: Option<u64>,
    pub stage_id: Option<u64>,
    pub pool_id: Option<u64>,
    pub pool_stage_id: Option<u64>,
    pub prospect_owner_id: Option<u64>,
    pub status: Status,
    pub rejection_reason: Option<String>,
    pub rejected_at: Option<OffsetDateTime>,
    pub applied_at: OffsetDateTime,
    pub last_activity_at: OffsetDateTime,
}

#[derive(Clone, Debug, Serialize)]
pub struct Activity {
    pub at: String,
    pub who: String,
    pub what: String,
}

#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: u64,
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    pub title: Option<String>,
    pub external_id: Option<String>,
    pub phone_numbers: Vec<Typed>,
    pub emails: Vec<Typed>,
    pub addresses: Vec<Typed>,
    pub websites: Vec<Typed>,
    pub social_media: Vec<String>,
    pub resume_url: Option<String>,
    pub attachments: Vec<Attachment>,
    pub notes: Option<String>,
    pub tags: Vec<String>,
    pub source: Option<Named>,
    pub credited_to: Option<u64>,
    pub referrer: Option<String>,
    /// E-mail address of the user the Ingestion API acted for.
    pub on_behalf_of: Option<String>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub applications: Vec<Application>,
    pub activity: Vec<Activity>,
    /// Shown once on the next page of this candidate.
    pub notice: Option<String>,
    pub anonymized: bool,
}

impl Candidate {
    pub fn name(&self) -> String {
        [self.first_name.as_str(), self.last_name.as_str()]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub fn application(&self, id: u64) -> Option<&Application> {
        self.applications
            .iter()
            .find(|application| application.id == id)
    }

    fn log(&mut self, now: OffsetDateTime, who: &str, what: impl Into<String>) {
        self.updated_at = now;
        self.activity.insert(
            0,
            Activity {
                at: timestamp(now),
                who: who.to_owned(),
                what: what.into(),
            },
        );
    }
}

/// A web hook's action and payload, ready to be sent to whoever subscribed to the action.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub action: &'static str,
    pub payload: Value,
}

/// An error body of the Ingestion API: one message, and the field it is about where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub status: u16,
    pub message: String,
    pub field: Option<&'static str>,
}

impl ApiError {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            field: None,
        }
    }
}

/// What POST /candidates brought about.
#[derive(Debug)]
pub struct Ingested {
    /// (candidate id, application id), in the order of the request.
    pub stored: Vec<(u64, u64)>,
    pub events: Vec<Event>,
}

/// Why a hand control could not be carried out: a sentence for the person at the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlError {
    NotFound(&'static str),
    Refused(String),
}

/// What the hand controls take, as a form or as JSON. Which fields matter depends on the control.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlInput {
    pub application_id: Option<u64>,
    pub stage_id: Option<u64>,
    /// A stage by its name, so that scripts need no ids.
    pub stage: Option<String>,
    pub job_id: Option<u64>,
    /// A prospect pool by its name; empty for none.
    pub pool: Option<String>,
    pub reason: Option<String>,
    pub source: Option<String>,
    pub into: Option<u64>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub title: Option<String>,
    pub company: Option<String>,
    /// Where the browser goes afterwards; only the form uses it.
    pub return_to: Option<String>,
}

/// What happened: the events to send and the sentence to show.
#[derive(Debug)]
pub struct ControlDone {
    pub events: Vec<Event>,
    pub notice: String,
}

pub const REJECTION_REASONS: [&str; 5] = [
    "Lacking skill(s)/qualification(s)",
    "Hired another candidate",
    "Position closed",
    "Candidate withdrew",
    "Not a match right now",
];

pub const CANDIDATE_CONTROLS: [&str; 12] = [
    "move",
    "pool",
    "reject",
    "unreject",
    "hire",
    "unhire",
    "convert",
    "source",
    "merge",
    "delete",
    "delete_application",
    "anonymize",
];

pub struct Greenhouse {
    pub organization_id: u64,
    pub organization: String,
    pub board_token: String,
    pub users: Vec<User>,
    pub keys: Vec<ApiKey>,
    pub jobs: Vec<Job>,
    pub pools: Vec<ProspectPool>,
    pub sources: Vec<Named>,
    /// Merged and deleted people are gone from here, as they are from Greenhouse.
    pub candidates: BTreeMap<u64, Candidate>,
    pub tracking_links: BTreeMap<String, u64>,
    /// Serial numbers before the suffix of the data silo.
    pub next_serial: u64,
}

/// Ids end in the three digits of the data silo, as ids of the host app2 do.
pub const SILO: u64 = 2;

impl Greenhouse {
    pub fn next_id(&mut self) -> u64 {
        self.next_serial += 1;
        self.next_serial * 1000 + SILO
    }

    pub fn job(&self, id: u64) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    pub fn pool(&self, id: u64) -> Option<&ProspectPool> {
        self.pools.iter().find(|pool| pool.id == id)
    }

    pub fn user(&self, id: u64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users
            .iter()
            .find(|user| user.email.eq_ignore_ascii_case(email))
    }

    /// The person who is signed in to the web app's pages.
    pub fn signed_in(&self) -> Option<&User> {
        self.user_by_email(super::seed::SIGNED_IN)
    }

    fn signed_in_name(&self) -> String {
        self.signed_in().map(User::full_name).unwrap_or_default()
    }

    pub fn key_by_secret(&self, secret: &str) -> Option<&ApiKey> {
        self.keys.iter().find(|key| key.secret == secret)
    }

    pub fn source_named(&mut self, name: &str) -> Named {
        if let Some(source) = self.sources.iter().find(|source| source.name == name) {
            return source.clone();
        }
        let source = Named {
            id: self.next_id(),
            name: name.to_owned(),
        };
        self.sources.push(source.clone());
        source
    }

    pub fn stage_name(&self, application: &Application) -> Option<&str> {
        let job = self.job(application.job_id?)?;
        let stage_id = application.stage_id?;
        job.stages
            .iter()
            .find(|stage| stage.id == stage_id)
            .map(|stage| stage.name.as_str())
    }

    pub fn pool_stage_name(&self, application: &Application) -> Option<&str> {
        let pool = self.pool(application.pool_id?)?;
        let stage_id = application.pool_stage_id?;
        pool.stages
            .iter()
            .find(|stage| stage.id == stage_id)
            .map(|stage| stage.name.as_str())
    }

    /// The address the API prints: the older of the two shapes of a profile's URL.
    pub fn profile_url(candidate_id: u64, application_id: u64) -> String {
        format!("https://app.greenhouse.io/people/{candidate_id}?application_id={application_id}")
    }

    // ---- Candidate Ingestion API ----

    /// Jobs that `user` sees: Greenhouse Candidate Ingestion API, GET /jobs (open ones only).
    pub fn visible_jobs(&self, user: &User) -> Vec<&Job> {
        self.jobs
            .iter()
            .filter(|job| job.status == JobStatus::Open && user.may_use(job))
            .collect()
    }

    /// The candidates among `ids` that exist to this partner and this user; the others are dropped in silence, as
    /// Greenhouse Candidate Ingestion API, GET /candidates documents.
    pub fn readable_candidates(&self, ids: &[u64], partner: &str, user: &User) -> Vec<&Candidate> {
        ids.iter()
            .filter_map(|id| self.candidates.get(id))
            .filter(|candidate| {
                !user.disabled
                    && candidate
                        .source
                        .as_ref()
                        .is_some_and(|source| source.name == partner)
                    && candidate
                        .applications
                        .iter()
                        .any(|application| user.may_read(application))
            })
            .collect()
    }

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
            match super::ingest::check(self, item, user) {
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

    // ---- what a person does by hand in the web app ----

    /// Carries out one of [`CANDIDATE_CONTROLS`] (or `update`) and tells which web hooks it causes.
    pub fn control(
        &mut self,
        candidate_id: u64,
        control: &str,
        input: &ControlInput,
        switches: &Switches,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        if !self.candidates.contains_key(&candidate_id) {
            return Err(ControlError::NotFound("candidate"));
        }
        let done = match control {
            "move" => self.move_stage(candidate_id, input, now),
            "pool" => self.put_into_pool(candidate_id, input, now),
            "reject" => self.reject(candidate_id, input, now),
            "unreject" => self.reopen(candidate_id, input, Status::Rejected, now),
            "hire" => self.hire(candidate_id, input, now),
            "unhire" => self.reopen(candidate_id, input, Status::Hired, now),
            "convert" => self.convert(candidate_id, input, switches, now),
            "source" => self.change_source(candidate_id, input, now),
            "merge" => self.merge(candidate_id, input, now),
            "delete" => self.delete(candidate_id),
            "delete_application" => self.delete_application(candidate_id, input, now),
            "anonymize" => self.anonymize(candidate_id, now),
            "update" => self.update(candidate_id, input, now),
            _ => Err(ControlError::NotFound("control")),
        }?;
        if let Some(candidate) = self.candidates.get_mut(&candidate_id) {
            candidate.notice = Some(done.notice.clone());
        }
        Ok(done)
    }

    /// The application a control means: the named one, or the first.
    fn chosen_application(
        &self,
        candidate_id: u64,
        input: &ControlInput,
    ) -> Result<&Application, ControlError> {
        let candidate = self
            .candidates
            .get(&candidate_id)
            .ok_or(ControlError::NotFound("candidate"))?;
        match input.application_id {
            Some(id) => candidate.application(id),
            None => candidate.applications.first(),
        }
        .ok_or(ControlError::NotFound("application"))
    }

    /// Changes one application and writes the change into the candidate's activity.
    fn change(
        &mut self,
        candidate_id: u64,
        application_id: u64,
        now: OffsetDateTime,
        what: &str,
        change: impl FnOnce(&mut Application),
    ) {
        let who = self.signed_in_name();
        if let Some(candidate) = self.candidates.get_mut(&candidate_id) {
            if let Some(application) = candidate
                .applications
                .iter_mut()
                .find(|application| application.id == application_id)
            {
                change(application);
                application.last_activity_at = now;
            }
            candidate.log(now, &who, what);
        }
    }

    fn move_stage(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if application.status != Status::Active {
            return Err(ControlError::Refused(
                "Only an active application can change its stage.".to_owned(),
            ));
        }
        let stages: &[Named] = if application.prospect {
            application
                .pool_id
                .and_then(|id| self.pool(id))
                .map(|pool| pool.stages.as_slice())
        } else {
            application
                .job_id
                .and_then(|id| self.job(id))
                .map(|job| job.stages.as_slice())
        }
        .unwrap_or_default();
        let stage = stages
            .iter()
            .find(|stage| match (input.stage_id, &input.stage) {
                (Some(id), _) => stage.id == id,
                (None, Some(name)) => stage.name.eq_ignore_ascii_case(name),
                (None, None) => false,
            })
            .cloned()
            .ok_or(ControlError::NotFound("stage"))?;
        let notice = format!("Moved to {}.", stage.name);
        self.change(
            candidate_id,
            application.id,
            now,
            &format!("Stage changed to {}.", stage.name),
            |application| {
                if application.prospect {
                    application.pool_stage_id = Some(stage.id);
                } else {
                    application.stage_id = Some(stage.id);
                }
            },
        );
        let action = if application.prospect {
            "application_updated"
        } else {
            "candidate_stage_change"
        };
        Ok(self.done(action, candidate_id, application.id, notice))
    }

    fn put_into_pool(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?;
        if !application.prospect {
            return Err(ControlError::Refused(
                "Only a prospect can be in a pool.".to_owned(),
            ));
        }
        let application_id = application.id;
        let wanted = input.pool.as_deref().unwrap_or_default();
        let pool = (self.pools.iter()).find(|pool| pool.name.eq_ignore_ascii_case(wanted));
        if pool.is_none() && !wanted.is_empty() {
            return Err(ControlError::NotFound("pool"));
        }
        let notice = match pool {
            Some(pool) => format!("Put into {}.", pool.name),
            None => "Taken out of the pool.".to_owned(),
        };
        let pool_id = pool.map(|pool| pool.id);
        let stage_id = pool.and_then(|pool| Some(pool.stages.first()?.id));
        self.change(candidate_id, application_id, now, &notice, |application| {
            application.pool_id = pool_id;
            application.pool_stage_id = stage_id;
        });
        Ok(self.done("application_updated", candidate_id, application_id, notice))
    }

    fn done(
        &self,
        action: &'static str,
        candidate_id: u64,
        application_id: u64,
        notice: String,
    ) -> ControlDone {
        ControlDone {
            events: payload::application_event(self, action, candidate_id, application_id)
                .into_iter()
                .collect(),
            notice,
        }
    }

    fn reject(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if application.status != Status::Active {
            return Err(ControlError::Refused(
                "Only an active application can be rejected.".to_owned(),
            ));
        }
        let reason = input
            .reason
            .clone()
            .unwrap_or_else(|| "Not a match right now".to_owned());
        self.change(
            candidate_id,
            application.id,
            now,
            &format!("Rejected: {reason}."),
            |application| {
                application.status = Status::Rejected;
                application.rejected_at = Some(now);
                application.rejection_reason = Some(reason);
            },
        );
        Ok(self.done(
            "reject_candidate",
            candidate_id,
            application.id,
            "Rejected.".to_owned(),
        ))
    }

    /// Unreject and unhire: back to active.
    fn reopen(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        from: Status,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if application.status != from {
            return Err(ControlError::Refused(format!(
                "This application is not {}.",
                from.as_str()
            )));
        }
        let (action, what) = if from == Status::Hired {
            ("unhire_candidate", "Unhired")
        } else {
            ("unreject_candidate", "Unrejected")
        };
        self.change(
            candidate_id,
            application.id,
            now,
            &format!("{what}."),
            |application| {
                application.status = Status::Active;
                application.rejected_at = None;
                application.rejection_reason = None;
            },
        );
        Ok(self.done(
            action,
            candidate_id,
            application.id,
            format!("{what}: active again."),
        ))
    }

    fn hire(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if application.prospect {
            return Err(ControlError::Refused(
                "Convert the prospect to a candidate first.".to_owned(),
            ));
        }
        if application.status != Status::Active {
            return Err(ControlError::Refused(
                "Only an active application can be hired.".to_owned(),
            ));
        }
        self.change(
            candidate_id,
            application.id,
            now,
            "Marked as hired.",
            |application| {
                application.status = Status::Hired;
            },
        );
        Ok(self.done(
            "hire_candidate",
            candidate_id,
            application.id,
            "Hired. Congratulations!".to_owned(),
        ))
    }

    fn convert(
        &mut self,
        candidate_id: u64,
        input: &ControlInput,
        switches: &Switches,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let application = self.chosen_application(candidate_id, input)?.clone();
        if !application.prospect {
            return Err(ControlError::Refused(
                "This is a candidate already.".to_owned(),
            ));
        }
        let job = input
            .job_id
            .or(application.job_id)
            .and_then(|id| self.job(id))
            .filter(|job| job.status == JobStatus::Open)
            .ok_or_else(|| {
                ControlError::Refused("Choose an open job to convert the prospect to.".to_owned())
            })?;
        let (job_id, job_name) = (job.id, job.name.clone());
        let first_stage = job.stages.first().map(|stage| stage.id);
        let mut events = Vec::new();
        let new_id = if switches.conversion_keeps_application_id {
            application.id
        } else {
            self.next_id()
        };
        if new_id != application.id {
            events.extend(payload::application_event(
                self,
                "delete_application",
                candidate_id,
                application.id,
            ));
        }
        self.change(
            candidate_id,
            application.id,
            now,
            &format!("Converted to a candidate for {job_name}."),
            |application| {
                application.id = new_id;
                application.prospect = false;
                application.job_id = Some(job_id);
                application.stage_id = first_stage;
                application.pool_id = None;
                application.pool_stage_id = None;
                application.prospect_owner_id = None;
                application.applied_at = now;
                application.status = Status::Active;
                application.rejected_at = None;
                application.rejection_reason = None;
            },
        );
        events.extend(payload::application_event(
            self,
            "new_candidate_application",
            candidate_id,
            new_id,
        ));
        Ok(ControlDone {
            events,
            notice: format!("Converted to a candidate for {job_name}."),
        })
    }

    fn change_source(
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

    fn merge(
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

    fn delete(&mut self, candidate_id: u64) -> Result<ControlDone, ControlError> {
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

    fn delete_application(
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

    fn anonymize(
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

    fn update(
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

    /// Opens, closes or renames a job, or takes its post on and off the board; tells which web hooks that causes.
    pub fn job_control(
        &mut self,
        job_id: u64,
        control: &str,
        input: &JobControlInput,
        now: OffsetDateTime,
    ) -> Result<ControlDone, ControlError> {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == job_id) else {
            return Err(ControlError::NotFound("job"));
        };
        let (action, notice): (&'static str, &str) = match control {
            "close" if job.status == JobStatus::Closed => {
                return Err(ControlError::Refused(
                    "The job is closed already.".to_owned(),
                ));
            }
            "close" => {
                job.status = JobStatus::Closed;
                job.closed_at = Some(now);
                ("job_updated", "The job is closed.")
            }
            "open" => {
                job.status = JobStatus::Open;
                job.closed_at = None;
                ("job_updated", "The job is open.")
            }
            "update" => {
                if let Some(name) = &input.name {
                    job.name.clone_from(name);
                }
                if let Some(notes) = &input.notes {
                    job.notes.clone_from(notes);
                }
                ("job_updated", "Saved.")
            }
            "approve" => ("job_approved", "The job is approved."),
            "post_live" | "post_hidden" => {
                job.post.live = control == "post_live";
                job.post.updated_at = now;
                ("job_post_updated", "The job post was changed.")
            }
            "post_update" => {
                if let Some(title) = &input.name {
                    job.post.title.clone_from(title);
                }
                if let Some(content) = &input.content {
                    job.post.content.clone_from(content);
                }
                if let Some(location) = &input.location {
                    job.post.location.clone_from(location);
                }
                job.post.updated_at = now;
                ("job_post_updated", "The job post was changed.")
            }
            "delete" if job.status != JobStatus::Closed => {
                return Err(ControlError::Refused(
                    "Only a closed job can be deleted.".to_owned(),
                ));
            }
            "delete" => ("job_deleted", "The job was deleted."),
            _ => return Err(ControlError::NotFound("control")),
        };
        let event = payload::job_event(self, action, job_id);
        if control == "delete" {
            self.jobs.retain(|job| job.id != job_id);
        }
        Ok(ControlDone {
            events: event.into_iter().collect(),
            notice: notice.to_owned(),
        })
    }

    /// Creates an open job with the usual stages and a post that is not live yet.
    pub fn create_job(&mut self, name: &str, now: OffsetDateTime) -> (u64, Vec<Event>) {
        let job = super::seed::job(
            self,
            name,
            "General",
            "Chicago",
            JobStatus::Open,
            false,
            now,
        );
        let id = job.id;
        self.jobs.push(job);
        let events = ["job_created", "job_post_created"]
            .into_iter()
            .filter_map(|action| payload::job_event(self, action, id))
            .collect();
        (id, events)
    }
}

/// What the job's hand controls take, as a form or as JSON.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobControlInput {
    pub name: Option<String>,
    pub notes: Option<String>,
    pub content: Option<String>,
    pub location: Option<String>,
    pub return_to: Option<String>,
}

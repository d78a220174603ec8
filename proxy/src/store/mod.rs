//! What is on disk, behind one trait: each method is one transaction.

mod accounts;
mod postgres;
mod sqlite;

pub use accounts::*;
pub use postgres::PostgresStore;
pub use sqlite::{SqliteStore, copy_sqlite};

use crate::{
    description::{blocks, have_same_text},
    polling::plan::{Pace, Scheduled},
    seal::{Purpose, Unsealable},
};
use atsi_greenhouse::{job_board::BoardPost, webhook::Event};
use atsi_protocol::{
    ApplicationsSwitch, CandidateStatus, CandidatesPage, ChangedJob, ChangesPage, HoldReason,
    InGreenhouse, Job, JobSave, JobSaveDone, JobSaved, JobSaving, JopwellJob, KnownCandidate,
    Millis, Problem, RowPlan, Send, SendState, StatusRoute, TrackedRow, WaitReason,
    WriteBackSettings, live::CompanyPart,
};
use std::time::Duration;
use tokio::sync::mpsc;

/// A company's row id.
pub type CompanyId = i64;
/// A send's row id.
pub type SendId = i64;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database answered with an error: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database cannot be brought to this version's schema: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// It was to be committed together with others.
    #[error("the database answered with an error to several at once: {0}")]
    Together(String),
    /// What was read is not what this program writes; the text names the column.
    #[error("the database holds something unreadable in {0}")]
    Corrupt(&'static str),
    #[error("The database file {path} cannot be used: {source}.")]
    File {
        path: String,
        source: std::io::Error,
    },
    #[error("The database {path} is in use by another atsi-proxy. Stop that one first.")]
    InUse { path: String },
    #[error(
        "Over this database there still runs: {who}. Stop every proxy, rotate, and start them with the new key."
    )]
    StillServed { who: String },
    #[error(
        "The master key is being rotated. Start the proxy when that is done, with the new key."
    )]
    Rotating,
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A connection as it is stored; the key stays sealed.
#[derive(Clone, Debug)]
pub struct StoredConnection {
    pub generation: i64,
    pub sealed_key: Vec<u8>,
    pub masked_key: String,
    pub service_user: String,
    pub account_name: Option<String>,
    pub connected_at: Millis,
    /// Name of the member who connected.
    pub connected_by: Option<String>,
    /// What broke it, where it is broken.
    pub problem: Option<Problem>,
    /// Greenhouse is left alone until then.
    pub paused_until: Millis,
    /// How many times in a row Greenhouse was busy or out of reach.
    pub failures: u32,
}

#[derive(Clone, Debug)]
pub struct NewConnection {
    pub sealed_key: Vec<u8>,
    pub masked_key: String,
    pub service_user: String,
    pub account_name: Option<String>,
    pub connected_by: Option<String>,
}

#[derive(Clone, Debug)]
pub struct NewSend {
    pub idempotency_key: String,
    /// SHA-256 over the request; tells a repetition from another request under the same key.
    pub request_fingerprint: Vec<u8>,
    pub external_id: String,
    pub job_id: Option<u64>,
    pub sent_by: Option<String>,
    /// Who sent, in company mode.
    pub member: Option<MemberId>,
    pub sealed_profile: Vec<u8>,
    /// The id of a résumé that goes along.
    pub resume: Option<String>,
}

/// What became of [`Store::accept`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// A send of its own, now in the outbox.
    New(Send),
    /// Another send holds the claim; its outcome is this one's.
    Follows(Send),
    /// The same request came before; this is where it stands.
    Replayed(Send),
    /// The key was used for another request.
    KeyReused,
    /// There is no connection to send over.
    NotConnected,
    /// The résumé is not here, or another send's.
    NoSuchResume,
}

/// A row of the outbox, for as long as the lease lasts.
#[derive(Clone, Debug)]
pub struct Leased {
    pub send: SendId,
    pub company: CompanyId,
    pub attempt: i64,
    pub idempotency_key: String,
    pub external_id: String,
    pub job_id: Option<u64>,
    /// Makes a candidate on the job, and no prospect.
    pub is_application: bool,
    /// A résumé's file goes along.
    pub has_resume: bool,
    pub sealed_profile: Vec<u8>,
    pub connection: StoredConnection,
    /// Who sent, where it is a person of whom an address is known.
    pub sender: Option<Sender>,
}

/// A member in whose name a send goes out.
#[derive(Clone, Debug)]
pub struct Sender {
    pub member: MemberId,
    pub email: String,
    pub name: String,
    /// Whether Greenhouse knows them, where that was found out under the present key.
    pub acting: Option<bool>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    Created(InGreenhouse),
    Refused(Problem),
    Uncertain,
    /// Nothing was created, and an application is not given up for that.
    Held(HoldReason, Problem),
    /// Nothing was created and Greenhouse asked for, or needs, a pause: the send stays in the outbox.
    Pause {
        reason: WaitReason,
        until: Millis,
    },
    /// Nothing was created: Greenhouse refused the key or its user. The send stays in the outbox.
    ConnectionBroken(Problem),
    /// Nothing was sent: the row goes back as it was.
    HandedBack,
}

/// What became of a person's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    Done(Box<Send>),
    NoSuchSend,
    NotUncertain,
    /// The profile belongs to another candidate already.
    CandidateOfAnother,
}

#[derive(Clone, Debug)]
pub enum Settling {
    ItIsThere(InGreenhouse),
    SendAgain,
}

/// A candidate of a look-up, with the send that stands for it.
#[derive(Clone, Debug)]
pub struct Found {
    pub candidate: KnownCandidate,
    /// Present where the candidate is in Greenhouse.
    pub candidate_id: Option<u64>,
}

/// What [`Store::put_statuses`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusesPut {
    /// So many stand otherwise than was known of them; who was read for the first time is not one.
    pub changed: usize,
}

/// What the next poll of a company is planned from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Polls {
    /// Those of the external ids that are in Greenhouse.
    pub looked: Vec<(String, Scheduled)>,
    /// Those that are due first.
    pub soonest: Vec<Scheduled>,
    /// When the last web hook came that was no ping.
    pub heard_at: Option<Millis>,
}

/// A company's turn to be polled, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct PollTurn {
    pub looked_at: bool,
    /// Before the next poll of all, and before the next one that nobody looks at.
    pub pause: Millis,
    pub pause_of_others: Millis,
    /// When who is asked about now is due again, unless an answer says otherwise.
    pub again_at: Millis,
}

/// Where a company wants its changes delivered, and how that goes.
#[derive(Clone, Debug)]
pub struct StoredCallback {
    pub url: String,
    pub failing_since: Option<Millis>,
    pub delivered_at: Option<Millis>,
    /// It failed for too long, or the receiver said that it wants nothing more.
    pub disabled_at: Option<Millis>,
    pub waiting: u64,
    /// Those that are still valid, the newest first.
    pub secrets: Vec<StoredSecret>,
}

/// A delivery to a callback address, for as long as the lease lasts.
#[derive(Clone, Debug)]
pub struct LeasedCallback {
    pub delivery: i64,
    pub company: CompanyId,
    pub url: String,
    /// Of the address, in a row, before this one.
    pub failures: u32,
    pub webhook_id: String,
    pub number: u64,
    pub attempt: i64,
    pub tells: Tells,
    pub secrets: Vec<Vec<u8>>,
}

/// What a delivery says, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "there are few at once, and most are the largest"
)]
pub enum Tells {
    Candidate(KnownCandidate),
    Job(ChangedJob),
    /// Changes were lost.
    Loss,
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackAnswer {
    Status {
        status: u16,
        /// Milliseconds.
        retry_after: Option<Millis>,
    },
    /// No answer, and why in a word.
    Failed(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDelivery {
    pub id: i64,
    pub webhook_id: String,
    pub number: u64,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    pub created_at: Millis,
    pub attempts: u64,
    pub next_at: Millis,
    pub attempted_at: Option<Millis>,
    /// An HTTP status, or a word where there was no answer.
    pub answer: Option<String>,
    pub idempotency_key: Option<String>,
    pub greenhouse_job_id: Option<u64>,
}

/// A company's public job board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBoard {
    pub company: CompanyId,
    pub token: String,
    pub etag: Option<String>,
    pub read_at: Option<Millis>,
    /// In a row.
    pub failures: u32,
    /// The last one's sentence.
    pub problem: Option<String>,
}

/// A change that proxies over one database announce to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub company: CompanyId,
    /// The part of the company that changed; `None` for rows of its change log.
    pub part: Option<CompanyPart>,
}

impl Announcement {
    /// The text of a notification. A trigger writes the company's id alone, for the change log.
    #[must_use]
    pub fn payload(self) -> String {
        let company = self.company;
        match self.part {
            None => company.to_string(),
            Some(CompanyPart::Connection) => format!("{company} connection"),
            Some(CompanyPart::Members) => format!("{company} members"),
            Some(CompanyPart::Company) => format!("{company} company"),
        }
    }

    /// Reads the text of a notification. A part of a newer version counts as any.
    #[must_use]
    pub fn from_payload(payload: &str) -> Option<Self> {
        let (company, part) = match payload.split_once(' ') {
            None => (payload, None),
            Some((company, "connection")) => (company, Some(CompanyPart::Connection)),
            Some((company, "members")) => (company, Some(CompanyPart::Members)),
            Some((company, _)) => (company, Some(CompanyPart::Company)),
        };
        Some(Self {
            company: company.parse().ok()?,
            part,
        })
    }
}

/// What waits, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueFigures {
    pub waiting: u64,
    pub uncertain: u64,
    /// When the oldest waiting send was queued.
    pub oldest: Option<Millis>,
}

/// Connections by what they can do now, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionFigures {
    pub active: u64,
    /// Greenhouse is left alone for a while: it was busy or out of reach.
    pub paused: u64,
    /// Greenhouse refused the key or its user.
    pub broken: u64,
}

/// Where a company's web hooks arrive, and what they are signed with, newest first.
#[derive(Clone, Debug)]
pub struct StoredHook {
    pub company: CompanyId,
    pub public_id: String,
    pub secrets: Vec<StoredSecret>,
}

#[derive(Clone, Debug)]
pub struct StoredSecret {
    pub sealed: Vec<u8>,
    pub created_at: Millis,
    /// Absent for the newest.
    pub valid_until: Option<Millis>,
}

/// A web hook that was signed rightly and understood.
#[derive(Clone, Debug)]
pub struct ReceivedHook {
    /// `Greenhouse-Event-ID`, where the delivery has one.
    pub event_id: Option<String>,
    /// SHA-256 over the raw body.
    pub digest: [u8; 32],
    pub action: String,
    pub event: Event,
}

/// What a web hook did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HookEffect {
    /// It had come before, and nothing was done.
    pub duplicate: bool,
    /// So many sends got to know their outcome.
    pub settled: u64,
}

/// Web hooks of one name: an action, or a reason for a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCount {
    pub refused: bool,
    pub name: String,
    pub count: u64,
    pub last_at: Millis,
}

/// A row of Greenhouse's list of jobs, all of which are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedJob {
    pub id: u64,
    pub name: String,
    pub public: bool,
}

/// The jobs of a company that we know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredJobs {
    /// When Greenhouse's list was last read.
    pub read_at: Option<Millis>,
    pub jobs: Vec<Job>,
}

/// How a job is described on both sides, as sanitized HTML.
#[derive(Clone, Debug)]
pub struct StoredDescription {
    /// Greenhouse's.
    pub html: String,
    pub changed_at: Millis,
    /// Jopwell's, where its page was seen.
    pub shown: Option<String>,
    pub seen_at: Option<Millis>,
    /// What of Greenhouse's was last taken over, or passed over.
    pub taken: Option<String>,
    /// Whether the post that says it stands on a job board.
    pub live: bool,
    /// Jopwell's text in which both last said the same.
    pub agreed: Option<String>,
}

impl StoredDescription {
    /// It says something else than Jopwell's, and nobody has taken it over or passed it over.
    #[must_use]
    pub fn is_news(&self) -> bool {
        // What Jopwell shows is not known where its page was never looked at.
        let Some(shown) = (self.seen_at.filter(|at| *at > 0)).and(self.shown.as_ref()) else {
            return false;
        };
        self.taken.as_ref() != Some(&self.html)
            && !have_same_text(&blocks(shown), &blocks(&self.html))
    }
}

/// What a page of a job on Jopwell says.
#[derive(Clone, Copy, Debug, Default)]
pub struct SeenJob<'a> {
    /// Its description, sanitized.
    pub shown: Option<&'a str>,
    pub is_open: Option<bool>,
    /// The browser that shows it can save the job.
    pub saves: bool,
}

/// What is to be saved of a job on Jopwell, and what was.
#[derive(Debug, Default)]
pub struct JobSaves {
    /// For the browser that asked.
    pub save: Option<JobSave>,
    pub saved: Vec<JobSaved>,
    /// The page says what stood there before it was saved.
    pub is_old: bool,
}

/// A job on Jopwell, and what it is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLink {
    pub jopwell_job: JopwellJob,
    pub job: Option<Job>,
    pub linked_at: Option<Millis>,
    pub applications: ApplicationsSwitch,
    /// Applications to it that do not leave yet.
    pub held: u64,
}

/// Somebody applied on Jopwell.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// Its `job_id` is not used: the link tells it.
    pub send: NewSend,
    pub jopwell_job: JopwellJob,
    pub applied_at: Option<Millis>,
}

/// Which applications to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApplicationsPage<'a> {
    /// The id of the last one before; absent for the newest.
    pub before: Option<u64>,
    pub limit: u32,
    pub jopwell_id: Option<&'a str>,
    pub held_only: bool,
}

#[derive(Clone, Debug)]
pub struct StoredApplication {
    /// Grows with each one.
    pub id: u64,
    pub send: Send,
    pub jopwell_job: JopwellJob,
    pub applied_at: Option<Millis>,
    /// Present until it is settled.
    pub sealed_profile: Option<Vec<u8>>,
    /// The idempotency key that the profile was sealed with.
    pub sealed_under: String,
    pub reason: Option<HoldReason>,
    pub problem: Option<Problem>,
    /// Where the person is a prospect, for the reason of that name.
    pub prospect: Option<InGreenhouse>,
}

/// A résumé's file, as it is kept.
#[derive(Clone, Debug)]
pub struct NewResume {
    pub id: String,
    pub file_name: String,
    pub media_type: &'static str,
    /// In bytes.
    pub size: u64,
    pub sealed: Vec<u8>,
    pub expires_at: Millis,
}

#[derive(Clone, Debug)]
pub struct StoredResume {
    pub id: String,
    pub company: CompanyId,
    pub file_name: String,
    pub media_type: String,
    pub sealed: Vec<u8>,
}

/// What became of [`Store::dismiss_application`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissed {
    Done,
    NoSuchApplication,
    /// It is on its way, or settled.
    NotHeld,
}

/// Where Jopwell's systems push a company's applications.
#[derive(Clone, Debug)]
pub struct StoredPush {
    pub company: CompanyId,
    pub public_id: String,
    pub sealed_secret: Vec<u8>,
    pub made_at: Millis,
    /// The secret before, and until when it is good.
    pub previous: Option<(Vec<u8>, Millis)>,
}

/// How many rows [`Store::lease`] may take.
#[derive(Clone, Copy, Debug)]
pub struct LeaseLimits {
    pub total: u32,
    pub per_company: u32,
}

/// Everything that was last needed before these times may go; by default, nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expiry {
    /// Files of résumés that expired before.
    pub resumes: Millis,
    pub changes: Millis,
    pub idempotency_keys: Millis,
    pub hook_records: Millis,
    pub refused_sends: Millis,
    /// What was set in the tracker or saved of a job, where something was set or saved there since.
    pub write_backs: Millis,
}

/// Rows that [`Store::prune`] deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub resumes: u64,
    pub changes: u64,
    pub deliveries: u64,
    pub idempotency_keys: u64,
    pub hook_records: u64,
    pub refused_sends: u64,
    pub write_backs: u64,
}

/// A row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Grows with each row.
    pub id: u64,
    pub at: Millis,
    pub who: String,
    pub action: String,
    /// The id of what it was done to, where one is needed.
    pub subject: Option<String>,
}

/// Whoever uses a proxy without accounts, in the audit.
pub const PERSON: &str = "member";

/// A member in the audit, which outlives what else is known of them.
#[must_use]
pub fn who(member: MemberId) -> String {
    format!("{PERSON} {member}")
}

/// Seals a value anew.
pub type Reseal<'a> = &'a (
        dyn Fn(CompanyId, Purpose<'_>, &[u8]) -> Result<Vec<u8>, Unsealable>
            + std::marker::Send
            + Sync
    );

#[async_trait::async_trait]
pub trait Store: Accounts + std::marker::Send + Sync + 'static {
    /// The one company of personal mode, made where it is missing.
    async fn personal_company(&self, now: Millis) -> Result<CompanyId>;

    /// The sealed constant that tells whether the master key is this database's; `offered` is kept
    /// where there is none yet.
    async fn master_key_check(&self, offered: Option<&[u8]>) -> Result<Option<Vec<u8>>>;

    async fn connection(&self, company: CompanyId) -> Result<Option<StoredConnection>>;

    /// Replaces the connection. Sends that waited for its repair are due again.
    async fn put_connection(
        &self,
        company: CompanyId,
        new: NewConnection,
        who: &str,
        now: Millis,
    ) -> Result<StoredConnection>;

    /// The same by a one-time link, which is used up with it; `None` where it counts no longer.
    async fn put_connection_by_help(
        &self,
        help: &StoredHelp,
        new: NewConnection,
        now: Millis,
    ) -> Result<Option<StoredConnection>>;

    /// Takes the connection away. Sends that did not leave yet are refused with `problem`: they
    /// were meant for the account that is gone.
    async fn delete_connection(
        &self,
        company: CompanyId,
        problem: &Problem,
        who: &str,
        now: Millis,
    ) -> Result<()>;

    /// Marks the connection broken, unless it was replaced since `generation`.
    async fn break_connection(
        &self,
        company: CompanyId,
        generation: i64,
        problem: &Problem,
    ) -> Result<()>;

    /// Leaves Greenhouse alone until `until`, unless the connection was replaced since `generation`.
    async fn pause(
        &self,
        company: CompanyId,
        generation: i64,
        reason: WaitReason,
        until: Millis,
    ) -> Result<()>;

    /// Claims (company, external_id, job) and records the send with its outbox row, or finds what
    /// answers it already.
    async fn accept(&self, company: CompanyId, new: NewSend, now: Millis) -> Result<Accepted>;

    /// As [`Self::accept`] for (company, external_id, job on Jopwell); it goes into the outbox as soon
    /// as its job is linked, nothing is switched off, and the person is no prospect.
    async fn accept_application(
        &self,
        company: CompanyId,
        new: NewApplication,
        now: Millis,
    ) -> Result<Accepted>;

    /// The newest first.
    async fn applications(
        &self,
        company: CompanyId,
        page: ApplicationsPage<'_>,
        now: Millis,
    ) -> Result<Vec<StoredApplication>>;

    /// The application that an idempotency key stands for.
    async fn application(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        now: Millis,
    ) -> Result<Option<StoredApplication>>;

    /// Ends a held application for good, by a person's decision.
    async fn dismiss_application(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        who: &str,
        now: Millis,
    ) -> Result<Dismissed>;

    /// The address and secrets that a public id stands for.
    async fn push(&self, public_id: &str, now: Millis) -> Result<Option<StoredPush>>;

    /// The company's own.
    async fn push_of(&self, company: CompanyId, now: Millis) -> Result<Option<StoredPush>>;

    /// Replaces the secret, under the address there is or else under `public_id`.
    async fn put_push_secret(
        &self,
        company: CompanyId,
        public_id: &str,
        sealed: &[u8],
        previous_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<StoredPush>;

    async fn put_resume(&self, company: CompanyId, new: &NewResume, now: Millis) -> Result<()>;

    /// Makes the file of a send available under the digest of a token, instead of any before; its
    /// name, where it is still here.
    async fn offer_resume(
        &self,
        send: SendId,
        token_digest: &[u8],
        expires_at: Millis,
    ) -> Result<Option<String>>;

    /// Erases the file of a send, which cannot be offered.
    async fn drop_resume(&self, send: SendId) -> Result<()>;

    /// The file that a token leads to now.
    async fn resume_by_token(
        &self,
        token_digest: &[u8],
        now: Millis,
    ) -> Result<Option<StoredResume>>;

    /// Erases a file that was fetched whole.
    async fn resume_fetched(&self, id: &str) -> Result<()>;

    /// The send that an idempotency key stands for.
    async fn send(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        now: Millis,
    ) -> Result<Option<Send>>;

    /// Keeps the master key from being rotated until this process ends or the store is closed; to be
    /// called before the key is read. `name` is what an operator is told to stop.
    async fn keep_master_key(&self, name: &str) -> Result<()>;

    /// Shows the other proxies over this database that `owner` lives, until this process ends or
    /// loses the database.
    async fn appear(&self, owner: &str) -> Result<()>;

    /// Ends the leases of proxies that no longer live, so that nobody waits for them to run out;
    /// returns how many.
    async fn end_leases_of_the_dead(&self, now: Millis) -> Result<u64>;

    /// Takes due rows, the oldest first and every company in turn. A connection that failed last
    /// time gets a single try; one that is broken, paused or gone gets none.
    async fn lease(
        &self,
        owner: &str,
        limits: LeaseLimits,
        now: Millis,
        duration: Duration,
    ) -> Result<Vec<Leased>>;

    /// Records that the request is about to leave. False where the row was lost meanwhile: then it
    /// must not leave.
    async fn dispatch(&self, leased: &Leased, now: Millis) -> Result<bool>;

    /// Records what became of an attempt. False where a newer attempt, or a decision, was faster.
    async fn settle(&self, leased: &Leased, settlement: Settlement, now: Millis) -> Result<bool>;

    /// Makes uncertain every send that left under a lease that has run out; returns how many.
    async fn give_up_lost(&self, now: Millis) -> Result<u64>;

    /// Hands back what `owner` leased and did not dispatch.
    async fn hand_back(&self, owner: &str) -> Result<()>;

    /// When the next row may become due by itself, after a pause or a lost lease.
    async fn next_due(&self, now: Millis) -> Result<Option<Millis>>;

    /// Settles an uncertain send by a person's decision.
    async fn decide(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        settling: Settling,
        who: &str,
        now: Millis,
    ) -> Result<Decided>;

    /// Those of the ids that this company sent. For an `external_id` the latest send counts that
    /// was not refused, else the latest; a send that both kinds of id name comes once.
    async fn look_up(
        &self,
        company: CompanyId,
        candidate_ids: &[u64],
        external_ids: &[String],
        now: Millis,
    ) -> Result<Vec<Found>>;

    /// Everybody whom this company sent, at most `limit`, the newest first and older than `after`; for
    /// each the send that counts in [`Store::look_up`]. Erased people are nobody any more.
    async fn candidates(
        &self,
        company: CompanyId,
        after: Option<u64>,
        limit: u32,
        now: Millis,
    ) -> Result<CandidatesPage>;

    /// Records what Greenhouse said of `asked`; who is absent from `read` is no longer readable and
    /// keeps the applications last known. Who is asked next, and when, follows from it.
    async fn put_statuses(
        &self,
        company: CompanyId,
        asked: &[u64],
        read: &[(u64, CandidateStatus)],
        route: StatusRoute,
        pace: Pace,
        now: Millis,
    ) -> Result<StatusesPut>;

    /// Companies whose connection works and is not paused.
    async fn connected(&self, now: Millis) -> Result<Vec<CompanyId>>;

    /// When the last web hook came that was no ping.
    async fn hook_heard_at(&self, company: CompanyId) -> Result<Option<Millis>>;

    async fn polls(&self, company: CompanyId, external_ids: &[String]) -> Result<Polls>;

    /// Takes the company's turn, and those of the candidates that nobody asked about after `latest`.
    /// The inner error: not before then, somebody had a turn lately.
    async fn claim_polls(
        &self,
        company: CompanyId,
        candidates: &[u64],
        latest: Millis,
        turn: PollTurn,
        now: Millis,
    ) -> Result<Result<Vec<u64>, Millis>>;

    /// What changed after a number, from at most `limit` rows of the log. Without a number there is
    /// nothing to tell, only where to ask from next: to be asked before everything is read.
    async fn changes(
        &self,
        company: CompanyId,
        after: Option<u64>,
        limit: u32,
        now: Millis,
    ) -> Result<ChangesPage>;

    async fn jobs(&self, company: CompanyId) -> Result<StoredJobs>;

    /// Those of these jobs of Greenhouse's that are known, with what they are on Jopwell.
    async fn changed_jobs(&self, company: CompanyId, ids: &[u64]) -> Result<Vec<ChangedJob>>;

    async fn job_board(&self, company: CompanyId) -> Result<Option<StoredBoard>>;

    async fn put_job_board(
        &self,
        company: CompanyId,
        token: &str,
        who: &str,
        now: Millis,
    ) -> Result<StoredBoard>;

    async fn delete_job_board(&self, company: CompanyId, who: &str, now: Millis) -> Result<()>;

    /// Companies whose job board is to be read now, or was to be.
    async fn due_boards(&self, now: Millis) -> Result<Vec<CompanyId>>;

    /// Takes the turn to read a board until `next_at`; none where somebody else has it.
    async fn claim_board(
        &self,
        company: CompanyId,
        now: Millis,
        next_at: Millis,
    ) -> Result<Option<StoredBoard>>;

    /// Records what a board said, with its `ETag`; nothing where it is the same as before.
    async fn put_board(
        &self,
        company: CompanyId,
        token: &str,
        read: Option<(&[BoardPost], Option<&str>)>,
        at: Millis,
        next_at: Millis,
    ) -> Result<()>;

    async fn fail_board(
        &self,
        company: CompanyId,
        token: &str,
        problem: &str,
        next_at: Millis,
    ) -> Result<()>;

    /// Records what Greenhouse's list said when it was asked at `read_at`, unless the connection was
    /// replaced since `generation`. Who is absent from it is no longer listed.
    async fn put_jobs(
        &self,
        company: CompanyId,
        generation: i64,
        listed: &[ListedJob],
        read_at: Millis,
        now: Millis,
    ) -> Result<()>;

    /// The jobs on Jopwell that were seen, those that are not linked first.
    async fn job_links(&self, company: CompanyId) -> Result<Vec<StoredLink>>;

    /// Links a job on Jopwell to one in Greenhouse; `None` where no such job is known. Without
    /// `applications` that stays as it was.
    async fn link_job(
        &self,
        company: CompanyId,
        job: &JopwellJob,
        job_id: u64,
        applications: Option<ApplicationsSwitch>,
        who: &str,
        now: Millis,
    ) -> Result<Option<StoredLink>>;

    /// Takes a link away; false where there was none.
    async fn unlink_job(
        &self,
        company: CompanyId,
        jopwell_id: &str,
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// Keeps what the page of a linked job says; nothing of a job that is not linked. Of all browsers
    /// that look, one is told to save the job.
    async fn see_job_page(
        &self,
        company: CompanyId,
        job: &JopwellJob,
        page: &SeenJob<'_>,
        now: Millis,
    ) -> Result<JobSaves>;

    /// What of jobs the company has saved on Jopwell by itself.
    async fn job_saving(&self, company: CompanyId) -> Result<JobSaving>;

    async fn put_job_saving(
        &self,
        company: CompanyId,
        chosen: JobSaving,
        who: &str,
        now: Millis,
    ) -> Result<()>;

    /// How saving a job went; false where nobody of the company was told to.
    async fn finish_job_save(
        &self,
        company: CompanyId,
        id: u64,
        done: &JobSaveDone,
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// What to save to put back what was there before; `None` where something else was saved since, or
    /// it is not known.
    async fn undo_job_save(
        &self,
        company: CompanyId,
        id: u64,
        now: Millis,
    ) -> Result<Option<JobSave>>;

    /// `None` where the job is not linked, or nothing was told of its description.
    async fn job_description(
        &self,
        company: CompanyId,
        jopwell_id: &str,
    ) -> Result<Option<StoredDescription>>;

    /// Greenhouse's description of this moment is passed over; false where it is another meanwhile.
    async fn pass_over_description(
        &self,
        company: CompanyId,
        jopwell_id: &str,
        changed_at: Millis,
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// The company's address for its changes.
    async fn callback(&self, company: CompanyId, now: Millis) -> Result<Option<StoredCallback>>;

    /// Sets the address, and starts again where it was disabled. True where it is the first: then the
    /// secret is kept, and what changes from now on is delivered.
    async fn put_callback(
        &self,
        company: CompanyId,
        url: &str,
        sealed_secret: &[u8],
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// Adds a secret; the one before is used beside it until `others_until`. False without an address.
    async fn add_callback_secret(
        &self,
        company: CompanyId,
        sealed: &[u8],
        others_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    async fn delete_callback(&self, company: CompanyId, who: &str, now: Millis) -> Result<()>;

    /// Makes deliveries of what changed.
    async fn gather_callbacks(&self, now: Millis) -> Result<()>;

    /// Takes due deliveries, of each candidate the first one only.
    async fn lease_callbacks(
        &self,
        each: u32,
        room: u32,
        now: Millis,
        duration: Duration,
    ) -> Result<Vec<LeasedCallback>>;

    /// Records an answer. Where it was none to be glad of, the delivery is due again at `again_at`, and
    /// nothing goes to the address before `paused_until`.
    async fn settle_callback(
        &self,
        leased: &LeasedCallback,
        answer: &CallbackAnswer,
        again_at: Millis,
        paused_until: Millis,
        now: Millis,
    ) -> Result<()>;

    /// When a delivery may become due by itself.
    async fn next_callback(&self, now: Millis) -> Result<Option<Millis>>;

    /// The newest first, from below `before`.
    async fn callback_deliveries(
        &self,
        company: CompanyId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredDelivery>>;

    /// Delivers the same once more. False where there is no such delivery.
    async fn redeliver_callback(
        &self,
        company: CompanyId,
        delivery: i64,
        now: Millis,
    ) -> Result<bool>;

    /// How the company wants Jopwell's tracker to follow Greenhouse.
    async fn write_back_settings(&self, company: CompanyId) -> Result<WriteBackSettings>;

    async fn put_write_back_settings(
        &self,
        company: CompanyId,
        settings: &WriteBackSettings,
        who: &str,
        now: Millis,
    ) -> Result<()>;

    /// What becomes of these rows of the tracker. Of all who ask, one is told to set a row.
    async fn plan_write_backs(
        &self,
        company: CompanyId,
        rows: &[TrackedRow],
        now: Millis,
    ) -> Result<Vec<RowPlan>>;

    /// How setting a row went; false where there is no such claim.
    async fn finish_write_back(
        &self,
        company: CompanyId,
        id: u64,
        is_set: bool,
        now: Millis,
    ) -> Result<bool>;

    /// The address and secrets that a public id stands for; only secrets that are still valid.
    async fn hook(&self, public_id: &str, now: Millis) -> Result<Option<StoredHook>>;

    /// The company's own.
    async fn hook_of(&self, company: CompanyId, now: Millis) -> Result<Option<StoredHook>>;

    /// Adds a secret, under the address there is or else under `public_id`. Those before it stay
    /// valid until `others_until` at most.
    async fn add_hook_secret(
        &self,
        company: CompanyId,
        public_id: &str,
        sealed: &[u8],
        others_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<StoredHook>;

    /// Records a web hook and all it says, once, whatever came before or comes after.
    async fn receive_hook(
        &self,
        company: CompanyId,
        received: &ReceivedHook,
        now: Millis,
    ) -> Result<HookEffect>;

    /// Counts a web hook that was refused.
    async fn count_refused_hook(&self, company: CompanyId, reason: &str, now: Millis)
    -> Result<()>;

    async fn hook_counts(&self, company: CompanyId) -> Result<Vec<HookCount>>;

    /// Counts a push of Jopwell's systems; `outcome` is `accepted` or a problem's code.
    async fn count_push(&self, company: CompanyId, outcome: &str, now: Millis) -> Result<()>;

    async fn push_counts(&self, company: CompanyId) -> Result<Vec<atsi_protocol::HookCount>>;

    /// Takes the company's next place in the rate that all proxies over this database share, and
    /// tells how long to wait for it. `None` where there is only this process.
    async fn take_turn(
        &self,
        company: CompanyId,
        interval: Duration,
        burst: u32,
    ) -> Result<Option<Duration>>;

    /// Tells the other proxies that something of the company's changed.
    async fn announce(&self, announcement: Announcement) -> Result<()>;

    /// Companies of which something changed, as any proxy announced it. `None` where there is only
    /// this process.
    async fn listen(&self) -> Result<Option<mpsc::Receiver<Announcement>>>;

    /// Deletes what is older than it needs to be. A send that is not final keeps all its keys.
    async fn prune(&self, before: Expiry) -> Result<Pruned>;

    /// Seals anew all that is sealed, in one transaction, and returns how many values. Fails where
    /// somebody keeps the master key.
    async fn reseal(&self, reseal: Reseal<'_>, now: Millis) -> Result<u64>;

    /// What was done in the company or to the whole installation, the oldest first, after row
    /// `after` and at most `limit` rows.
    async fn audit(&self, company: CompanyId, after: u64, limit: u32) -> Result<Vec<Audited>>;

    /// All that the database holds of the company, as one array of rows under the name of each table.
    /// What is sealed is left out; `who` is noted in the audit, which is a part of it.
    async fn export(
        &self,
        company: CompanyId,
        who: &str,
        now: Millis,
    ) -> Result<serde_json::Map<String, serde_json::Value>>;

    /// Deletes all that the database holds of the company but the audit, in which `who` is noted;
    /// returns how many rows. What is under way to Greenhouse arrives there, and nobody here knows.
    async fn erase(&self, company: CompanyId, who: &str, now: Millis) -> Result<u64>;

    async fn queue_figures(&self) -> Result<QueueFigures>;

    async fn connection_figures(&self, now: Millis) -> Result<ConnectionFigures>;

    /// Fails where the database cannot be written.
    async fn check_writable(&self) -> Result<()>;

    /// Closes every file.
    async fn close(&self);
}

/// The state of a send as seen by another one that found its claim held.
fn as_follower(state: SendState) -> SendState {
    match state {
        SendState::Created(there) => SendState::Existing(there),
        other => other,
    }
}

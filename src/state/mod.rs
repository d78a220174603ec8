//! What the core knows, and questions to it. Nothing here decides or shows anything.

pub mod applications;
pub mod jobs;
pub mod known;
pub mod live;
pub mod notifications;
pub mod record;
pub mod report;
pub mod resume;
pub mod settings;
pub mod task;
pub mod tracker;
pub mod trouble;

use applications::Applying;
use atsi_protocol::{ConnectionState, KnownCandidate, Millis, Waiting, WaitingFor};
use jobs::KnownJob;
use known::Directory;
use live::Live;
use record::{Record, Whereabouts};
use report::Report;
use settings::Settings;
use tracker::PlannedRow;
use trouble::Trouble;

/// The last name that is sent, after the person agreed, for a candidate whose page shows one name.
pub const NO_LAST_NAME: &str = "(no last name)";

#[derive(Debug, Default)]
pub struct State {
    pub settings: Settings,
    /// Sends and applications of this browser.
    pub records: Vec<Record>,
    pub directory: Directory,
    /// Why the proxy could not be asked last time, and when that was.
    pub trouble: Option<(Millis, Trouble)>,
    /// When the proxy was last asked for the connection.
    pub connection_asked_at: Option<Millis>,
    /// The number on the toolbar icon.
    pub toolbar: usize,
    /// When the next alarm rings.
    pub wake: Option<Millis>,
    /// Ids of people whose page shows one name, where the person was told so.
    pub one_name: Vec<String>,
    pub live: Live,
    pub tracker: Vec<PlannedRow>,
    pub applying: Applying,
    pub jobs: Vec<KnownJob>,
    /// How far this computer's clock is ahead of UTC, in minutes, within a day.
    pub minutes_east: Millis,
    /// When the proxy is next asked for changes while no page is open.
    pub look_for_news_at: Millis,
    /// When open pages look again, because a question of theirs went unanswered.
    pub repeat_at: Option<Millis>,
    /// When the last event happened.
    pub last_at: Millis,
    pub report: Report,
}

impl State {
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.settings
            .connection
            .as_ref()
            .is_some_and(|connection| connection.state != ConnectionState::None)
    }

    /// Returns whether the proxy said that nobody is signed in here.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        (self.trouble.as_ref()).is_some_and(|(_, trouble)| trouble.is_signed_out())
    }

    /// Returns whether a page of either site is open.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.live.is_watched
    }

    #[must_use]
    pub fn record(&self, key: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.key == key)
    }

    /// Returns the newest send of a person from this browser.
    #[must_use]
    pub fn latest(&self, external_id: &str) -> Option<&Record> {
        self.records
            .iter()
            .filter(|record| record.external_id == external_id && record.job.is_none())
            .max_by_key(|record| record.asked_at)
    }

    /// Returns the application of a person to a job, from this browser.
    #[must_use]
    pub fn application(&self, external_id: &str, job: &str) -> Option<&Record> {
        let is_it = |record: &&Record| {
            record.job.as_deref() == Some(job) && record.external_id == external_id
        };
        self.records.iter().find(is_it)
    }

    /// Returns what the proxy knows of a person, whoever sent them.
    #[must_use]
    pub fn known(&self, external_id: &str) -> Option<&KnownCandidate> {
        self.directory.person(external_id)
    }

    #[must_use]
    pub fn has_one_name(&self, external_id: &str) -> bool {
        self.one_name.iter().any(|one| one == external_id)
    }

    /// Returns what is not done yet for a person: what the proxy knows of, and what it has not taken yet.
    #[must_use]
    pub fn waiting(&self, candidate: &KnownCandidate) -> Vec<Waiting> {
        let here = self.records.iter().filter(|record| {
            record.external_id == candidate.external_id
                && !record.is_final()
                && matches!(record.at, Whereabouts::Here { .. })
        });
        let here = here.map(|record| Waiting {
            what: match record.job {
                Some(_) => WaitingFor::Application,
                None => WaitingFor::Send,
            },
            name: None,
            failed: false,
        });
        candidate.waiting.iter().cloned().chain(here).collect()
    }
}

/// Borrows the records alone, so that the rest of the state stays free.
pub fn find<'a>(records: &'a mut [Record], key: &str) -> Option<&'a mut Record> {
    records.iter_mut().find(|record| record.key == key)
}

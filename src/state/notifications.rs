//! What a person wants the browser to notify them of, and what it has.

use super::record::Record;
use atsi_protocol::{ApplicationStatus, KnownCandidate, Millis};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// In minutes, as quiet hours are.
pub const DAY: Millis = 24 * 60;
pub const MINUTE: Millis = 60_000;

/// On disk with the settings, and so with the number of the last change that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notifications {
    /// Since when each is wanted; older news are ignored.
    pub hired: Option<Millis>,
    pub offer: Option<Millis>,
    pub rejected: Option<Millis>,
    /// Of everybody whom the company sent.
    pub all: bool,
    /// This person's name in the proxy's records of who sent; none in personal mode.
    pub me: Option<String>,
    /// Minutes of this computer's day. Equal times: no quiet hours.
    pub quiet_from: Millis,
    pub quiet_until: Millis,
    /// What each application's last notification was about.
    #[serde(rename = "told", deserialize_with = "readable")]
    pub announced: Vec<Milestone>,
    #[serde(deserialize_with = "readable")]
    pub waiting: Vec<News>,
    /// When the waiting news are shown.
    pub due: Option<Millis>,
}

impl Default for Notifications {
    fn default() -> Self {
        Self {
            hired: None,
            offer: None,
            rejected: None,
            all: false,
            me: None,
            quiet_from: 20 * 60,
            quiet_until: 8 * 60,
            announced: Vec::new(),
            waiting: Vec::new(),
            due: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewsKind {
    Hired,
    Offer,
    Rejected,
}

impl NewsKind {
    pub const ALL: [Self; 3] = [Self::Hired, Self::Offer, Self::Rejected];

    /// Returns what the status of an application is news of, if it is.
    #[must_use]
    pub fn of(application: &ApplicationStatus) -> Option<Self> {
        let stage = application.stage.as_deref().unwrap_or_default();
        match application.status.as_str() {
            "hired" => Some(Self::Hired),
            "rejected" => Some(Self::Rejected),
            "active" if stage.to_ascii_lowercase().contains("offer") => Some(Self::Offer),
            _ => None,
        }
    }

    /// The word, in English.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Hired => key!("Hired"),
            Self::Offer => key!("Offer"),
            Self::Rejected => key!("Rejected"),
        }
    }
}

/// What happened to an application. On disk as `APPLICATION\nKIND\n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Milestone {
    pub application: u64,
    pub kind: NewsKind,
}

/// News of a candidate. On disk as `APPLICATION\nKIND\nKEY\nPAGE\nJOB`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct News {
    pub milestone: Milestone,
    /// The send's key; the browser that sent knows the name.
    pub key: String,
    /// The candidate's page in Greenhouse.
    pub page: String,
    /// The job's name; may be empty.
    pub job: String,
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n", self.application, self.kind.key())
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}\n{}\n{}",
            self.milestone, self.key, self.page, self.job
        )
    }
}

impl FromStr for Milestone {
    type Err = &'static str;

    fn from_str(line: &str) -> Result<Self, &'static str> {
        let mut parts = line.split('\n');
        let mut part = || parts.next().unwrap_or_default();
        let application = part().parse().map_err(|_| "no application")?;
        let word = part();
        let kind = NewsKind::ALL.into_iter().find(|kind| kind.key() == word);
        let kind = kind.ok_or("no kind of news")?;
        Ok(Self { application, kind })
    }
}

impl FromStr for News {
    type Err = &'static str;

    fn from_str(line: &str) -> Result<Self, &'static str> {
        let mut parts = line.splitn(5, '\n').skip(2);
        let mut part = || parts.next().map(str::to_owned).ok_or("too short");
        Ok(Self {
            milestone: line.parse()?,
            key: part()?,
            page: part()?,
            job: part()?,
        })
    }
}

impl From<Milestone> for String {
    fn from(milestone: Milestone) -> Self {
        milestone.to_string()
    }
}

impl From<News> for String {
    fn from(news: News) -> Self {
        news.to_string()
    }
}

/// The lines that this version understands: one that it does not must not cost the settings.
fn readable<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let lines = Vec::<String>::deserialize(deserializer)?;
    Ok(lines.iter().filter_map(|line| line.parse().ok()).collect())
}

impl Notifications {
    /// Returns since when news of this kind are wanted.
    #[must_use]
    pub fn wanted_since(&self, kind: NewsKind) -> Option<Millis> {
        match kind {
            NewsKind::Hired => self.hired,
            NewsKind::Offer => self.offer,
            NewsKind::Rejected => self.rejected,
        }
    }

    /// Returns whether news of this candidate concern this person.
    #[must_use]
    pub fn concerns_me(&self, records: &[Record], candidate: &KnownCandidate) -> bool {
        let key = &candidate.idempotency_key;
        self.all
            || self.me.is_none()
            || self.me == candidate.sent_by
            || records.iter().any(|record| record.key == *key)
    }

    /// Returns the end of the quiet hours, if it is quiet now.
    #[must_use]
    pub fn quiet_end(&self, now: Millis, minutes_east: Millis) -> Option<Millis> {
        let (from, until) = (self.quiet_from % DAY, self.quiet_until % DAY);
        let minute = (now / MINUTE + minutes_east) % DAY;
        let after = |from: Millis, to: Millis| (to + DAY - from) % DAY;
        let is_quiet = after(from, minute) < after(from, until);
        is_quiet.then(|| (now / MINUTE + after(minute, until)) * MINUTE)
    }
}

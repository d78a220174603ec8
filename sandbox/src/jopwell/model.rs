//! What the Jopwell stand-in remembers.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::clock::timestamp;
use crate::greenhouse::records::{Attachment, Candidate as GreenhouseCandidate};

/// How a profile page is built, and where it lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Headings and labelled fields, with the site's id in `data-candidate-id`.
    #[default]
    Classic,
    /// A JSON-LD Person over a sparse page.
    JsonLd,
    /// schema.org microdata.
    Microdata,
    /// An h-card; e-mail and phone stand in links only.
    HCard,
    /// A single-page app that fetches JSON and renders late.
    App,
}

impl Variant {
    pub const ALL: [Self; 5] = [
        Self::Classic,
        Self::JsonLd,
        Self::Microdata,
        Self::HCard,
        Self::App,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::Classic => "labelled fields",
            Self::JsonLd => "JSON-LD",
            Self::Microdata => "microdata",
            Self::HCard => "h-card",
            Self::App => "single-page app",
        }
    }

    fn path(self, id: &str, slug: &str) -> String {
        match self {
            Self::Classic => format!("/candidates/{id}"),
            Self::JsonLd => format!("/professionals/{slug}-{id}"),
            Self::Microdata => format!("/students/{slug}"),
            Self::HCard => format!("/community/members/{slug}"),
            Self::App => format!("/talent/{id}"),
        }
    }

    /// Whether pages show the site's id; on the others a person is known by the path alone.
    pub fn shows_id(self) -> bool {
        matches!(self, Self::Classic | Self::JsonLd | Self::App)
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phone {
    pub number: String,
    /// "Mobile", "Home", "Work" or nothing.
    pub label: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Education {
    pub school: String,
    pub degree: String,
    pub years: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Experience {
    pub title: String,
    pub company: String,
    pub years: String,
    pub summary: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Link {
    /// "LinkedIn", "GitHub", "Portfolio", …
    pub label: String,
    pub url: String,
}

/// A candidate's profile. Also what `POST /sandbox/jopwell/candidates` takes; everything but the name may be absent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    pub variant: Variant,
    /// The whole name as the heading shows it.
    pub name: String,
    /// Its parts where the mark-up has them apart; without them the heading is all there is.
    pub given_name: String,
    pub family_name: String,
    pub headline: String,
    pub title: String,
    pub company: String,
    pub location: String,
    /// A postal address, lines parted by `\n`.
    pub address: String,
    pub emails: Vec<String>,
    pub phones: Vec<Phone>,
    pub links: Vec<Link>,
    pub has_resume: bool,
    /// In place of our own PDF: any address, as it is.
    pub resume_url: String,
    pub education: Vec<Education>,
    pub experience: Vec<Experience>,
    pub skills: Vec<String>,
    pub about: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    pub id: String,
    pub path: String,
    pub profile: Profile,
}

impl Candidate {
    pub fn resume_link(&self) -> Option<String> {
        if !self.profile.resume_url.is_empty() {
            return Some(self.profile.resume_url.clone());
        }
        self.profile
            .has_resume
            .then(|| format!("/resumes/{}.pdf", self.id))
    }
}

/// One line of the candidate tracker: a candidate on a job.
#[derive(Clone, Debug, Serialize)]
pub struct TrackerRow {
    pub id: u64,
    pub candidate_id: String,
    pub job_id: u64,
    pub status: String,
    pub notes: String,
    pub created_at: String,
    pub viewed_at: Option<String>,
    pub sourced_by: String,
    pub source: String,
    pub recruiter_bucket: String,
    pub modified_by: String,
    pub modified_at: String,
    /// How often the log-in page answered who wanted to set its status.
    pub turned_away: u32,
}

#[derive(Clone, Debug, Serialize)]
pub struct Job {
    pub id: u64,
    pub title: String,
    pub company: String,
    pub location: String,
    pub employment_type: String,
    pub posted: String,
    pub paragraphs: Vec<String>,
    pub status: String,
    /// How often its form was saved.
    pub saves: u32,
}

/// Statuses of the candidate tracker. Candidates see all but the first three
/// (help.jopwell.com, Candidate Tracker Guide, "Reviewing a candidate").
pub const STATUSES: [&str; 9] = [
    "Prospect",
    "Highlighted",
    "Pipelined",
    "Applied",
    "Phone Screen",
    "Interviewing",
    "Offer",
    "Hired",
    "Rejected",
];

/// The recruiter who is signed in.
pub const SIGNED_IN: &str = "Noor Haddad";

pub struct Jopwell {
    pub candidates: Vec<Candidate>,
    pub tracker: Vec<TrackerRow>,
    pub jobs: Vec<Job>,
    next_id: u64,
}

/// Pages of more cards than this are not made: the stand-in keeps every candidate in memory.
pub const MAX_CANDIDATES: usize = 5_000;

impl Jopwell {
    pub fn new(jobs: Vec<Job>) -> Self {
        Self {
            candidates: Vec::new(),
            tracker: Vec::new(),
            jobs,
            next_id: 48_210,
        }
    }

    /// Adds a candidate; the id and the path are the site's.
    pub fn add(&mut self, profile: Profile) -> Candidate {
        self.next_id += 37;
        // Ids look unlike each other on the two kinds of pages that show them.
        let id = match profile.variant {
            Variant::App => format!("t{:x}", self.next_id * 7_919),
            _ => self.next_id.to_string(),
        };
        let mut slug = slug(&profile.name);
        if self
            .candidates
            .iter()
            .any(|other| other.path == profile.variant.path(&id, &slug))
        {
            slug = format!("{slug}-{id}");
        }
        let path = profile.variant.path(&id, &slug);
        let candidate = Candidate { id, path, profile };
        self.candidates.push(candidate.clone());
        candidate
    }

    /// Puts a candidate into the tracker, on top.
    pub fn track(
        &mut self,
        candidate_id: &str,
        job_id: u64,
        status: &str,
        now: OffsetDateTime,
    ) -> TrackerRow {
        let id = self.tracker.iter().map(|row| row.id).max().unwrap_or(9_000) + 13;
        let row = TrackerRow {
            id,
            candidate_id: candidate_id.to_owned(),
            job_id,
            status: status.to_owned(),
            notes: String::new(),
            created_at: timestamp(now),
            viewed_at: None,
            sourced_by: SIGNED_IN.to_owned(),
            source: "Client Initiative".to_owned(),
            recruiter_bucket: String::new(),
            modified_by: SIGNED_IN.to_owned(),
            modified_at: timestamp(now),
            turned_away: 0,
        };
        self.tracker.insert(0, row.clone());
        row
    }

    pub fn by_path(&self, path: &str) -> Option<&Candidate> {
        self.candidates
            .iter()
            .find(|candidate| candidate.path == path)
    }

    pub fn by_id(&self, id: &str) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.id == id)
    }

    pub fn job(&self, id: u64) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    pub fn job_mut(&mut self, id: u64) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    /// Changes a tracker row's status by hand. False where there is no such row.
    pub fn set_status(&mut self, row: u64, status: &str, now: OffsetDateTime) -> bool {
        let Some(row) = self.tracker.iter_mut().find(|entry| entry.id == row) else {
            return false;
        };
        row.status = status.to_owned();
        row.modified_by = SIGNED_IN.to_owned();
        row.modified_at = timestamp(now);
        true
    }

    /// Somebody who is not logged in wanted to set it.
    pub fn turn_away(&mut self, row: u64) {
        if let Some(row) = self.tracker.iter_mut().find(|entry| entry.id == row) {
            row.turned_away += 1;
        }
    }

    /// Plays Greenhouse fetching the résumé: only the ones this sandbox serves can be fetched, the others fail in
    /// silence, as documented.
    pub fn attach_resume(&self, candidate: &mut GreenhouseCandidate) {
        let Some(url) = candidate
            .resume_url
            .as_deref()
            .and_then(|url| url::Url::parse(url).ok())
        else {
            return;
        };
        let ours = matches!(url.host_str(), Some("www.jopwell.com" | "jopwell.com"));
        let id = url
            .path()
            .strip_prefix("/resumes/")
            .and_then(|file| file.strip_suffix(".pdf"));
        if let (true, Some(known)) = (ours, id.and_then(|id| self.by_id(id))) {
            candidate.attachments.push(Attachment {
                filename: format!("{}.pdf", slug(&known.profile.name)),
                url: url.to_string(),
                kind: "resume",
            });
        }
    }
}

/// A name as a part of a path: ASCII letters where the name has some, `member` where it has none.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            'á' | 'à' | 'ã' | 'â' | 'ä' | 'å' | 'ā' => slug.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'ę' => slug.push('e'),
            'í' | 'ì' | 'î' | 'ï' => slug.push('i'),
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' | 'ō' => slug.push('o'),
            'ú' | 'ù' | 'û' | 'ü' => slug.push('u'),
            'ñ' => slug.push('n'),
            'ç' => slug.push('c'),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
        if slug.len() >= 48 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() {
        "member".to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_paths_of_variants_differ() {
        let mut jopwell = Jopwell::new(Vec::new());
        let mut paths = std::collections::HashSet::new();
        for variant in Variant::ALL {
            for name in ["Zoë Núñez", "Zoë Núñez", "李雷"] {
                let profile = Profile {
                    variant,
                    name: name.to_owned(),
                    ..Profile::default()
                };
                let candidate = jopwell.add(profile);
                assert!(candidate.path.starts_with('/') && candidate.path.is_ascii());
                assert!(paths.insert(candidate.path.clone()), "{}", candidate.path);
            }
        }
    }

    #[test]
    fn slugs() {
        assert_eq!(slug("Zoë Núñez, Jr."), "zoe-nunez-jr");
        assert_eq!(slug("李雷"), "member");
        assert_eq!(
            slug("<img src=x onerror=alert(1)>"),
            "img-src-x-onerror-alert-1"
        );
        assert!(slug(&"long ".repeat(100)).len() <= 48);
    }

    #[test]
    fn manual_status_change_names_its_author() {
        let mut jopwell = super::super::seed::jopwell(OffsetDateTime::UNIX_EPOCH);
        let row = jopwell.tracker[0].id;
        assert!(jopwell.set_status(row, "Offer", OffsetDateTime::UNIX_EPOCH));
        assert_eq!(jopwell.tracker[0].status, "Offer");
        assert_eq!(jopwell.tracker[0].modified_by, SIGNED_IN);
        assert!(!jopwell.set_status(0, "Offer", OffsetDateTime::UNIX_EPOCH));
    }
}

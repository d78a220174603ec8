//! What pages ask the core, and what it answers before anything is drawn.

use crate::action::Action;
use crate::page::ProfilePage;
use crate::page::job::JobPage;
use crate::page::seen::{List, Seen};
use crate::state::notifications::Notifications;
use crate::state::resume::ResumeProblem;
use crate::state::settings::ProxyAddressError;
use crate::state::task::{Fetch, SetStatus, Task};
use crate::state::tracker::RowStatus;
use serde::{Deserialize, Serialize};

/// A question of a page or of the popup: `{"ask": "look", …}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    Look(Look),
    /// A person clicked, or a page reports how a task ended.
    #[serde(rename = "press")]
    Click(Box<Click>),
    /// A profile was read with the page's session.
    Found(Found),
    /// A file was read, and waits at the edge; or it could not be read.
    File(FileRead),
    Popup,
    /// A person connected, disconnected, signed in or out on a page of ours; the token is on disk.
    Session(SignedInTo),
    /// A person chose what the browser notifies them of.
    Notify(Notifications),
}

/// A page was seen.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Look {
    pub seen: Seen,
    /// The key of the last answer to this document.
    #[serde(default)]
    pub was: Option<String>,
}

/// A click, on a page or, without `seen`, in the popup.
#[derive(Debug, Serialize, Deserialize)]
pub struct Click {
    pub action: Action,
    /// The text of a form.
    #[serde(default)]
    pub value: Option<String>,
    /// Names the click: the same one, told twice, counts once.
    pub key: String,
    #[serde(default)]
    pub seen: Option<Seen>,
    #[serde(default)]
    pub was: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Found {
    /// Names what follows from it.
    pub key: String,
    pub seen: Seen,
}

/// What became of a file that a page was to read.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct FileRead {
    /// Of the send.
    pub key: String,
    pub name: String,
    /// Why the file could not be read.
    #[serde(default)]
    pub problem: Option<ResumeProblem>,
}

/// The session of this browser; without a company in personal mode, and when signed out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedInTo {
    pub proxy: String,
    #[serde(default)]
    pub company: Option<String>,
}

/// The answer to an [`Ask`]. `view` makes the reply of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Page(Box<PageAnswer>),
    Fetched { fetch: Option<Fetch> },
    Popup,
    Session { refusal: Option<SessionRefusal> },
}

/// What a page shall show and do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageAnswer {
    pub showing: Showing,
    /// Handed back with the next look at this document.
    pub key: Option<String>,
    /// Look again soon: the page is between two people, or a send is on its way.
    pub again: bool,
    pub sets: Vec<SetStatus>,
    /// On a job's page.
    pub job: Option<Task>,
    /// The rows of a list whose people are not from Jopwell. None where the page is no list.
    pub others: Option<Vec<u32>>,
    /// What the person chose for the list, where that is new.
    pub choice: Option<String>,
    pub fetch: Option<Fetch>,
}

/// What a page shows, by what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Showing {
    #[default]
    Nothing,
    Profile(Box<ProfilePage>),
    JopwellSettings,
    /// A list on Jopwell; `rows` may be empty where all of them were shown before.
    JopwellList {
        url: String,
        rows: Vec<ListedPerson>,
    },
    Job(Box<JobPage>),
    /// A candidate in Greenhouse, by their id there.
    Candidate(u64),
    GreenhouseList {
        /// The port's numbers, and ids in Greenhouse.
        rows: Vec<(u32, u64)>,
        list: Option<List>,
    },
}

/// A row of a list on Jopwell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPerson {
    /// The port's number of the row.
    pub row: u32,
    pub external_id: String,
    /// In the candidate tracker: the row's id on Jopwell, and what is planned for it.
    pub status: Option<(String, RowStatus)>,
    /// The job's id on Jopwell, where the row is an application.
    pub job: Option<String>,
}

/// Why somebody cannot use ATSi as who they signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionRefusal {
    ProxyAddress(ProxyAddressError),
    /// Sends for this company still wait or need a decision.
    SendsWait {
        company: String,
    },
}

impl From<PageAnswer> for Answer {
    fn from(answer: PageAnswer) -> Self {
        Self::Page(Box::new(answer))
    }
}

//! Greenhouse's public job board, where a company gave its board's token: what its jobs are called there,
//! where they are, how they are described, and which stand on it.
//!
//! Source: Greenhouse Job Board API, `GET /boards/{token}/jobs?content=true`: no key, and the HTML of a
//! description comes with its entities escaped. `internal_job_id` is the job, `id` is its post.

use crate::{
    config::{Config, Tuning},
    delivery::Delivery,
    now,
    store::{BoardPost, BoardReading, Store, StoreError, StoredBoard},
};
use atsi_protocol::Millis;
use reqwest::{StatusCode, Url, header};
use serde::Deserialize;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const READ_WITHIN: Duration = Duration::from_secs(12);
/// Of a whole board.
const MOST_BYTES: usize = 32 * 1024 * 1024;
const MOST_POSTS: usize = 5_000;
/// A board that fails is asked less and less often, up to this many intervals apart.
const MOST_INTERVALS: u64 = 16;
const LOOK_AROUND: Duration = Duration::from_secs(30);
pub const MOST_TOKEN_CHARS: usize = 100;

/// Why a board could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoardError {
    Unknown,
    Unreachable,
    NotABoard,
    TooLarge,
}

impl BoardError {
    /// For a person, with what to do.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Unknown => {
                "Greenhouse knows no job board with this token. It is the last part of your job board's address: hartwell of job-boards.greenhouse.io/hartwell."
            }
            Self::Unreachable => {
                "Greenhouse's job board could not be reached. It is tried again by itself."
            }
            Self::NotABoard => {
                "What answered is not Greenhouse's job board: whoever runs the proxy looks at --job-board-url."
            }
            Self::TooLarge => {
                "The job board is larger than ATSi reads. Its descriptions come by web hook only."
            }
        }
    }
}

/// What a board said.
pub enum Read {
    Same,
    Posts {
        posts: Vec<BoardPost>,
        etag: Option<String>,
    },
}

#[derive(Deserialize)]
struct Answer {
    jobs: Vec<Value>,
}

#[derive(Deserialize)]
struct Post {
    id: u64,
    /// Absent of a post for prospects.
    internal_job_id: Option<u64>,
    title: Option<String>,
    location: Option<Place>,
    updated_at: Option<String>,
    content: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    name: Option<String>,
}

pub struct Boards {
    store: Arc<dyn Store>,
    delivery: Arc<Delivery>,
    http: reqwest::Client,
    base: Url,
    every: Duration,
    shutdown: CancellationToken,
}

impl Boards {
    /// # Errors
    /// The HTTP client cannot be made (no TLS).
    pub fn new(
        config: &Config,
        store: Arc<dyn Store>,
        delivery: Arc<Delivery>,
        tuning: &Tuning,
        shutdown: CancellationToken,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("atsi-proxy/", env!("CARGO_PKG_VERSION")))
            .timeout(READ_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            store,
            delivery,
            http,
            base: config.job_board_url.clone(),
            every: tuning.boards_every,
            shutdown,
        })
    }

    /// # Errors
    /// Why it cannot be read.
    pub async fn read(&self, token: &str, etag: Option<&str>) -> Result<Read, BoardError> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| BoardError::NotABoard)?
            .pop_if_empty()
            .extend([token, "jobs"]);
        url.set_query(Some("content=true"));
        let mut request = self
            .http
            .get(url)
            .header(header::ACCEPT, "application/json");
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let mut answer = request.send().await.map_err(|_| BoardError::Unreachable)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(Read::Same),
            StatusCode::NOT_FOUND => return Err(BoardError::Unknown),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(BoardError::Unreachable);
            }
            _ => return Err(BoardError::NotABoard),
        }
        let etag = (answer.headers().get(header::ETAG))
            .and_then(|etag| etag.to_str().ok())
            .map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| BoardError::Unreachable)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(BoardError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Read::Posts {
            posts: posts_of(&body)?,
            etag,
        })
    }

    /// Reads it, and keeps what it says.
    ///
    /// # Errors
    /// The database.
    pub async fn refresh(&self, board: &StoredBoard) -> Result<(), StoreError> {
        match self.read(&board.token, board.etag.as_deref()).await {
            Ok(read) => self.keep(board, &read).await,
            Err(error) => {
                tracing::warn!(
                    company = board.company,
                    ?error,
                    "a job board could not be read"
                );
                let intervals = 1_u64 << board.failures.min(4);
                let next_at = now() + self.interval() * intervals.min(MOST_INTERVALS);
                (self.store)
                    .record_board_failure(board.company, &board.token, error.sentence(), next_at)
                    .await
            }
        }
    }

    /// # Errors
    /// The database.
    pub async fn keep(&self, board: &StoredBoard, read: &Read) -> Result<(), StoreError> {
        let at = now();
        let next_at = at + self.interval();
        let reading = match read {
            Read::Same => BoardReading::Unchanged,
            Read::Posts { posts, etag } => BoardReading::Posts {
                posts,
                etag: etag.as_deref(),
            },
        };
        (self.store)
            .record_board(board.company, &board.token, reading, at, next_at)
            .await?;
        self.delivery.candidates_changed(board.company);
        Ok(())
    }

    fn interval(&self) -> Millis {
        self.every.as_millis().try_into().unwrap_or(Millis::MAX)
    }

    /// Reads the boards that are due until shutdown, one after the other.
    pub async fn run(self: Arc<Self>) {
        while !self.shutdown.is_cancelled() {
            if let Err(error) = self.read_due().await {
                tracing::error!(%error, "job boards cannot be read");
            }
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                () = sleep(self.every.min(LOOK_AROUND)) => {}
            }
        }
    }

    async fn read_due(&self) -> Result<(), StoreError> {
        for company in self.store.due_boards(now()).await? {
            if self.shutdown.is_cancelled() {
                return Ok(());
            }
            // Of several proxies one reads it.
            let at = now();
            if let Some(board) = (self.store)
                .claim_board(company, at, at + self.interval())
                .await?
            {
                self.refresh(&board).await?;
            }
        }
        Ok(())
    }
}

/// What does not fit is passed over: one odd post takes no other along.
fn posts_of(body: &[u8]) -> Result<Vec<BoardPost>, BoardError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| BoardError::NotABoard)?;
    if answer.jobs.len() > MOST_POSTS {
        return Err(BoardError::TooLarge);
    }
    let posts = answer.jobs.into_iter().filter_map(|post| {
        let post: Post = serde_json::from_value(post).ok()?;
        Some(BoardPost {
            job_id: post.internal_job_id.filter(|&id| fits(id))?,
            post_id: Some(post.id).filter(|&id| fits(id))?,
            title: post.title.filter(|title| !title.trim().is_empty()),
            location: (post.location)
                .and_then(|place| place.name)
                .filter(|name| !name.trim().is_empty()),
            html: post.content.map(|content| unescaped(&content)),
            changed_at: post.updated_at.as_deref().and_then(moment)?,
        })
    });
    let mut posts: Vec<BoardPost> = posts.collect();
    posts.sort_by_key(|post| (post.changed_at, post.post_id));
    Ok(posts)
}

fn fits(id: u64) -> bool {
    id > 0 && i64::try_from(id).is_ok()
}

fn moment(text: &str) -> Option<Millis> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Millis::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

/// One level of escaping less.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::{blocks, plain, sanitised};
    use serde_json::json;

    #[test]
    fn the_html_of_a_post_comes_escaped_and_what_it_says_is_harmless() {
        let html = "<p onclick=\"x()\">Fire &amp; <b>glaze</b></p><script>x()</script>";
        let content = html
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        let jobs = json!({"jobs": [{
            "id": 2, "internal_job_id": 1, "title": "Kiln", "location": {"name": " "},
            "updated_at": "2026-11-24T08:20:49-05:00", "content": content,
        }]});
        let posts = posts_of(jobs.to_string().as_bytes()).unwrap();
        let [post] = posts.as_slice() else {
            panic!("{posts:?}")
        };
        assert_eq!(post.html.as_deref(), Some(html));
        assert_eq!(
            (post.location.as_deref(), post.changed_at),
            (None, 1_795_526_449_000)
        );
        let shown = sanitised(post.html.as_deref().unwrap());
        assert!(
            !shown.contains("script") && !shown.contains("onclick"),
            "{shown}"
        );
        assert_eq!(plain(&blocks(&shown)), "Fire & glaze");
    }

    #[test]
    fn one_odd_post_takes_no_other_along_and_what_is_no_board_is_none() {
        let good = json!({"id": 2, "internal_job_id": 1, "updated_at": "2026-11-24T08:20:49Z"});
        let mut odd = vec![json!(7), json!({"id": "x"}), good.clone()];
        // A post for prospects, one without a time, and ids that are none.
        for (field, value) in [
            ("internal_job_id", json!(null)),
            ("updated_at", json!("yesterday")),
            ("internal_job_id", json!(0)),
            ("id", json!(u64::MAX)),
        ] {
            let mut post = good.clone();
            post[field] = value;
            odd.push(post);
        }
        let posts = posts_of(json!({"jobs": odd}).to_string().as_bytes()).unwrap();
        assert_eq!(posts.len(), 1, "{posts:?}");
        for nonsense in ["", "<!doctype html>", "[]", "{}", r#"{"jobs": 7}"#] {
            assert_eq!(
                posts_of(nonsense.as_bytes()),
                Err(BoardError::NotABoard),
                "{nonsense}"
            );
        }
        let many = json!({"jobs": vec![good; MOST_POSTS + 1]});
        assert_eq!(
            posts_of(many.to_string().as_bytes()),
            Err(BoardError::TooLarge)
        );
    }
}

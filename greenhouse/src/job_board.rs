//! Greenhouse's public job board: titles, places and descriptions of the jobs on it. It needs no key.
//!
//! Source: [Greenhouse Job Board API][docs], `GET /boards/{token}/jobs?content=true`. The HTML of a
//! description comes with its entities escaped; `internal_job_id` is the job, `id` is its post.
//!
//! [docs]: https://developers.greenhouse.io/job-board.html

use crate::{Millis, json, time::millis};
use reqwest::{StatusCode, header};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// Address of the API (Greenhouse Job Board API, Introduction).
pub const JOB_BOARD_URL: &str = "https://boards-api.greenhouse.io/v1/boards";

const TIMEOUT: Duration = Duration::from_secs(12);
/// Largest board that is read.
const MAX_BYTES: usize = 32 * 1024 * 1024;
const MAX_POSTS: usize = 5_000;
const MAX_TOKEN_CHARS: usize = 100;

/// The reason for which a board could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoardError {
    #[error("Greenhouse knows no job board with this token")]
    Unknown,
    #[error("the job board could not be reached")]
    Unreachable,
    #[error("the answer is not a job board of Greenhouse")]
    NotABoard,
    #[error("the job board is larger than {MAX_BYTES} bytes or {MAX_POSTS} posts")]
    TooLarge,
}

/// A board as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Board {
    /// Not changed since the answer that the `ETag` came with.
    Unchanged,
    Posts {
        /// The oldest change first.
        posts: Vec<BoardPost>,
        etag: Option<String>,
    },
}

/// A job's post on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardPost {
    pub job_id: u64,
    pub post_id: u64,
    pub title: Option<String>,
    pub location: Option<String>,
    /// HTML as received. It is not sanitized.
    pub html: Option<String>,
    pub changed_at: Millis,
}

/// Reads job boards. Cheap to clone.
#[derive(Clone, Debug)]
pub struct JobBoards {
    base_url: Url,
    http: reqwest::Client,
}

#[derive(Deserialize)]
struct JobList {
    jobs: Vec<Value>,
}

#[derive(Deserialize)]
struct ListedPost {
    id: u64,
    /// Absent for a post for prospects.
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

impl JobBoards {
    /// `base_url`: [`JOB_BOARD_URL`] or a stand-in. `http`: best made with
    /// [`http_builder`](Self::http_builder).
    pub fn new(base_url: Url, http: reqwest::Client) -> Self {
        Self { base_url, http }
    }

    /// HTTP settings that suit this API: 12 s for a whole call, no redirects.
    pub fn http_builder() -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .user_agent(concat!("atsi-greenhouse/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
    }

    /// Reads a board, or learns that it has not changed since the answer with this `etag`.
    ///
    /// # Errors
    /// See [`BoardError`]. A text that cannot be a token is [`BoardError::Unknown`], and nothing is
    /// sent.
    pub async fn read(&self, token: &str, etag: Option<&str>) -> Result<Board, BoardError> {
        if !is_token(token) {
            return Err(BoardError::Unknown);
        }
        let mut url = self.base_url.clone();
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
            StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(Board::Unchanged),
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
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(BoardError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Board::Posts {
            posts: read_posts(&body)?,
            etag,
        })
    }
}

/// Whether a text has the form of a board's token, the last part of the board's address.
#[must_use]
pub fn is_token(text: &str) -> bool {
    (1..=MAX_TOKEN_CHARS).contains(&text.len())
        && (text.bytes()).all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Reads the posts of an answer, the oldest change first. A malformed post is skipped; the others are
/// read.
///
/// # Errors
/// [`BoardError::NotABoard`] and [`BoardError::TooLarge`].
pub fn read_posts(body: &[u8]) -> Result<Vec<BoardPost>, BoardError> {
    let list: JobList = json::read(body).map_err(|_| BoardError::NotABoard)?;
    if list.jobs.len() > MAX_POSTS {
        return Err(BoardError::TooLarge);
    }
    let posts = list.jobs.into_iter().filter_map(|post| {
        let post: ListedPost = serde_json::from_value(post).ok()?;
        Some(BoardPost {
            job_id: post.internal_job_id.filter(|&id| is_id(id))?,
            post_id: Some(post.id).filter(|&id| is_id(id))?,
            title: post.title.filter(|title| !title.trim().is_empty()),
            location: (post.location)
                .and_then(|place| place.name)
                .filter(|name| !name.trim().is_empty()),
            html: post.content.map(|content| unescaped(&content)),
            changed_at: post.updated_at.as_deref().and_then(millis)?,
        })
    });
    let mut posts: Vec<BoardPost> = posts.collect();
    posts.sort_by_key(|post| (post.changed_at, post.post_id));
    Ok(posts)
}

fn is_id(id: u64) -> bool {
    id > 0 && i64::try_from(id).is_ok()
}

/// Undoes one level of escaping.
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
    use serde_json::json;

    #[test]
    fn html_of_a_post_is_unescaped_once() {
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
        let posts = read_posts(jobs.to_string().as_bytes()).unwrap();
        let [post] = posts.as_slice() else {
            panic!("{posts:?}")
        };
        assert_eq!(post.html.as_deref(), Some(html));
        assert_eq!(
            (post.location.as_deref(), post.changed_at),
            (None, 1_795_526_449_000)
        );
    }

    #[test]
    fn token_is_a_single_part_of_an_address() {
        assert!(is_token("hartwell-studio_2"));
        let long = "a".repeat(MAX_TOKEN_CHARS + 1);
        for text in ["", "a/b", "a b", "..", "a?b", "é", &long] {
            assert!(!is_token(text), "{text}");
        }
    }

    #[test]
    fn malformed_post_is_skipped_and_malformed_board_is_an_error() {
        let good = json!({"id": 2, "internal_job_id": 1, "updated_at": "2026-11-24T08:20:49Z"});
        let mut odd = vec![json!(7), json!({"id": "x"}), good.clone()];
        // A post for prospects, one without a time, and ids that no database can hold.
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
        let posts = read_posts(json!({"jobs": odd}).to_string().as_bytes()).unwrap();
        assert_eq!(posts.len(), 1, "{posts:?}");
        for nonsense in ["", "<!doctype html>", "[]", "{}", r#"{"jobs": 7}"#] {
            assert_eq!(
                read_posts(nonsense.as_bytes()),
                Err(BoardError::NotABoard),
                "{nonsense}"
            );
        }
        let many = json!({"jobs": vec![good; MAX_POSTS + 1]});
        assert_eq!(
            read_posts(many.to_string().as_bytes()),
            Err(BoardError::TooLarge)
        );
    }
}

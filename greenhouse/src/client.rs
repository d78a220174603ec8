use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Response};
use serde_json::json;
use url::Url;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::rate_limit::RateLimit;
use crate::request::NewCandidate;
use crate::response::{
    Answer, Candidate, CreatedCandidate, Job, ProspectPool, TrackingLink, User, read,
    read_candidates, read_created, read_user,
};

/// Address of the API (Greenhouse Candidate Ingestion API, Introduction).
pub const BASE_URL: &str = "https://api.greenhouse.io/v1/partner";

/// Most ids in one [`Client::candidates`] call. Greenhouse documents no limit; this many of the
/// longest ids stay far below what any server takes as a URL.
pub const MAX_CANDIDATE_IDS: usize = 50;

/// Largest answer read, in bytes: some 50,000 jobs.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// Largest error body read, in bytes; the rest adds nothing a person would read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The six calls of the Candidate Ingestion API. Cheap to clone.
///
/// No call retries. A call whose future is dropped may or may not have reached Greenhouse: drop
/// [`create_candidate`](Self::create_candidate) only where you would treat it as
/// [`Error::TimedOut`].
#[derive(Clone, Debug)]
pub struct Client {
    base_url: Url,
    http: reqwest::Client,
}

impl Client {
    /// `base_url`: [`BASE_URL`] or a stand-in, with or without a slash at the end. The key travels
    /// with every request, so plain `http` is for loopback only.
    ///
    /// `http`: best made with [`http_builder`](Self::http_builder). With any other, set a timeout
    /// (this crate adds none) and follow no redirects: one that is followed is reported as
    /// [`Error::Unreadable`], but the other host has then seen the `On-Behalf-Of` address.
    /// Whichever it is, a POST is never sent twice.
    pub fn new(mut base_url: Url, http: reqwest::Client) -> Self {
        // A user or password in the URL would compete with the API key. Neither call can fail for an
        // http or https address, and no other gets past `endpoint`.
        let _ = base_url.set_username("");
        let _ = base_url.set_password(None);
        base_url.set_query(None);
        base_url.set_fragment(None);
        if !base_url.path().ends_with('/') {
            let path = format!("{}/", base_url.path());
            base_url.set_path(&path);
        }
        Self { base_url, http }
    }

    /// HTTP settings that suit this API: 10 s to connect, 60 s for a whole call, no redirects, no
    /// retries.
    pub fn http_builder() -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .user_agent(concat!("atsi-greenhouse/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            // A connection the server has meanwhile closed costs a send its certainty; most
            // servers keep an idle one for longer than this.
            .pool_idle_timeout(Duration::from_secs(15))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
    }

    /// `GET /current_user`: who the credentials act for. The test of a connection.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where either credential is wrong; see [`Error`] for the rest.
    pub async fn current_user(&self, credentials: &Credentials) -> Result<Answer<User>, Error> {
        let url = self.endpoint("current_user")?;
        self.get(credentials, url, read_user).await
    }

    /// `GET /jobs`: all jobs the user can see, in one answer.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn jobs(&self, credentials: &Credentials) -> Result<Answer<Vec<Job>>, Error> {
        self.get(credentials, self.endpoint("jobs")?, read).await
    }

    /// `GET /prospect_pools`: all pools with their stages.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prospect_pools(
        &self,
        credentials: &Credentials,
    ) -> Result<Answer<Vec<ProspectPool>>, Error> {
        let url = self.endpoint("prospect_pools")?;
        self.get(credentials, url, read).await
    }

    /// `GET /candidates`: the candidates with these Greenhouse ids that this key and user may see.
    ///
    /// Greenhouse silently leaves out candidates that were deleted, merged into another profile, given
    /// another source, or are hidden from the user: a candidate that is missing from the answer is
    /// unknown, not rejected.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for no ids or more than [`MAX_CANDIDATE_IDS`]; see [`Error`] for
    /// the rest.
    pub async fn candidates(
        &self,
        credentials: &Credentials,
        ids: &[u64],
    ) -> Result<Answer<Vec<Candidate>>, Error> {
        if ids.is_empty() {
            return Err(Error::invalid("candidate_ids", "is empty"));
        }
        if ids.len() > MAX_CANDIDATE_IDS {
            return Err(Error::invalid("candidate_ids", "has more than 50 ids"));
        }
        let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
        let mut url = self.endpoint("candidates")?;
        // Written by hand: a form encoder would escape the commas, which Greenhouse prints bare.
        url.set_query(Some(&format!("candidate_ids={}", ids.join(","))));
        self.get(credentials, url, read_candidates).await
    }

    /// `POST /candidates` with one candidate or prospect. (The API takes several at once too, but
    /// does not say what becomes of the good ones beside a bad one.)
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where [`NewCandidate::check`] fails; see [`Error`] for the rest,
    /// and ask [`Error::nothing_was_created`] before sending again.
    pub async fn create_candidate(
        &self,
        credentials: &Credentials,
        candidate: &NewCandidate,
    ) -> Result<Answer<CreatedCandidate>, Error> {
        candidate.check()?;
        let json = serde_json::to_vec(candidate)
            .map_err(|_| Error::invalid("candidate", "cannot be written as JSON"))?;
        let url = self.endpoint("candidates")?;
        self.post(credentials, url, json, read_created).await
    }

    /// `POST /tracking_link`: a link to apply to a job with the partner as source.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn tracking_link(
        &self,
        credentials: &Credentials,
        job_id: u64,
    ) -> Result<Answer<TrackingLink>, Error> {
        let json = json!({ "job_id": job_id }).to_string().into_bytes();
        let url = self.endpoint("tracking_link")?;
        self.post(credentials, url, json, read).await
    }

    fn endpoint(&self, name: &str) -> Result<Url, Error> {
        (self.base_url.join(name).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| Error::invalid("base_url", "is not an http or https address"))
    }

    async fn get<T>(
        &self,
        credentials: &Credentials,
        url: Url,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<Answer<T>, Error> {
        let request = Request::new(Method::GET, url);
        self.call(credentials, request, read, |error| error.is_connect())
            .await
    }

    async fn post<T>(
        &self,
        credentials: &Credentials,
        url: Url,
        json: Vec<u8>,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<Answer<T>, Error> {
        let state = Arc::new(AtomicU8::new(WAITING));
        let mut request = Request::new(Method::POST, url);
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(reqwest::Body::wrap(SendOnce {
            json: Some(json.into()),
            state: Arc::clone(&state),
        }));
        // Not `is_connect`: it is also true where a redirect was followed to a dead host, after the
        // POST.
        self.call(credentials, request, read, |_| withdraw(&state))
            .await
    }

    async fn call<T>(
        &self,
        credentials: &Credentials,
        mut request: Request,
        read: fn(&[u8]) -> Option<T>,
        was_not_sent: impl FnOnce(&reqwest::Error) -> bool,
    ) -> Result<Answer<T>, Error> {
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        credentials.write_to(headers);
        let url = request.url().clone();

        let mut response = match self.http.execute(request).await {
            Ok(response) => response,
            Err(error) if was_not_sent(&error) => {
                // The URL holds candidate ids.
                let source = error.without_url();
                return Err(Error::Unreachable { source });
            }
            Err(error) => return Err(broken(&error)),
        };
        let status = response.status();
        if *response.url() != url {
            // A redirect was followed, so this is no answer to what was asked.
            return Err(Error::Unreadable {
                status: status.as_u16(),
            });
        }
        if !status.is_success() {
            // The status alone says enough where the body cannot be read.
            let body = read_body(&mut response, MAX_ERROR_BYTES).await;
            return Err(Error::from_response(
                status.as_u16(),
                response.headers(),
                &body.unwrap_or_default(),
            ));
        }
        let body = read_body(&mut response, MAX_ANSWER_BYTES).await?;
        Ok(Answer {
            value: read(&body).ok_or(Error::Unreadable {
                status: status.as_u16(),
            })?,
            rate_limit: RateLimit::from_headers(response.headers()),
        })
    }
}

fn broken(error: &reqwest::Error) -> Error {
    if error.is_timeout() {
        Error::TimedOut
    } else {
        Error::Interrupted
    }
}

async fn read_body(response: &mut Response, max_bytes: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > max_bytes {
            return Err(Error::Unreadable {
                status: response.status().as_u16(),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The body of a POST, which leaves at most once.
///
/// reqwest repeats a request (a redirect with 307 or 308, an HTTP/2 connection that is closing)
/// only where it can clone the body, which it cannot with this one. hyper-util tries a pooled
/// connection that turned out dead again only where the request was still in its queue, so that the
/// body was not asked for. This also distinguishes a failure before sending from one after it:
/// without its body the request is incomplete, and Greenhouse cannot act on it.
struct SendOnce {
    json: Option<Bytes>,
    state: Arc<AtomicU8>,
}

const WAITING: u8 = 0;
const LEAVING: u8 = 1;
const WITHDRAWN: u8 = 2;

/// Takes the body back. Returns `true` if none of it left, and from now on none can, even if the
/// connection outlives the call that failed.
fn withdraw(state: &AtomicU8) -> bool {
    move_on(state, WITHDRAWN)
}

fn move_on(state: &AtomicU8, to: u8) -> bool {
    let moved = state.compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire);
    moved.is_ok()
}

#[derive(Debug, thiserror::Error)]
#[error("the request was withdrawn before it was sent")]
struct Withdrawn;

impl Body for SendOnce {
    type Data = Bytes;
    type Error = Withdrawn;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        let Some(json) = self.json.take() else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(if move_on(&self.state, LEAVING) {
            Ok(Frame::data(json))
        } else {
            Err(Withdrawn)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.json.is_none()
    }

    // Exact, so that hyper sends Content-Length and not a chunked body.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.json.as_ref().map_or(0, |json| json.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    fn body() -> (Pin<Box<SendOnce>>, Arc<AtomicU8>) {
        let state = Arc::new(AtomicU8::new(WAITING));
        let body = SendOnce {
            json: Some(Bytes::from_static(b"{}")),
            state: Arc::clone(&state),
        };
        (Box::pin(body), state)
    }

    #[tokio::test]
    async fn body_that_left_cannot_be_withdrawn() {
        let (mut body, state) = body();
        let frame = poll_fn(|context| body.as_mut().poll_frame(context)).await;
        assert_eq!(frame.unwrap().unwrap().into_data().unwrap(), "{}");
        assert!(!withdraw(&state));
    }

    #[tokio::test]
    async fn withdrawn_body_cannot_leave() {
        let (mut body, state) = body();
        assert!(withdraw(&state));
        let frame = poll_fn(|context| body.as_mut().poll_frame(context)).await;
        assert!(frame.unwrap().is_err());
    }
}

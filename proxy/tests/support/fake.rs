//! A strict stand-in for Greenhouse. The rules are those of the Greenhouse Candidate Ingestion API.

use super::{BASIC, OTHER_BASIC, USER, wait::within};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Semaphore;

/// What the fake does with the next `POST /candidates`.
pub enum Reply {
    /// Creates, and answers so.
    Create,
    /// Creates, and answers something unclear.
    CreateAnd(StatusCode, &'static str),
    /// Creates, and cuts the connection in the middle of the answer.
    CreateAndCut,
    /// Creates nothing.
    Refuse(StatusCode, &'static str),
    /// 429, with these headers.
    Throttle(&'static [(&'static str, &'static str)]),
}

#[derive(Default)]
pub struct Script {
    pub replies: VecDeque<Reply>,
    /// Bodies of the POSTs that arrived, in order.
    pub posts: Vec<Value>,
    /// Ids of each `GET /candidates`.
    pub gets: Vec<Vec<u64>>,
    /// Candidates that can be read back, by id.
    pub candidates: HashMap<u64, Value>,
    pub get_reply: Option<(StatusCode, &'static str)>,
    pub user_reply: Option<(StatusCode, &'static str)>,
    /// Rate limit headers of every answer.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The credentials that are accepted.
    pub keys: Vec<&'static str>,
    pub violations: Vec<String>,
}

pub struct Fake {
    pub script: Mutex<Script>,
    /// One permit for each POST that arrived.
    pub arrived: Semaphore,
    /// A POST is answered when it gets a permit.
    pub answers: Semaphore,
    /// The same two for requests for the current user.
    pub asked: Semaphore,
    pub users: Semaphore,
}

impl Fake {
    pub async fn start() -> (Arc<Self>, String) {
        let fake = Arc::new(Self {
            script: Mutex::new(Script {
                keys: vec![BASIC],
                ..Script::default()
            }),
            arrived: Semaphore::new(0),
            answers: Semaphore::new(Semaphore::MAX_PERMITS),
            asked: Semaphore::new(0),
            users: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let router = Router::new()
            .route("/v1/partner/current_user", get(current_user))
            .route("/v1/partner/jobs", get(jobs))
            .route(
                "/v1/partner/candidates",
                get(get_candidates).post(post_candidates),
            )
            .fallback(unknown)
            .with_state(Arc::clone(&fake));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/partner", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (fake, url)
    }

    pub fn script<T>(&self, with: impl FnOnce(&mut Script) -> T) -> T {
        with(&mut self.script.lock().unwrap())
    }

    pub fn next(&self, reply: Reply) {
        self.script(|script| script.replies.push_back(reply));
    }

    pub fn posts(&self) -> usize {
        self.script(|script| script.posts.len())
    }

    /// From now on POSTs wait for [`Self::let_go`].
    pub fn hold(&self) {
        self.answers.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub fn let_go(&self, posts: usize) {
        self.answers.add_permits(posts);
    }

    /// Waits until this many more POSTs have arrived.
    pub async fn arrived(&self, posts: u32) {
        let what = format!("{posts} more POSTs at Greenhouse");
        let arrived = within(&what, self.arrived.acquire_many(posts)).await;
        arrived.unwrap().forget();
    }

    /// The answer to wrong credentials; `None` if they are right.
    fn refusal(&self, headers: &HeaderMap) -> Option<Response> {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let agent = text("user-agent");
        if !agent.starts_with("atsi-proxy/") {
            self.script(|script| script.violations.push(format!("user agent {agent}")));
        }
        let known = self.script(|script| script.keys.contains(&text("authorization")));
        if !known || text("on-behalf-of") != USER {
            let body = r#"{"errors":[{"message":"Invalid Basic Auth credentials"}]}"#;
            return Some((StatusCode::UNAUTHORIZED, json_type(), body).into_response());
        }
        None
    }

    fn with_headers(&self, mut response: Response) -> Response {
        for &(name, value) in &self.script.lock().unwrap().headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.script.get_mut().unwrap().violations);
        if !std::thread::panicking() {
            assert!(
                violations.is_empty(),
                "Greenhouse was asked wrongly: {violations:?}"
            );
        }
    }
}

fn json_type() -> [(header::HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, "application/json")]
}

async fn unknown(State(fake): State<Arc<Fake>>, request: axum::extract::Request) -> StatusCode {
    fake.script(|script| {
        script
            .violations
            .push(format!("{} {}", request.method(), request.uri()))
    });
    StatusCode::NOT_FOUND
}

async fn current_user(State(fake): State<Arc<Fake>>, headers: HeaderMap) -> Response {
    fake.asked.add_permits(1);
    fake.users.acquire().await.unwrap().forget();
    if let Some((status, body)) = fake.script(|script| script.user_reply) {
        return (status, json_type(), body).into_response();
    }
    if let Some(response) = fake.refusal(&headers) {
        return response;
    }
    let is_other = headers
        .get("authorization")
        .is_some_and(|key| key == OTHER_BASIC);
    let name = if is_other {
        "Forge Service"
    } else {
        "Kiln Service"
    };
    axum::Json(json!({"id": 4_000_100_002_u64, "full_name": name, "email": USER})).into_response()
}

/// The one job of the fake.
pub const JOB: u64 = 4_100_200_002;

async fn jobs(State(fake): State<Arc<Fake>>, headers: HeaderMap) -> Response {
    if let Some(response) = fake.refusal(&headers) {
        return response;
    }
    let jobs = json!([{"id": JOB, "name": "Kiln engineer", "status": "open", "public": true}]);
    axum::Json(jobs).into_response()
}

async fn get_candidates(
    State(fake): State<Arc<Fake>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = fake.refusal(&headers) {
        return response;
    }
    let ids: Vec<u64> = query["candidate_ids"]
        .split(',')
        .map(|id| id.parse().unwrap())
        .collect();
    let reply = fake.script(|script| {
        script.gets.push(ids.clone());
        script.get_reply
    });
    if let Some((status, body)) = reply {
        return (status, json_type(), body).into_response();
    }
    let found: Vec<Value> = fake.script(|script| {
        ids.iter()
            .filter_map(|id| script.candidates.get(id).cloned())
            .collect()
    });
    let response = axum::Json(found).into_response();
    fake.with_headers(response)
}

async fn post_candidates(
    State(fake): State<Arc<Fake>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    fake.script(|script| script.posts.push(sent.clone()));
    fake.arrived.add_permits(1);
    fake.answers.acquire().await.unwrap().forget();
    if let Some(response) = fake.refusal(&headers) {
        return response;
    }
    let well_formed = sent["prospect"] == json!(true)
        && ["first_name", "last_name", "external_id"]
            .iter()
            .all(|name| sent[name].is_string())
        && headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value == "application/json");
    if !well_formed {
        fake.script(|script| script.violations.push("a malformed POST".to_owned()));
    }
    let (reply, id) = fake.script(|script| {
        let id = 4_100_000_002 + 1_000 * script.posts.len() as u64;
        (script.replies.pop_front().unwrap_or(Reply::Create), id)
    });
    let create = || {
        let candidate = json!({
            "id": id, "external_id": sent["external_id"],
            "applications": [{"id": id + 1, "job": null, "status": "Active", "stage": null}],
        });
        fake.script(|script| script.candidates.insert(id, candidate));
    };
    let response = match reply {
        Reply::Create => {
            create();
            let created = json!({
                "id": id, "application_id": id + 1, "external_id": sent["external_id"],
                "profile_url": format!("https://app.greenhouse.io/people/{id}?application_id={}", id + 1),
            });
            (StatusCode::CREATED, axum::Json(created)).into_response()
        }
        Reply::CreateAnd(status, body) => {
            create();
            (status, [(header::CONTENT_TYPE, "text/html")], body).into_response()
        }
        Reply::CreateAndCut => {
            create();
            let pieces = [
                Ok(Bytes::from("{\"id\":")),
                Err(std::io::Error::other("cut")),
            ];
            Body::from_stream(futures_of(pieces)).into_response()
        }
        Reply::Refuse(status, body) => (status, json_type(), body).into_response(),
        Reply::Throttle(pairs) => {
            let mut response = (
                StatusCode::TOO_MANY_REQUESTS,
                json_type(),
                r#"{"message":"Rate limit exceeded"}"#,
            )
                .into_response();
            for &(name, value) in pairs {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
    };
    fake.with_headers(response)
}

/// A stream of pieces with a pause between them, so that each is written on its own.
fn futures_of(
    pieces: [Result<Bytes, std::io::Error>; 2],
) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    futures_util::StreamExt::then(futures_util::stream::iter(pieces), |piece| async {
        super::wait::let_time_pass(Duration::from_millis(20)).await;
        piece
    })
}

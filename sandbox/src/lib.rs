//! Stand-ins for jopwell.com and Greenhouse: web sites, the Candidate Ingestion API, the Job Board API and web
//! hooks, with switches for what nobody knows about the real ones and faults on order. Everything is invented and
//! kept in memory.

pub mod control;
pub mod faults;
pub mod greenhouse;
pub mod jopwell;
pub mod mailbox;
pub mod receiver;
pub mod server;
pub mod switches;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::mpsc;

use crate::faults::{FaultKind, FaultRule};
use crate::greenhouse::api::RateWindow;
use crate::greenhouse::model::{Event, Greenhouse};
use crate::greenhouse::webhooks::{Outgoing, Webhooks};
use crate::jopwell::model::Jopwell;
use crate::receiver::Receiver;
use crate::switches::Switches;

pub struct Config {
    pub https_listen: SocketAddr,
    pub http_listen: SocketAddr,
    pub rng_seed: Option<u64>,
    /// Where a proxy writes its mail, to be shown at `/mailbox`.
    pub mail_dir: Option<PathBuf>,
}

/// Everything that can change, behind one lock.
pub struct World {
    pub greenhouse: Greenhouse,
    pub jopwell: Jopwell,
    pub switches: Switches,
    pub faults: Vec<FaultRule>,
    pub webhooks: Webhooks,
    /// Jopwell's own system, to which a proxy delivers changes.
    pub receiver: Receiver,
    /// Calls of the APIs: endpoint → status (or "reset") → count.
    pub calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// Every `POST /candidates` that arrived, in order.
    pub posts: Vec<Post>,
    /// Files that were fetched, by the id in their address.
    pub files: BTreeMap<u64, greenhouse::resume::File>,
    pub rng: StdRng,
    /// Counts resets: what is under way for an older generation ends.
    pub generation: u64,
    rate_windows: HashMap<Vec<u8>, RateWindow>,
    raw_pages: HashMap<(String, String), RawPage>,
}

/// What a `POST /candidates` was about, and what was done to it on order.
#[derive(Clone, Debug)]
pub struct Post {
    pub external_ids: Vec<String>,
    pub fault: Option<FaultKind>,
}

/// A page of a test's own, served in place of whatever stands at its path.
#[derive(Clone)]
pub struct RawPage {
    pub html: String,
    pub content_security_policy: Option<String>,
}

impl World {
    fn new(rng: StdRng, generation: u64) -> Self {
        let now = OffsetDateTime::now_utc();
        Self {
            greenhouse: greenhouse::seed::greenhouse(now),
            jopwell: jopwell::seed::jopwell(now),
            switches: Switches::default(),
            faults: Vec::new(),
            webhooks: Webhooks::default(),
            receiver: Receiver::default(),
            calls: BTreeMap::new(),
            posts: Vec::new(),
            files: BTreeMap::new(),
            rng,
            generation,
            rate_windows: HashMap::new(),
            raw_pages: HashMap::new(),
        }
    }

    /// Back to the state at start.
    pub fn reset(&mut self) {
        *self = Self::new(StdRng::from_rng(&mut self.rng), self.generation + 1);
    }

    pub fn count_call(&mut self, endpoint: &str, outcome: String) {
        *self
            .calls
            .entry(endpoint.to_owned())
            .or_default()
            .entry(outcome)
            .or_default() += 1;
    }

    pub fn rate_window(&mut self, key: Vec<u8>) -> &mut RateWindow {
        self.rate_windows.entry(key).or_default()
    }

    pub fn set_raw_page(&mut self, host: String, path: String, page: RawPage) {
        self.raw_pages.insert((host, path), page);
    }
}

/// The sandbox as every handler sees it.
pub struct Sandbox {
    world: Mutex<World>,
    outgoing: mpsc::Sender<Outgoing>,
    /// Ends the class names of the redesigned Greenhouse pages; another at each start.
    pub class_suffix: String,
    pub mail_dir: Option<PathBuf>,
    pub https: SocketAddr,
    pub http: SocketAddr,
}

impl Sandbox {
    pub fn world(&self) -> MutexGuard<'_, World> {
        // A handler that panicked leaves a state that is still good enough for a stand-in.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands events to the web hooks that subscribed to them.
    pub fn emit(&self, events: Vec<Event>) {
        let (generation, mut outgoing) = {
            let world = self.world();
            (world.generation, world.webhooks.matching(&events))
        };
        for (hook, event) in outgoing.drain(..) {
            let sent = self.outgoing.try_send(Outgoing {
                hook,
                event,
                generation,
            });
            if sent.is_err() {
                tracing::warn!("too many web hooks are waiting: one was dropped");
            }
        }
    }

    pub fn has_raw_page(&self, host: &str, path: &str) -> bool {
        self.world()
            .raw_pages
            .contains_key(&(host.to_owned(), path.to_owned()))
    }

    pub fn raw_page(&self, host: &str, path: &str) -> Option<Response> {
        let page = self
            .world()
            .raw_pages
            .get(&(host.to_owned(), path.to_owned()))
            .cloned()?;
        let policy = page
            .content_security_policy
            .as_deref()
            .unwrap_or("default-src 'self'; script-src 'self'; object-src 'none'");
        Some(html_response(StatusCode::OK, page.html, policy))
    }
}

/// An HTML answer under a Content-Security-Policy.
pub fn html_response(status: StatusCode, html: String, policy: &str) -> Response {
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    match HeaderValue::from_str(policy) {
        Ok(policy) => headers.insert(CONTENT_SECURITY_POLICY, policy),
        Err(_) => None,
    };
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("cache-control", "no-store"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

/// A file of ours that pages refer to.
pub fn asset(content_type: &'static str, body: impl Into<String>) -> Response {
    (
        [
            ("content-type", content_type),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-cache"),
        ],
        body.into(),
    )
        .into_response()
}

/// ISO 8601 in UTC with milliseconds, as Greenhouse prints times.
pub fn timestamp(at: OffsetDateTime) -> String {
    at.replace_millisecond(at.millisecond())
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// A running sandbox.
pub struct Running {
    pub https: SocketAddr,
    pub http: SocketAddr,
    pub sandbox: Arc<Sandbox>,
    handle: server::Handle,
    listeners: [tokio::task::JoinHandle<io::Result<()>>; 2],
    sender: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Stops accepting, lets open requests end for a moment, and returns when both listeners are closed.
    pub async fn stop(self) -> io::Result<()> {
        self.handle.graceful_shutdown(Some(server::GRACE));
        for listener in self.listeners {
            listener.await.map_err(io::Error::other)??;
        }
        self.sender.abort();
        Ok(())
    }
}

/// Starts both listeners. Refuses any address that other machines could reach.
pub async fn start(config: Config) -> io::Result<Running> {
    for address in [config.https_listen, config.http_listen] {
        if !address.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "{address} is no loopback address, and the sandbox is for this machine only"
                ),
            ));
        }
    }
    // Another part of the process may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let https = TcpListener::bind(config.https_listen)?;
    let http = TcpListener::bind(config.http_listen)?;
    let mut rng = config
        .rng_seed
        .map_or_else(rand::make_rng, StdRng::seed_from_u64);
    let class_suffix = (0..5)
        .map(|_| char::from(rng.random_range(b'a'..=b'z')))
        .collect();
    let (outgoing, queue) = mpsc::channel(10_000);
    let sandbox = Arc::new(Sandbox {
        world: Mutex::new(World::new(rng, 0)),
        outgoing,
        class_suffix,
        mail_dir: config.mail_dir,
        https: https.local_addr()?,
        http: http.local_addr()?,
    });
    let handle = server::Handle::new();
    let listeners = server::serve(&sandbox, https, http, &handle)?;
    let sender = greenhouse::webhooks::spawn_sender(Arc::clone(&sandbox), queue)
        .map_err(io::Error::other)?;
    Ok(Running {
        https: sandbox.https,
        http: sandbox.http,
        sandbox,
        handle,
        listeners,
        sender,
    })
}

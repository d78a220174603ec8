//! The state of the sandbox, and the handle that every request gets.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::StdRng;
use time::OffsetDateTime;
use tokio::sync::mpsc;

use crate::faults::{FaultKind, FaultRule};
use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::rate_window::RateWindow;
use crate::greenhouse::records::{Event, File};
use crate::greenhouse::webhooks::{Outgoing, Webhooks};
use crate::html::html_response;
use crate::jopwell::model::Jopwell;
use crate::received::Receiver;
use crate::switches::Switches;
use crate::{greenhouse, jopwell};

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
    pub files: BTreeMap<u64, File>,
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
    pub fn new(rng: StdRng, generation: u64) -> Self {
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
    /// `addresses`: where https and plain http are served.
    pub fn new(
        rng: StdRng,
        outgoing: mpsc::Sender<Outgoing>,
        class_suffix: String,
        mail_dir: Option<PathBuf>,
        (https, http): (SocketAddr, SocketAddr),
    ) -> Self {
        Self {
            world: Mutex::new(World::new(rng, 0)),
            outgoing,
            class_suffix,
            mail_dir,
            https,
            http,
        }
    }

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

//! The state that every handler shares.

use super::{
    guard::Guard,
    limits::Limits,
    problems::ApiError,
    turns::{InProgress, PerCompany},
};
use crate::{
    announcer::Announcer,
    callback::Reach,
    config::{Config, Tuning},
    context::Context,
    delivery::Delivery,
    job_boards::JobBoardReader,
    live::Live,
    mail::Mailer,
    metrics::Metrics,
    polling::Poller,
    seal::Sealer,
    store::{CompanyId, Store},
    upstream::Upstream,
};
use atsi_protocol::ProblemCode;
use ipnet::IpNet;
use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Instant};

/// The parts of the proxy that handlers use.
#[derive(Clone)]
pub struct Services {
    pub upstream: Arc<Upstream>,
    pub delivery: Arc<Delivery>,
    pub live: Arc<Live>,
    pub poller: Arc<Poller>,
    pub job_boards: Arc<JobBoardReader>,
    pub mailer: Arc<Mailer>,
    pub reach: Reach,
}

/// The state of all handlers.
pub struct App {
    pub(super) guard: Guard,
    pub(super) trusted_proxies: Vec<IpNet>,
    /// The address of this proxy, without a slash at the end.
    pub(super) public_url: String,
    /// The one company of personal mode; `None` in company mode.
    pub(super) personal: Option<CompanyId>,
    pub(super) limits: Limits,
    pub(super) mailer: Arc<Mailer>,
    pub(super) store: Arc<dyn Store>,
    pub(super) sealer: Arc<Sealer>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) announcer: Arc<Announcer>,
    pub(super) delivery: Arc<Delivery>,
    pub(super) live: Arc<Live>,
    pub(super) poller: Arc<Poller>,
    pub(super) job_boards: Arc<JobBoardReader>,
    pub(super) reach: Reach,
    pub(super) metrics: Arc<Metrics>,
    pub(super) tuning: Tuning,
    /// Reads of statuses for look-ups, one at a time for each company.
    pub(super) status_reads: PerCompany<LastRead>,
    /// Reads of the list of jobs, one at a time for each company.
    pub(super) job_reads: PerCompany<()>,
    /// Résumés that are being fetched from this proxy, by id.
    pub(super) fetches: InProgress<String>,
    /// Sends whose requests are being answered by this proxy, by company and idempotency key.
    pub(super) answering: InProgress<(CompanyId, String)>,
}

/// The last reads of statuses for look-ups.
#[derive(Default)]
pub struct LastRead {
    pub read: HashMap<u64, Instant>,
    pub failed: Option<Instant>,
}

impl App {
    #[must_use]
    pub fn new(
        address: SocketAddr,
        config: &Config,
        personal: Option<CompanyId>,
        context: &Context,
        services: &Services,
    ) -> Self {
        let Services {
            upstream,
            delivery,
            live,
            poller,
            job_boards,
            mailer,
            reach,
        } = services.clone();
        let public_url = config.public_url.as_ref();
        let (_, default_port) = config.scheme();
        Self {
            guard: Guard::new(address, default_port, public_url, personal.is_none()),
            trusted_proxies: config.trusted_proxy.clone(),
            public_url: config.own_url(address),
            personal,
            limits: Limits::new(&context.tuning),
            mailer,
            store: Arc::clone(&context.store),
            sealer: Arc::clone(&context.sealer),
            upstream,
            announcer: Arc::clone(&context.announcer),
            delivery,
            live,
            poller,
            job_boards,
            reach,
            metrics: Arc::clone(&context.metrics),
            tuning: context.tuning.clone(),
            status_reads: PerCompany::default(),
            job_reads: PerCompany::default(),
            fetches: InProgress::default(),
            answering: InProgress::default(),
        }
    }

    /// # Errors
    /// In personal mode there are no accounts.
    pub(super) fn has_accounts(&self) -> Result<(), ApiError> {
        match self.personal {
            Some(_) => Err(ProblemCode::NoAccounts.into()),
            None => Ok(()),
        }
    }

    /// Returns the address to which Greenhouse delivers a company's webhooks.
    pub(super) fn hook_url(&self, public_id: &str) -> String {
        format!("{}/hooks/greenhouse/{public_id}", self.public_url)
    }
}

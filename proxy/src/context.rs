//! The state that every part of a running proxy shares.

use crate::{announcer::Announcer, config::Tuning, metrics::Metrics, seal::Sealer, store::Store};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Shared by every part of a proxy. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub store: Arc<dyn Store>,
    pub sealer: Arc<Sealer>,
    pub metrics: Arc<Metrics>,
    pub announcer: Arc<Announcer>,
    pub tuning: Tuning,
    /// Cancelled when the proxy begins to stop.
    pub shutdown: CancellationToken,
}

impl Context {
    #[must_use]
    pub fn new(store: Arc<dyn Store>, sealer: Sealer, tuning: Tuning) -> Self {
        Self {
            announcer: Arc::new(Announcer::new(Arc::clone(&store))),
            store,
            sealer: Arc::new(sealer),
            metrics: Arc::default(),
            tuning,
            shutdown: CancellationToken::new(),
        }
    }
}

//! `atsi-proxy`: carries candidates from Jopwell to Greenhouse exactly once, on one key.
//!
//! Greenhouse's `POST /candidates` cannot be repeated safely and cannot be looked up afterwards. So
//! every send is on disk before it leaves, one send at most stands for a person and a job, and one
//! whose outcome is unknown waits for a person instead of a guess.

pub mod address;
mod admin;
mod board;
pub mod callback;
pub mod cli;
pub mod config;
pub mod delivery;
mod description;
pub mod hooks;
mod http;
mod jobs;
mod language;
mod live;
pub mod mail;
mod metrics;
pub mod polling;
pub mod resume;
mod retention;
pub mod seal;
pub mod store;
mod tls;
mod tokens;
mod upstream;

pub use admin::{audit, backup, erase, export, rotate_master_key};
pub use config::{Config, Mode, Tuning};

use atsi_protocol::Millis;
use board::Boards;
use callback::{Callbacks, Reach};
use config::DatabaseUrl;
use delivery::Delivery;
use http::App;
use live::Live;
use polling::Poller;
use seal::{MasterKeyError, Purpose, Sealer, Unsealable};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, SystemTime},
};
use store::{SqlStore, Store, StoreError};
use tls::Tls;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use upstream::Upstream;

/// Seals [`Purpose::MasterKeyCheck`]; belongs to no company.
const NO_COMPANY: store::CompanyId = 0;
/// A client has this long to send a request's head.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Config(String),
    #[error(
        "{address} cannot be listened on: {source}. Is another proxy running? Choose another with --listen."
    )]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("{0}")]
    MasterKey(#[from] MasterKeyError),
    #[error(
        "The database was sealed with another master key than the one in --master-key-file. Put the right file back from your copy."
    )]
    WrongMasterKey(#[from] Unsealable),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("The HTTP client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    #[error("{0}")]
    Refused(String),
    #[error("{path}: {source}.")]
    File { path: String, source: io::Error },
}

/// A running proxy.
pub struct Proxy {
    address: SocketAddr,
    tls: Option<Tls>,
    shutdown: CancellationToken,
    server: axum_server::Handle<SocketAddr>,
    serving: JoinHandle<io::Result<()>>,
    delivering: JoinHandle<()>,
    mailing: JoinHandle<()>,
    polling: JoinHandle<()>,
    reading_boards: JoinHandle<()>,
    calling_back: JoinHandle<()>,
    live: Arc<Live>,
    cleaning: JoinHandle<()>,
    store: Arc<dyn Store>,
    longest_call: Duration,
}

impl Proxy {
    /// Opens the database, binds the address and starts to serve and deliver. A TLS provider for
    /// rustls must have been installed.
    ///
    /// # Errors
    /// A sentence for the operator that says what to do.
    pub async fn start(config: &Config, tuning: Tuning) -> Result<Self, StartError> {
        config.check().map_err(StartError::Config)?;
        let listen_error = |source| StartError::Listen {
            address: config.listen,
            source,
        };
        let tls = Tls::read(config).await?;
        let listener = TcpListener::bind(config.listen).map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;

        let store = open_store(config).await?;
        store
            .hold_master_key(&format!("atsi-proxy {address}"))
            .await?;
        let sealer = Arc::new(open_sealer(config, store.as_ref()).await?);
        let personal = match config.mode {
            Mode::Personal => Some(store.personal_company(now()).await?),
            Mode::Company => None,
        };

        let shutdown = CancellationToken::new();
        let metrics = Arc::new(metrics::Metrics::default());
        let upstream = Arc::new(Upstream::new(
            config,
            &tuning,
            Arc::clone(&store),
            Arc::clone(&sealer),
            Arc::clone(&metrics),
        )?);
        let delivery = Arc::new(Delivery::new(
            Arc::clone(&store),
            Arc::clone(&upstream),
            Arc::clone(&sealer),
            Arc::clone(&metrics),
            tuning.clone(),
            config.public_url.as_ref(),
            shutdown.clone(),
        ));
        let post = mail::Post::new(
            config,
            Arc::clone(&store),
            Arc::clone(&sealer),
            config.own_url(address),
            shutdown.clone(),
        );
        let post = Arc::new(post.map_err(StartError::Refused)?);
        let longest_call = tuning.call_timeout;
        let live = Arc::new(Live::new(
            Arc::clone(&store),
            Arc::clone(&delivery),
            personal.is_none(),
            &tuning,
            shutdown.clone(),
        ));
        let reach = Reach::new(config.callback_to_private);
        let callbacks = Arc::new(Callbacks::new(
            Arc::clone(&store),
            Arc::clone(&sealer),
            Arc::clone(&delivery),
            Arc::clone(&metrics),
            reach.clone(),
            &tuning,
            shutdown.clone(),
        )?);
        let poller = Arc::new(Poller::new(
            Arc::clone(&store),
            Arc::clone(&upstream),
            Arc::clone(&delivery),
            Arc::clone(&metrics),
            tuning.clone(),
            shutdown.clone(),
        ));
        let boards = Arc::new(Boards::new(
            config,
            Arc::clone(&store),
            Arc::clone(&delivery),
            &tuning,
            shutdown.clone(),
        )?);
        let app = App::new(
            address,
            config,
            personal,
            Arc::clone(&post),
            Arc::clone(&store),
            sealer,
            upstream,
            Arc::clone(&delivery),
            Arc::clone(&live),
            Arc::clone(&poller),
            Arc::clone(&boards),
            reach,
            metrics,
            tuning,
        );

        let server = axum_server::Handle::new();
        let mut serve = axum_server::from_tcp(listener).map_err(listen_error)?;
        serve
            .http_builder()
            .http1()
            .header_read_timeout(HEAD_WITHIN);
        let serve = serve
            .handle(server.clone())
            .first_request_timeout(HEAD_WITHIN);
        let service =
            http::router(Arc::new(app)).into_make_service_with_connect_info::<SocketAddr>();
        let serving = match &tls {
            None => tokio::spawn(serve.serve(service)),
            Some(tls) => tokio::spawn(serve.acceptor(tls.acceptor()).serve(service)),
        };
        let changes = delivery.changes();
        let delivering = tokio::spawn(delivery.run());
        let mailing = tokio::spawn(post.run(changes));
        let polling = tokio::spawn(poller.run());
        let reading_boards = tokio::spawn(boards.run());
        let calling_back = tokio::spawn(callbacks.run());
        let cleaning = tokio::spawn(retention::run(
            Arc::clone(&store),
            retention::Keep::from(config),
            shutdown.clone(),
        ));
        Ok(Self {
            address,
            tls,
            shutdown,
            server,
            serving,
            delivering,
            mailing,
            polling,
            reading_boards,
            calling_back,
            live,
            cleaning,
            store,
            longest_call,
        })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Reads certificate and key anew, for the connections that follow.
    ///
    /// # Errors
    /// A sentence for the operator; those before stay in use.
    pub async fn reload_tls(&self) -> Result<(), StartError> {
        match &self.tls {
            Some(tls) => tls.reload().await,
            None => Ok(()),
        }
    }

    /// Stops gracefully: no new requests, answers to those that wait, an end to what is on its way
    /// to Greenhouse, and back into the outbox with the rest.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.server.graceful_shutdown(Some(self.longest_call));
        for ended in [
            self.serving.await.map(drop),
            self.delivering.await,
            self.mailing.await,
            self.polling.await,
            self.reading_boards.await,
            self.calling_back.await,
            self.cleaning.await,
        ] {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the proxy ended badly");
            }
        }
        // Each is told that the proxy stops; one that does not take it is not waited for.
        let _ = tokio::time::timeout(self.longest_call, self.live.ended()).await;
        self.store.close().await;
    }
}

async fn open_store(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match &config.database_url {
        DatabaseUrl::Sqlite(path) => Arc::new(SqlStore::open_sqlite(path).await?),
        DatabaseUrl::Postgres(options) => {
            Arc::new(SqlStore::open_postgres(options.as_ref().clone()).await?)
        }
    })
}

/// What [`Purpose::MasterKeyCheck`] seals.
const CHECKED: &[u8] = b"atsi-proxy";

/// The sealer, after it was shown that the database belongs to its master key. Where a rotation was
/// interrupted after the database had changed, the new key takes its place now.
async fn open_sealer(config: &Config, store: &dyn Store) -> Result<Sealer, StartError> {
    let path = &config.master_key_file;
    let stored = store.master_key_check(None).await?;
    let sealer = Sealer::from_file(path, stored.is_none())?;
    let sealed = match stored {
        Some(sealed) => sealed,
        None => {
            let offered = sealer.seal(NO_COMPANY, Purpose::MasterKeyCheck, CHECKED)?;
            store
                .master_key_check(Some(&offered))
                .await?
                .ok_or(Unsealable)?
        }
    };
    let opens = |sealer: &Sealer| sealer.open(NO_COMPANY, Purpose::MasterKeyCheck, &sealed);
    let Err(wrong) = opens(&sealer) else {
        return Ok(sealer);
    };
    let next = seal::next_key_file(path);
    if !next.exists() {
        return Err(wrong.into());
    }
    let sealer = Sealer::from_file(&next, false)?;
    opens(&sealer)?;
    seal::replace_key_file(path)?;
    tracing::warn!("an interrupted rotation of the master key was completed");
    Ok(sealer)
}

/// The wall clock: leases, pauses and what people are shown have to outlive this process.
fn now() -> Millis {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    since_epoch.as_millis().try_into().unwrap_or(Millis::MAX)
}

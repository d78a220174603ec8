//! A running proxy: its parts, put together, and its tasks, started and stopped.

mod tasks;

use crate::{
    callback::{Callbacks, Reach},
    clock::now,
    config::{Config, Mode, Tuning},
    context::Context,
    delivery::Delivery,
    http::{self, App, Services},
    job_boards::JobBoardReader,
    live::Live,
    mail::Mailer,
    polling::Poller,
    retention,
    startup::{StartError, open_sealer, open_store},
    store::CompanyId,
    tls::Tls,
    upstream::Upstream,
};
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use tasks::Tasks;

/// Time that a client has to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// A running proxy.
pub struct Proxy {
    address: SocketAddr,
    tls: Option<Tls>,
    server: axum_server::Handle<SocketAddr>,
    tasks: Tasks,
    live: Arc<Live>,
    context: Context,
}

/// Builds a proxy step by step: each part takes from here what it shares with the others.
struct Builder<'a> {
    config: &'a Config,
    context: Context,
    address: SocketAddr,
    /// The one company of personal mode.
    personal: Option<CompanyId>,
}

/// The parts of a proxy that run until it stops.
struct Parts {
    services: Services,
    callbacks: Arc<Callbacks>,
}

impl Builder<'_> {
    async fn open(
        config: &Config,
        tuning: Tuning,
        address: SocketAddr,
    ) -> Result<Builder<'_>, StartError> {
        let store = open_store(config).await?;
        store
            .hold_master_key(&format!("atsi-proxy {address}"))
            .await?;
        let sealer = open_sealer(config, store.as_ref()).await?;
        let personal = match config.mode {
            Mode::Personal => Some(store.personal_company(now()).await?),
            Mode::Company => None,
        };
        Ok(Builder {
            config,
            context: Context::new(store, sealer, tuning),
            address,
            personal,
        })
    }

    fn parts(&self) -> Result<Parts, StartError> {
        let (config, context) = (self.config, &self.context);
        let upstream = Arc::new(Upstream::new(context, config)?);
        let reach = Reach::new(config.callback_to_private);
        let mailer = Mailer::new(context, config, config.own_url(self.address));
        Ok(Parts {
            callbacks: Arc::new(Callbacks::new(context, reach.clone())?),
            services: Services {
                delivery: Arc::new(Delivery::new(
                    context,
                    Arc::clone(&upstream),
                    config.public_url.as_ref(),
                )),
                mailer: Arc::new(mailer.map_err(StartError::Refused)?),
                live: Arc::new(Live::new(context, self.personal.is_none())),
                poller: Arc::new(Poller::new(context, Arc::clone(&upstream))),
                job_boards: Arc::new(JobBoardReader::new(context, config)?),
                upstream,
                reach,
            },
        })
    }
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

        let builder = Builder::open(config, tuning, address).await?;
        let Parts {
            services,
            callbacks,
        } = builder.parts()?;
        let Builder {
            context, personal, ..
        } = builder;
        let app = App::new(address, config, personal, &context, &services);

        let handle = axum_server::Handle::new();
        let mut server = axum_server::from_tcp(listener).map_err(listen_error)?;
        server
            .http_builder()
            .http1()
            .header_read_timeout(HEAD_TIMEOUT);
        let server = server
            .handle(handle.clone())
            .first_request_timeout(HEAD_TIMEOUT);
        let service =
            http::router(Arc::new(app)).into_make_service_with_connect_info::<SocketAddr>();

        let tasks = Tasks::default();
        match &tls {
            None => tasks.spawn_server(server.serve(service)),
            Some(tls) => tasks.spawn_server(server.acceptor(tls.acceptor()).serve(service)),
        }
        tasks.spawn("mail", Arc::clone(&services.mailer).run());
        tasks.spawn("delivery", Arc::clone(&services.delivery).run());
        tasks.spawn("polling", Arc::clone(&services.poller).run());
        tasks.spawn("job boards", Arc::clone(&services.job_boards).run());
        tasks.spawn("callbacks", callbacks.run());
        tasks.spawn("retention", retention::run(context.clone(), config.into()));
        Ok(Self {
            address,
            tls,
            server: handle,
            tasks,
            live: services.live,
            context,
        })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address at which the proxy answers, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Reads the certificate and its key again, for the connections that follow.
    ///
    /// # Errors
    /// A sentence for the operator; the earlier certificate stays in use.
    pub async fn reload_tls(&self) -> Result<(), StartError> {
        match &self.tls {
            Some(tls) => tls.reload().await,
            None => Ok(()),
        }
    }

    /// Stops gracefully: accepts no new requests, answers those that wait, finishes the calls to
    /// Greenhouse that are under way and puts the rest back into the outbox.
    pub async fn stop(self) {
        let longest_call = self.context.tuning.call_timeout;
        self.context.shutdown.cancel();
        self.server.graceful_shutdown(Some(longest_call));
        self.tasks.ended().await;
        // Each listener is told that the proxy stops; one that does not read this is not waited for.
        let _ = tokio::time::timeout(longest_call, self.live.ended()).await;
        self.context.store.close().await;
    }
}

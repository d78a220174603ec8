//! Stand-ins for jopwell.com and Greenhouse: web sites, the Candidate Ingestion API, the Job Board API and
//! webhooks, with switches for what nobody knows about the real ones and faults on order. Everything is invented
//! and kept in memory.

mod clock;
mod connection_cutter;
pub mod control;
pub mod faults;
pub mod greenhouse;
mod html;
pub mod jopwell;
mod mailbox;
mod received;
mod receiver;
pub mod server;
pub mod switches;
mod web;
pub mod world;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::mpsc;

use crate::world::Sandbox;

pub struct Config {
    pub https_listen: SocketAddr,
    pub http_listen: SocketAddr,
    pub rng_seed: Option<u64>,
    /// Where a proxy writes its mail, to be shown at `/mailbox`.
    pub mail_dir: Option<PathBuf>,
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
                    "{address} is not a loopback address, and the sandbox is for this machine only"
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
    let sandbox = Arc::new(Sandbox::new(
        rng,
        outgoing,
        class_suffix,
        config.mail_dir,
        (https.local_addr()?, http.local_addr()?),
    ));
    let handle = server::Handle::new();
    let listeners = server::serve(&sandbox, https, http, &handle)?;
    let sender = web::greenhouse::webhook_sender::spawn_sender(Arc::clone(&sandbox), queue)
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

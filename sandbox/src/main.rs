//! `atsi-sandbox`: starts the stand-ins and prints where they listen.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use atsi_sandbox::Config;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Stand-ins for jopwell.com and Greenhouse, for demos and tests on one machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where the web sites and APIs are served over https, by host name. Port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8443")]
    https_listen: SocketAddr,
    /// Where the APIs and the control API are served over plain http. Port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8444")]
    http_listen: SocketAddr,
    /// Makes what is random (class names, new keys, faults by chance) the same in every run.
    #[arg(long)]
    rng_seed: Option<u64>,
    /// The folder into which a proxy writes its mail (its own --mail-dir), to be shown at /mailbox.
    #[arg(long)]
    mail_dir: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the sandbox stopped");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let running = atsi_sandbox::start(Config {
        https_listen: arguments.https_listen,
        http_listen: arguments.http_listen,
        rng_seed: arguments.rng_seed,
        mail_dir: arguments.mail_dir,
    })
    .await?;
    // Whoever started us reads exactly these two lines to learn the ports.
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "https {}", running.https)?;
    writeln!(stdout, "http {}", running.http)?;
    stdout.flush()?;
    drop(stdout);
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    running.stop().await
}

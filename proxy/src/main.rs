use atsi_proxy::{Config, Proxy, Tuning};
use clap::Parser;
use std::{
    io::{Write, stderr, stdout},
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    // Logs go to stderr; stdout says one thing, the address.
    tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_ansi(false)
        .with_env_filter(
            EnvFilter::try_from_env("ATSI_LOG").unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .init();
    match run(&config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: &Config) -> Result<(), Box<dyn std::error::Error>> {
    // Fails only where one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stop = stop_signal()?;
    let proxy = Proxy::start(config, Tuning::default()).await?;
    // Who started us may have closed stdout; that is no reason to stop.
    let _ = writeln!(stdout(), "listening on http://{}", proxy.address());
    stop.await;
    tracing::info!("stopping: finishing what is under way");
    proxy.stop().await;
    Ok(())
}

/// Listens before anything is started, so that no signal falls between.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

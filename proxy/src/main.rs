use atsi_proxy::{
    Config, Proxy, Tuning, audit, backup,
    cli::{self, Action, CliError, Given},
    config::LogFormat,
    erase, export, rotate_master_key,
    seal::create_private,
};
use std::{
    io::{Write, stderr, stdout},
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let given = match cli::read(std::env::args_os()) {
        Ok(given) => given,
        Err(CliError::Clap(error)) => error.exit(),
        Err(CliError::File(error)) => {
            let _ = writeln!(stderr(), "{error}");
            return ExitCode::from(2);
        }
    };
    // Logs go to stderr; stdout gets only the address.
    let log = tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_ansi(false)
        .with_env_filter(
            EnvFilter::try_from_env("ATSI_LOG").unwrap_or_else(|_| EnvFilter::new("info")),
        );
    match given.cli.config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    match run(&given).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(given: &Given) -> Result<(), Box<dyn std::error::Error>> {
    // Fails only if one is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = &given.cli.config;
    match &given.cli.action {
        None => serve(config).await?,
        Some(Action::PrintConfig) => write!(stdout(), "{}", given.to_toml())?,
        Some(Action::Backup { file }) => {
            backup(config, file).await?;
            writeln!(stdout(), "backed up to {}", file.display())?;
        }
        Some(Action::Audit { company }) => {
            write!(stdout(), "{}", audit(config, company.as_deref()).await?)?;
        }
        Some(Action::Export {
            company,
            output: None,
        }) => write!(stdout(), "{}", export(config, company.as_deref()).await?)?,
        Some(Action::Export {
            company,
            output: Some(path),
        }) => {
            let mut file = create_private(path)
                .map_err(|error| format!("{} cannot be created: {error}.", path.display()))?;
            file.write_all(export(config, company.as_deref()).await?.as_bytes())?;
            file.sync_all()?;
        }
        Some(Action::Erase { yes: false, .. }) => {
            return Err("This deletes all data of the company: sends, statuses, the key and the webhooks. Repeat the command with --yes to continue.".into());
        }
        Some(Action::Erase { yes: true, company }) => {
            let rows = erase(config, company.as_deref()).await?;
            writeln!(stdout(), "{rows} rows deleted")?;
        }
        Some(Action::RotateMasterKey) => {
            let values = rotate_master_key(config).await?;
            writeln!(
                stdout(),
                "{values} values sealed with the new key in {}; keep a copy of it and destroy the copies of the old one",
                config.master_key_file.display()
            )?;
        }
    }
    Ok(())
}

async fn serve(config: &Config) -> Result<(), Box<dyn std::error::Error>> {
    let (stop, reload) = (stop_signal()?, reload_signal()?);
    let tuning = Tuning {
        calls_per_second: config.greenhouse_rate,
        ..Tuning::default()
    };
    let proxy = Proxy::start(config, tuning).await?;
    // A closed stdout is no reason to stop.
    let _ = writeln!(stdout(), "listening on {}", proxy.url());
    tokio::select! {
        () = stop => {}
        () = reload_on_signal(&proxy, reload) => {}
    }
    tracing::info!("stopping: finishing what is under way");
    proxy.stop().await;
    Ok(())
}

/// Listens for signals before anything is started, so that none is missed.
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

/// SIGHUP says that the certificate was renewed.
#[cfg(unix)]
fn reload_signal() -> std::io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
}

#[cfg(unix)]
async fn reload_on_signal(proxy: &Proxy, mut reload: tokio::signal::unix::Signal) {
    while reload.recv().await.is_some() {
        match proxy.reload_tls().await {
            Ok(()) => tracing::info!("certificate and key were reloaded"),
            Err(error) => tracing::error!("{error} The previous certificate stays in use."),
        }
    }
    std::future::pending().await
}

#[cfg(not(unix))]
fn reload_signal() -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
async fn reload_on_signal(_: &Proxy, (): ()) {
    std::future::pending().await
}

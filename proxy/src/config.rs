//! What the operator sets: flags, each also an environment variable `ATSI_…`.

use clap::{Parser, ValueEnum};
use ipnet::IpNet;
use sqlx::postgres::PgConnectOptions;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};
use url::{Host, Url};

const NETWORK: &str = "Network";
const DATA: &str = "Data";
const GREENHOUSE: &str = "Greenhouse";
const RETENTION: &str = "Retention";

/// Carries candidates from Jopwell to Greenhouse exactly once, for a whole company on one key.
///
/// Outgoing calls go straight to Greenhouse: HTTP_PROXY and its relatives are not read. Each option is
/// taken from its flag, else from its environment variable, else from the file of --config.
#[derive(Clone, Debug, Parser)]
#[command(name = "atsi-proxy", version)]
pub struct Config {
    /// TOML file with any of these options, each under the name of its flag without the dashes.
    #[arg(long, env = "ATSI_CONFIG", global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Address and port to listen on; port 0 takes any free one.
    #[arg(long, env = "ATSI_LISTEN", global = true, help_heading = NETWORK, default_value = "127.0.0.1:8787", value_parser = listen_address)]
    pub listen: SocketAddr,

    /// Where everything is kept: sqlite://FILE, made where it is missing, or postgres://USER@HOST/NAME
    /// for several proxies side by side (password in PGPASSWORD or the address).
    #[arg(long, env = "ATSI_DATABASE_URL", global = true, help_heading = DATA, hide_env_values = true, default_value = "sqlite://atsi.db")]
    pub database_url: DatabaseUrl,

    /// Base address of Greenhouse's Candidate Ingestion API.
    #[arg(long, env = "ATSI_GREENHOUSE_URL", global = true, help_heading = GREENHOUSE, default_value = "https://api.greenhouse.io/v1/partner", value_parser = upstream_url)]
    pub greenhouse_url: Url,

    /// Base address of Greenhouse's Job Board API.
    #[arg(long, env = "ATSI_JOB_BOARD_URL", global = true, help_heading = GREENHOUSE, default_value = "https://boards-api.greenhouse.io/v1/boards", value_parser = upstream_url)]
    pub job_board_url: Url,

    /// Address under which others reach this proxy, where it is not the one it listens on.
    #[arg(long, env = "ATSI_PUBLIC_URL", global = true, help_heading = NETWORK, value_parser = upstream_url)]
    pub public_url: Option<Url>,

    /// Certificate chain (PEM), where the proxy speaks TLS itself. SIGHUP reads it and its key anew.
    #[arg(long, env = "ATSI_TLS_CERT", global = true, help_heading = NETWORK, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// Private key (PEM) of the certificate.
    #[arg(long, env = "ATSI_TLS_KEY", global = true, help_heading = NETWORK, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Address or network of a reverse proxy whose X-Forwarded-For and -Host are believed; may be
    /// given several times, or as a list with commas.
    #[arg(long, env = "ATSI_TRUSTED_PROXY", global = true, help_heading = NETWORK, value_name = "CIDR",
          value_delimiter = ',', value_parser = network)]
    pub trusted_proxy: Vec<IpNet>,

    /// File with the 32-byte key that seals what is secret in the database. It is made, readable by
    /// its owner only, where it is missing. Keep a copy apart from the database's.
    #[arg(long, env = "ATSI_MASTER_KEY_FILE", global = true, help_heading = DATA, default_value = "atsi.key")]
    pub master_key_file: PathBuf,

    /// Whom the proxy serves.
    #[arg(long, env = "ATSI_MODE", global = true, value_enum, default_value_t = Mode::Personal)]
    pub mode: Mode,

    /// Calls to Greenhouse a second, for each connection.
    #[arg(long, env = "ATSI_GREENHOUSE_RATE", global = true, help_heading = GREENHOUSE, value_name = "CALLS",
          default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub greenhouse_rate: u32,

    /// Hours for which a repeated request is answered as the first one was.
    #[arg(long, env = "ATSI_KEEP_IDEMPOTENCY_KEYS", global = true, help_heading = RETENTION, value_name = "HOURS",
          default_value_t = 72, value_parser = clap::value_parser!(u32).range(24..=8760))]
    pub keep_idempotency_keys: u32,

    /// Days for which a web hook that came is remembered, so that it takes effect once.
    #[arg(long, env = "ATSI_KEEP_HOOK_RECORDS", global = true, help_heading = RETENTION, value_name = "DAYS",
          default_value_t = 30, value_parser = clap::value_parser!(u32).range(2..=3650))]
    pub keep_hook_records: u32,

    /// Days for which a refused send is shown on the candidate's page.
    #[arg(long, env = "ATSI_KEEP_REFUSED", global = true, help_heading = RETENTION, value_name = "DAYS",
          default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub keep_refused: u32,

    /// How the log on stderr is written; ATSI_LOG sets its level (info).
    #[arg(long, env = "ATSI_LOG_FORMAT", global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// The one person who runs it, on this machine, without accounts.
    Personal,
}

/// A database address whose scheme is known.
#[derive(Clone)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// Shows no password.
impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(options) => write!(f, "Postgres({})", options.get_host()),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            // What the parser says of a wrong address may repeat the password in it.
            return PgConnectOptions::from_str(text)
                .map(|options| Self::Postgres(Box::new(options)))
                .map_err(|_| {
                    "it is not an address of PostgreSQL, for example postgres://atsi@db.example/atsi"
                        .to_owned()
                });
        }
        let path = text
            .strip_prefix("sqlite://")
            .or_else(|| text.strip_prefix("sqlite:"))
            .ok_or("it must begin with sqlite:// or postgres://, for example sqlite://atsi.db")?;
        if path.is_empty() || path.contains(['?', '#']) || path.contains(":memory:") {
            return Err(
                "it must name a file and nothing else, for example sqlite:///var/lib/atsi/atsi.db"
                    .to_owned(),
            );
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

/// What no operator needs to touch; tests make these shorter.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// How long `POST /v1/sends` waits for the outcome before it answers `waiting`.
    pub answer_within: Duration,
    /// Calls to Greenhouse per second and connection. Greenhouse documents no limit for the
    /// Candidate Ingestion API; this is the rate of its Harvest API.
    pub calls_per_second: u32,
    /// Sends on their way to Greenhouse at once, for one company and for all.
    pub in_flight_per_company: u32,
    pub in_flight: u32,
    /// First and longest pause after Greenhouse was busy or out of reach.
    pub shortest_pause: Duration,
    pub longest_pause: Duration,
    /// A lease outlives the longest call by a wide margin, so that only a dead worker loses it.
    pub lease: Duration,
    pub connect_timeout: Duration,
    pub call_timeout: Duration,
    /// Age from which a status is read anew where a look-up asks for it.
    pub status_fresh_for: Duration,
    /// Age from which the list of jobs is read anew.
    pub jobs_fresh_for: Duration,
    /// How long a look-up waits for Greenhouse before it answers with what is stored.
    pub refresh_within: Duration,
    /// How long after a failed read Greenhouse is left alone.
    pub refresh_again_after: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_secs(20),
            calls_per_second: 5,
            in_flight_per_company: 4,
            in_flight: 32,
            shortest_pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(300),
            lease: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(30),
            status_fresh_for: Duration::from_secs(10),
            jobs_fresh_for: Duration::from_secs(300),
            refresh_within: Duration::from_secs(5),
            refresh_again_after: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// The scheme that is spoken here, and the port that addresses with it need not name.
    #[must_use]
    pub fn scheme(&self) -> (&'static str, u16) {
        match self.tls_cert {
            Some(_) => ("https", 443),
            None => ("http", 80),
        }
    }

    /// Checks what no single flag can know.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to do.
    pub fn check(&self) -> Result<(), String> {
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return Err(
                "--tls-cert and --tls-key belong together: give both, or neither.".to_owned(),
            );
        }
        match self.mode {
            Mode::Personal if !self.listen.ip().is_loopback() => Err(format!(
                "In personal mode the proxy answers whoever can reach it, so it may listen on this \
                 machine only, and {} is not a loopback address. Use --listen 127.0.0.1:{}.",
                self.listen,
                self.listen.port()
            )),
            Mode::Personal => Ok(()),
        }
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if let Some(port) = text.strip_prefix("localhost:") {
        let port = port.parse().map_err(|_| format!("{port} is not a port"))?;
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse()
        .map_err(|_| "it must be an address and a port, for example 127.0.0.1:8787".to_owned())
}

fn network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| {
            "it must be an address or a network, for example 127.0.0.1 or 10.0.0.0/8".to_owned()
        })
}

fn upstream_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("it is not a web address ({error})"))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err("it has no host".to_owned()),
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => {
            return Err("plain http is accepted for loopback addresses only; use https".to_owned());
        }
        _ => return Err("it must begin with https://".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must not carry a user name or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it must not carry a query or fragment".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Config, String> {
        Config::try_parse_from(["atsi-proxy"].iter().chain(args))
            .map_err(|error| error.to_string())
            .and_then(|config| config.check().map(|()| config))
    }

    #[test]
    fn the_defaults_serve_this_machine_only() {
        let config = parse(&[]).unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(
            config.greenhouse_url.as_str(),
            "https://api.greenhouse.io/v1/partner"
        );
        assert!(matches!(
            config.database_url,
            DatabaseUrl::Sqlite(path) if path.as_os_str() == "atsi.db"
        ));
    }

    #[test]
    fn personal_mode_refuses_the_network_and_says_what_to_do() {
        for listen in ["0.0.0.0:8787", "[::]:8787", "192.0.2.7:8787"] {
            let error = parse(&["--listen", listen]).unwrap_err();
            assert!(error.contains("--listen 127.0.0.1:8787"), "{error}");
        }
        assert!(parse(&["--listen", "[::1]:0"]).is_ok());
        assert!(parse(&["--listen", "localhost:0"]).is_ok());
    }

    #[test]
    fn proxies_are_trusted_one_by_one_or_as_a_list() {
        let config = parse(&[
            "--trusted-proxy",
            "127.0.0.1,10.0.0.0/8",
            "--trusted-proxy",
            "::1",
        ]);
        let shown: Vec<String> = (config.unwrap().trusted_proxy.iter())
            .map(ToString::to_string)
            .collect();
        assert_eq!(shown, ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]);
        let error = parse(&["--trusted-proxy", "proxy.example"]).unwrap_err();
        assert!(error.contains("10.0.0.0/8"), "{error}");
    }

    #[test]
    fn a_certificate_needs_its_key() {
        for flag in ["--tls-cert", "--tls-key"] {
            let error = parse(&[flag, "x.pem"]).unwrap_err();
            assert!(error.contains("belong together"), "{error}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback() {
        for good in [
            "http://127.0.0.1:9/v1/partner",
            "http://[::1]:9/",
            "http://localhost:9",
            "https://gh.example/x",
        ] {
            assert!(parse(&["--greenhouse-url", good]).is_ok(), "{good}");
        }
        for bad in [
            "http://api.greenhouse.io/v1/partner",
            "http://localhost.example/",
            "ftp://127.0.0.1/",
            "https://user:word@gh.example/",
            "https://gh.example/?a=1",
            "nonsense",
        ] {
            for flag in ["--greenhouse-url", "--job-board-url", "--public-url"] {
                assert!(parse(&[flag, bad]).is_err(), "{flag} {bad}");
            }
        }
    }

    #[test]
    fn only_known_databases_are_accepted() {
        for bad in [
            "mysql://db/atsi",
            "atsi.db",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://a?mode=ro",
        ] {
            let error = parse(&["--database-url", bad]).unwrap_err();
            assert!(error.contains("sqlite://"), "{error}");
        }
    }

    #[test]
    fn a_password_in_a_database_address_is_not_shown() {
        let config = parse(&["--database-url", "postgres://atsi:hush@db.example/atsi"]).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
        let error = parse(&[
            "--database-url",
            "postgres://atsi:hush@db.example:port/atsi",
        ]);
        let error = error.unwrap_err();
        assert!(error.contains("address of PostgreSQL"), "{error}");
    }
}

//! The configuration: flags, each also an environment variable `ATSI_…`.

use crate::backoff::Backoff;
use clap::{Parser, ValueEnum};
use ipnet::IpNet;
use lettre::message::Mailbox;
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
const MAIL: &str = "Mail (company mode)";

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

    /// Database: sqlite://FILE, created if it is missing, or postgres://USER@HOST/NAME
    /// for several proxies side by side (password in PGPASSWORD or the address).
    #[arg(long, env = "ATSI_DATABASE_URL", global = true, help_heading = DATA, hide_env_values = true, default_value = "sqlite://atsi.db")]
    pub database_url: DatabaseUrl,

    /// Base address of Greenhouse's Candidate Ingestion API.
    #[arg(long, env = "ATSI_GREENHOUSE_URL", global = true, help_heading = GREENHOUSE, default_value = "https://api.greenhouse.io/v1/partner", value_parser = upstream_url)]
    pub greenhouse_url: Url,

    /// Base address of Greenhouse's Job Board API.
    #[arg(long, env = "ATSI_JOB_BOARD_URL", global = true, help_heading = GREENHOUSE, default_value = "https://boards-api.greenhouse.io/v1/boards", value_parser = upstream_url)]
    pub job_board_url: Url,

    /// Address at which others reach this proxy, if it is not the one it listens on.
    #[arg(long, env = "ATSI_PUBLIC_URL", global = true, help_heading = NETWORK, value_parser = upstream_url)]
    pub public_url: Option<Url>,

    /// Let companies have their changes delivered to addresses in private networks and on this machine,
    /// too. Without it, only to the public internet.
    #[arg(long, env = "ATSI_CALLBACK_TO_PRIVATE", global = true, help_heading = NETWORK, num_args = 0..=1,
          default_value = "false", default_missing_value = "true", require_equals = true, value_name = "BOOL",
          action = clap::ArgAction::Set)]
    pub callback_to_private: bool,

    /// Certificate chain (PEM), if the proxy speaks TLS itself. SIGHUP reloads it and its key.
    #[arg(long, env = "ATSI_TLS_CERT", global = true, help_heading = NETWORK, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// Private key (PEM) of the certificate.
    #[arg(long, env = "ATSI_TLS_KEY", global = true, help_heading = NETWORK, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Address or network of a reverse proxy whose X-Forwarded-For and -Host are trusted; can be given
    /// several times, or as a list with commas.
    #[arg(long, env = "ATSI_TRUSTED_PROXY", global = true, help_heading = NETWORK, value_name = "CIDR",
          value_delimiter = ',', value_parser = network)]
    pub trusted_proxy: Vec<IpNet>,

    /// File with the 32-byte key that encrypts the secrets in the database. If it is missing, it is
    /// created, readable by its owner only. Keep a copy apart from the database's.
    #[arg(long, env = "ATSI_MASTER_KEY_FILE", global = true, help_heading = DATA, default_value = "atsi.key")]
    pub master_key_file: PathBuf,

    /// Who the proxy serves.
    #[arg(long, env = "ATSI_MODE", global = true, value_enum, default_value_t = Mode::Personal)]
    pub mode: Mode,

    /// SMTP server for outgoing mail: smtps://USER:PASSWORD@HOST, or
    /// smtp://HOST:587?tls=required.
    #[arg(long, env = "ATSI_SMTP_URL", global = true, help_heading = MAIL, hide_env_values = true, value_name = "URL",
          value_parser = SmtpUrl::from_str)]
    pub smtp_url: Option<SmtpUrl>,

    /// Folder into which each mail is written as an .eml file, instead of being sent.
    #[arg(long, env = "ATSI_MAIL_DIR", global = true, help_heading = MAIL, value_name = "DIR")]
    pub mail_dir: Option<PathBuf>,

    /// Sender of the mail, for example "ATSi <atsi@kiln.example>".
    #[arg(long, env = "ATSI_MAIL_FROM", global = true, help_heading = MAIL, value_name = "ADDRESS",
          default_value = "ATSi <atsi@localhost>", value_parser = mail_from)]
    pub mail_from: Mailbox,

    /// Calls to Greenhouse per second and connection.
    #[arg(long, env = "ATSI_GREENHOUSE_RATE", global = true, help_heading = GREENHOUSE, value_name = "CALLS",
          default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub greenhouse_rate: u32,

    /// Hours for which a repeated request gets the answer of the first one.
    #[arg(long, env = "ATSI_KEEP_IDEMPOTENCY_KEYS", global = true, help_heading = RETENTION, value_name = "HOURS",
          default_value_t = 72, value_parser = clap::value_parser!(u32).range(24..=8760))]
    pub keep_idempotency_keys: u32,

    /// Days for which a received webhook is remembered, so that it takes effect once.
    #[arg(long, env = "ATSI_KEEP_HOOK_RECORDS", global = true, help_heading = RETENTION, value_name = "DAYS",
          default_value_t = 30, value_parser = clap::value_parser!(u32).range(2..=3650))]
    pub keep_hook_records: u32,

    /// Days for which a refused send is shown on the candidate's page.
    #[arg(long, env = "ATSI_KEEP_REFUSED", global = true, help_heading = RETENTION, value_name = "DAYS",
          default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub keep_refused: u32,

    /// Format of the log on stderr; ATSI_LOG sets its level (info).
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
    /// One person on this machine, without accounts.
    Personal,
    /// Companies whose people sign in with their work e-mail.
    Company,
}

/// The address of an SMTP server. `Debug` shows no password.
#[derive(Clone)]
pub struct SmtpUrl(Url);

impl SmtpUrl {
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl std::fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpUrl({})", self.0.host_str().unwrap_or_default())
    }
}

impl FromStr for SmtpUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The message repeats nothing of the text, which may hold a password.
        let url = Url::parse(text).map_err(
            |_| "it is not an address of an SMTP server, for example smtps://user@mail.example",
        )?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err("it has no host".to_owned());
        }
        let is_required = url
            .query_pairs()
            .any(|(name, value)| name == "tls" && value == "required");
        match url.scheme() {
            "smtps" => Ok(Self(url)),
            "smtp" if is_required || is_loopback(&url) => Ok(Self(url)),
            "smtp" => Err(
                "mail without TLS is sent to loopback addresses only; use smtps:// or add ?tls=required"
                    .to_owned(),
            ),
            _ => Err("it must begin with smtps:// or smtp://".to_owned()),
        }
    }
}

/// The address of a database.
#[derive(Clone)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// Without a password.
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
            // The parser's message may repeat the password.
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

/// Values that no operator needs to change; tests make them shorter.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// Time that `POST /v1/sends` waits for the outcome before it answers `waiting`.
    pub answer_within: Duration,
    /// Calls to Greenhouse per second and connection. Greenhouse documents no limit for the
    /// Candidate Ingestion API; this is the rate of its Harvest API.
    pub calls_per_second: u32,
    /// Most sends on their way to Greenhouse at once, for one company and for all.
    pub in_flight_per_company: u32,
    pub in_flight: u32,
    /// First and longest pause after Greenhouse was busy or unreachable.
    pub shortest_pause: Duration,
    pub longest_pause: Duration,
    /// A lease outlives the longest call by a wide margin, so that only a dead worker loses it.
    pub lease: Duration,
    pub connect_timeout: Duration,
    pub call_timeout: Duration,
    /// Age from which a look-up reads a status again.
    pub status_fresh_for: Duration,
    /// Age from which the list of jobs is read again.
    pub jobs_fresh_for: Duration,
    /// Time that a look-up waits for Greenhouse before it answers with what is stored.
    pub refresh_within: Duration,
    /// Pause after a failed read of statuses.
    pub refresh_again_after: Duration,
    /// Sign-in codes that an address, and a client, may request in a burst.
    pub codes_per_address: u32,
    pub codes_per_client: u32,
    /// Time between two reads of a candidate on somebody's screen, and shortest time for any other.
    pub poll_looked_at_every: Duration,
    pub poll_others_every: Duration,
    /// Time between two reads of a public job board; longer while it fails.
    pub boards_every: Duration,
    /// Longest pause after the first failed delivery to a callback address; doubled with each further one.
    pub callback_first_pause: Duration,
    /// Most live connections of one proxy, and the time that one message to one of them may take.
    pub live_connections: u32,
    pub live_send_within: Duration,
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
            codes_per_address: 5,
            codes_per_client: 100,
            poll_looked_at_every: Duration::from_secs(30),
            poll_others_every: Duration::from_secs(15 * 60),
            boards_every: Duration::from_secs(15 * 60),
            callback_first_pause: Duration::from_secs(5),
            live_connections: 10_000,
            live_send_within: Duration::from_secs(10),
        }
    }
}

impl Tuning {
    /// Returns the pauses after Greenhouse was busy or unreachable.
    #[must_use]
    pub fn greenhouse_backoff(&self) -> Backoff {
        Backoff {
            first: self.shortest_pause,
            longest: self.longest_pause,
        }
    }
}

impl Config {
    /// Returns the scheme that the proxy speaks, and its default port.
    #[must_use]
    pub fn scheme(&self) -> (&'static str, u16) {
        match self.tls_cert {
            Some(_) => ("https", 443),
            None => ("http", 80),
        }
    }

    /// Returns the address at which others reach this proxy, without a slash at the end.
    #[must_use]
    pub fn own_url(&self, address: SocketAddr) -> String {
        let (scheme, _) = self.scheme();
        (self.public_url.as_ref())
            .map_or_else(|| format!("{scheme}://{address}"), Url::to_string)
            .trim_end_matches('/')
            .to_owned()
    }

    /// Checks the options together.
    ///
    /// # Errors
    /// A sentence for the operator that says what to do.
    pub fn check(&self) -> Result<(), String> {
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return Err(
                "--tls-cert and --tls-key belong together: give both, or neither.".to_owned(),
            );
        }
        if self.mode == Mode::Company {
            return self.check_company();
        }
        match self.mode {
            Mode::Personal if !self.listen.ip().is_loopback() => Err(format!(
                "In personal mode the proxy answers everybody who can reach it, so it can listen on this \
                 machine only, and {} is not a loopback address. Use --listen 127.0.0.1:{}.",
                self.listen,
                self.listen.port()
            )),
            Mode::Personal | Mode::Company => Ok(()),
        }
    }

    fn check_company(&self) -> Result<(), String> {
        if self.smtp_url.is_some() == self.mail_dir.is_some() {
            return Err(
                "In company mode people sign in with a code that they get by mail: give --smtp-url, or \
                 --mail-dir to write the mail into a folder (one of the two)."
                    .to_owned(),
            );
        }
        if self.listen.ip().is_loopback() {
            return Ok(());
        }
        if self.public_url.is_none() {
            return Err(format!(
                "The proxy listens on {}, so others reach it: give its address with --public-url.",
                self.listen
            ));
        }
        if self.tls_cert.is_none() && self.trusted_proxy.is_empty() {
            return Err(format!(
                "The proxy listens on {} without TLS. Give --tls-cert and --tls-key, or name the reverse \
                 proxy that speaks TLS in front of it with --trusted-proxy.",
                self.listen
            ));
        }
        Ok(())
    }
}

fn mail_from(text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|_| {
        "it must be an e-mail address, for example \"ATSi <atsi@kiln.example>\"".to_owned()
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // With a scheme that the parser does not know, every host is a domain.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
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
    if url.host().is_none() {
        return Err("it has no host".to_owned());
    }
    let loopback = is_loopback(&url);
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
    fn default_configuration_serves_this_machine_only() {
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
    fn personal_mode_on_the_network_is_refused_with_advice() {
        for listen in ["0.0.0.0:8787", "[::]:8787", "192.0.2.7:8787"] {
            let error = parse(&["--listen", listen]).unwrap_err();
            assert!(error.contains("--listen 127.0.0.1:8787"), "{error}");
        }
        assert!(parse(&["--listen", "[::1]:0"]).is_ok());
        assert!(parse(&["--listen", "localhost:0"]).is_ok());
    }

    #[test]
    fn company_mode_without_mail_or_tls_is_refused() {
        let company = |args: &[&str]| parse(&[&["--mode", "company"], args].concat());
        let mail = ["--mail-dir", "mail"];
        assert!(company(&mail).is_ok());
        assert!(company(&["--smtp-url", "smtps://u:hush@mail.kiln.example"]).is_ok());
        let error = company(&[]).unwrap_err();
        assert!(error.contains("--smtp-url"), "{error}");
        let error =
            company(&[&mail[..], &["--smtp-url", "smtp://localhost"]].concat()).unwrap_err();
        assert!(error.contains("one of the two"), "{error}");

        let others = [&mail[..], &["--listen", "0.0.0.0:8787"]].concat();
        let error = company(&others).unwrap_err();
        assert!(error.contains("--public-url"), "{error}");
        let named = [&others[..], &["--public-url", "https://atsi.kiln.example"]].concat();
        let error = company(&named).unwrap_err();
        assert!(error.contains("--tls-cert"), "{error}");
        assert!(company(&[&named[..], &["--trusted-proxy", "10.0.0.7"]].concat()).is_ok());
    }

    #[test]
    fn mail_server_without_tls_must_be_on_this_machine_and_its_password_is_hidden() {
        for good in [
            "smtps://mail.kiln.example",
            "smtp://mail.kiln.example:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
        ] {
            assert!(parse(&["--smtp-url", good]).is_ok(), "{good}");
        }
        for bad in [
            "smtp://u:hush@mail.kiln.example",
            "smtp://u:hush@mail.kiln.example?tls=opportunistic",
            "http://u:hush@mail.kiln.example",
            "hush",
        ] {
            let error = parse(&["--smtp-url", bad]).unwrap_err();
            let (_, said) = error.split_once("': ").unwrap();
            assert!(!said.contains("hush"), "{error}");
        }
        let config = parse(&["--smtp-url", "smtps://u:hush@mail.kiln.example"]).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
        let error = parse(&["--mail-from", "nobody"]).unwrap_err();
        assert!(error.contains("e-mail address"), "{error}");
    }

    #[test]
    fn trusted_proxies_are_given_one_by_one_or_as_a_list() {
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
    fn certificate_without_key_is_refused() {
        for flag in ["--tls-cert", "--tls-key"] {
            let error = parse(&[flag, "x.pem"]).unwrap_err();
            assert!(error.contains("belong together"), "{error}");
        }
    }

    #[test]
    fn plain_http_is_accepted_for_loopback_only() {
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
    fn unknown_database_is_refused() {
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
    fn password_in_a_database_address_is_hidden() {
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

//! The command line, and the configuration file.

use crate::config::Config;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::{
    ffi::OsString,
    fmt::Write,
    path::{Path, PathBuf},
};
use toml::de::{DeTable, DeValue};
use url::Url;

#[derive(Debug, Parser)]
#[command(name = "atsi-proxy", version)]
pub struct Cli {
    #[command(subcommand)]
    pub action: Option<Action>,
    #[command(flatten)]
    pub config: Config,
}

/// A command to run instead of serving.
#[derive(Clone, Debug, Subcommand)]
pub enum Action {
    /// Print the configuration in effect as a file for --config, without passwords.
    PrintConfig,
    /// Copy the SQLite database into a new file; a proxy may keep using it.
    Backup { file: PathBuf },
    /// Print who did what and when: id, time, who, action, on what.
    Audit {
        /// The company's domain, in company mode.
        #[arg(long, value_name = "DOMAIN")]
        company: Option<String>,
    },
    /// Write all data of the company as JSON; a proxy may keep using the database.
    Export {
        /// The company's domain, in company mode.
        #[arg(long, value_name = "DOMAIN")]
        company: Option<String>,
        /// A new file, readable only by you, instead of the standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Delete all data of the company except the audit.
    Erase {
        /// The company's domain, in company mode.
        #[arg(long, value_name = "DOMAIN")]
        company: Option<String>,
        /// Confirm the deletion.
        #[arg(long)]
        yes: bool,
    },
    /// Create a new master key and seal the database with it; every proxy must be stopped.
    RotateMasterKey,
}

/// The command line, the environment and the file together.
#[derive(Debug)]
pub struct Given {
    pub cli: Cli,
    matches: ArgMatches,
}

#[derive(Debug)]
pub enum CliError {
    /// Help, the version, or a mistake on the command line; clap prints it with the right exit code.
    Clap(clap::Error),
    /// A mistake in the file, as a sentence.
    File(String),
}

impl From<clap::Error> for CliError {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

/// Reads the command line, then the environment, then the file: the first that names an option wins.
///
/// # Errors
/// See [`CliError`].
pub fn read<I: IntoIterator<Item = T>, T: Into<OsString>>(args: I) -> Result<Given, CliError> {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let mut matches = Cli::command().try_get_matches_from(&args)?;
    if let Some(path) = matches.get_one::<PathBuf>(CONFIG).cloned() {
        let command = with_file(Cli::command(), &path).map_err(CliError::File)?;
        matches = command.try_get_matches_from(&args)?;
    }
    let cli = Cli::from_arg_matches(&matches)?;
    Ok(Given { cli, matches })
}

const CONFIG: &str = "config";

/// Makes the values in the file the defaults of their options.
fn with_file(mut command: Command, path: &Path) -> Result<Command, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("The configuration file {shown} cannot be read: {error}."))?;
    let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let table = DeTable::parse(&text).map_err(|error| {
        format!(
            "{shown}, line {}: this is not TOML: {}.",
            line(error.span().map_or(0, |span| span.start)),
            error.message()
        )
    })?;
    for (key, value) in table.get_ref() {
        let at = format!("{shown}, line {}", line(key.span().start));
        let key: &str = key.get_ref();
        let id = key.replace('-', "_");
        let known = command
            .get_arguments()
            .any(|arg| arg.get_id() == id.as_str() && arg.get_long() == Some(key));
        if !known || id == CONFIG {
            return Err(format!(
                "{at}: there is no option {key}. See atsi-proxy --help for the options."
            ));
        }
        let value = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Boolean(yes) if is_switch(&command, &id) => yes.to_string(),
            DeValue::Array(list) if is_list(&command, &id) => list
                .iter()
                .map(|one| one.get_ref().as_str().unwrap_or_default())
                .collect::<Vec<_>>()
                .join(","),
            _ => {
                return Err(format!(
                    "{at}: the value of {key} must be a text in quotes or a whole number."
                ));
            }
        };
        // A flag overrides everything else, so any error is about this value.
        let flag = format!("--{key}={value}");
        if let Err(error) = Cli::command().try_get_matches_from(["atsi-proxy", &flag]) {
            let why = std::error::Error::source(&error)
                .map_or_else(|| possible_values(&command, &id), ToString::to_string);
            return Err(format!("{at}: the value of {key} cannot be used: {why}."));
        }
        command = command.mut_arg(id, |arg| match arg.get_value_delimiter() {
            Some(comma) => arg.default_values(
                value
                    .split(comma)
                    .map(str::to_owned)
                    .collect::<Vec<String>>(),
            ),
            None => arg.default_value(value),
        });
    }
    Ok(command)
}

fn is_switch(command: &Command, id: &str) -> bool {
    command
        .get_arguments()
        .filter(|arg| arg.get_id() == id)
        .flat_map(clap::Arg::get_possible_values)
        .any(|value| value.get_name() == "true")
}

fn is_list(command: &Command, id: &str) -> bool {
    command
        .get_arguments()
        .any(|arg| arg.get_id() == id && arg.get_value_delimiter().is_some())
}

fn possible_values(command: &Command, id: &str) -> String {
    let values = command
        .get_arguments()
        .filter(|arg| arg.get_id() == id)
        .flat_map(clap::Arg::get_possible_values)
        .map(|value| value.get_name().to_owned())
        .collect::<Vec<_>>();
    format!("it must be one of {}", values.join(", "))
}

impl Given {
    /// Returns the configuration in effect as TOML that [`read`] accepts; passwords are left out.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut file = String::new();
        for arg in Cli::command().get_arguments() {
            let (Some(name), id) = (arg.get_long(), arg.get_id().as_str()) else {
                continue;
            };
            if matches!(id, CONFIG | "help" | "version") {
                continue;
            }
            let Ok(Some(values)) = self.matches.try_get_raw(id) else {
                continue;
            };
            let values: Vec<String> = values
                .map(|value| without_password(&value.to_string_lossy()))
                .collect();
            let value = values.join(",");
            let _ = match value.parse::<u32>() {
                Ok(number) => writeln!(file, "{name} = {number}"),
                // A JSON string is also a TOML string.
                Err(_) => writeln!(file, "{name} = {}", serde_json::Value::String(value)),
            };
        }
        file
    }
}

/// Removes the password from an address.
fn without_password(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return text.to_owned();
    };
    let parameter = url.query_pairs().any(|(name, _)| name == "password");
    if url.password().is_none() && !parameter {
        return text.to_owned();
    }
    let _ = url.set_password(None);
    if parameter {
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| name != "password")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(file: &str, args: &[&str]) -> Result<Given, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("atsi.toml");
        std::fs::write(&path, file).unwrap();
        let all = [&["atsi-proxy", "--config", path.to_str().unwrap()], args].concat();
        read(all).map_err(|error| match error {
            CliError::Clap(error) => error.to_string(),
            CliError::File(error) => error.replace(path.to_str().unwrap(), "atsi.toml"),
        })
    }

    #[test]
    fn flag_overrides_the_file_and_the_file_the_default() {
        let file = "# ours\ngreenhouse-rate = 7\nkeep-refused = 5\nlisten = \"127.0.0.1:9\"\n";
        let given = with(file, &["--greenhouse-rate", "9", "print-config"]).unwrap();
        let config = &given.cli.config;
        assert_eq!((config.greenhouse_rate, config.keep_refused), (9, 5));
        assert_eq!(config.listen.port(), 9);
        assert_eq!(config.keep_idempotency_keys, 72);
        assert!(matches!(given.cli.action, Some(Action::PrintConfig)));
    }

    #[test]
    fn list_is_given_as_an_array_or_a_text() {
        for file in [
            "trusted-proxy = [\"127.0.0.1\", \"10.0.0.0/8\"]",
            "trusted-proxy = \"127.0.0.1,10.0.0.0/8\"",
        ] {
            let given = with(file, &[]).unwrap();
            assert_eq!(given.cli.config.trusted_proxy.len(), 2);
            let again = with(&given.to_toml(), &[]).unwrap();
            assert_eq!(
                again.cli.config.trusted_proxy,
                given.cli.config.trusted_proxy
            );
            // A flag replaces the whole list.
            let given = with(file, &["--trusted-proxy", "::1"]).unwrap();
            assert_eq!(given.cli.config.trusted_proxy.len(), 1);
        }
        for file in ["trusted-proxy = [1]", "listen = [\"127.0.0.1:9\"]"] {
            assert!(with(file, &[]).is_err(), "{file}");
        }
    }

    #[test]
    fn mistake_in_the_file_is_named_with_its_line_and_key() {
        for (file, said) in [
            (
                "\n\nlisen = \"x\"",
                "atsi.toml, line 3: there is no option lisen",
            ),
            ("config = \"x\"", "line 1: there is no option config"),
            ("a = 1\nb = ", "line 2: this is not TOML"),
            (
                "listen = true",
                "line 1: the value of listen must be a text in quotes or a whole number",
            ),
            (
                "listen = \"here\"",
                "the value of listen cannot be used: it must be an address and a port",
            ),
            (
                "greenhouse-rate = 0",
                "the value of greenhouse-rate cannot be used: 0 is not in 1..=100",
            ),
            (
                "keep-idempotency-keys = 23",
                "the value of keep-idempotency-keys cannot be used: 23 is not",
            ),
            (
                "log-format = \"xml\"",
                "the value of log-format cannot be used: it must be one of text, json",
            ),
        ] {
            let error = with(file, &[]).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        let error = with("greenhouse-url = \"http://192.0.2.1/\"", &[]).unwrap_err();
        assert!(error.contains("use https"), "{error}");
    }

    #[test]
    fn printed_configuration_is_read_back_and_has_no_password() {
        let url = "postgres://atsi:hush@db.example/atsi?password=hush&sslmode=require";
        let given = with(
            "keep-refused = 5",
            &[
                "--database-url",
                url,
                "--log-format",
                "json",
                "--smtp-url",
                "smtps://atsi:hush@mail.example",
            ],
        )
        .unwrap();
        let printed = given.to_toml();
        assert!(!printed.contains("hush"), "{printed}");
        assert!(printed.contains("sslmode=require"), "{printed}");
        assert!(printed.contains("smtps://atsi@mail.example"), "{printed}");
        let again = with(&printed, &[]).unwrap();
        assert_eq!(again.to_toml(), printed);
        assert_eq!(again.cli.config.keep_refused, 5);
    }
}

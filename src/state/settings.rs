//! What survives a restart of the browser, besides the sends: nothing secret.

use super::notifications::Notifications;
use crate::page::address::Address;
use atsi_protocol::Connection;
use serde::{Deserialize, Serialize};

pub const DEFAULT_PROXY: &str = "http://127.0.0.1:8787";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The proxy's address, without a trailing slash.
    pub proxy: String,
    /// What the proxy last said of the company's connection.
    pub connection: Option<Connection>,
    /// The number of the last change that is known.
    pub after: Option<u64>,
    /// What the browser notifies this person of; none: nothing.
    pub notifications: Option<Box<Notifications>>,
    /// The company that the sends on this disk belong to; none in personal mode.
    pub company: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            proxy: DEFAULT_PROXY.to_owned(),
            connection: None,
            after: None,
            notifications: None,
            company: None,
        }
    }
}

/// Returns whether a session of the company `theirs` may be used for sends of the company `own`. A company
/// that is not known yet fits any.
#[must_use]
pub fn belongs_to_company(own: Option<&String>, theirs: Option<&String>) -> bool {
    own.is_none() || theirs.is_none() || own == theirs
}

/// Why a text cannot be a proxy's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyAddressError {
    NoWebAddress,
    /// On another computer, requests need `https`.
    NotEncrypted,
    /// It has a path or a query.
    HasPath,
}

/// Reads a proxy's address: `https`, or `http` on this machine.
///
/// # Errors
/// When requests must not go to this address.
pub fn proxy_address(text: &str) -> Result<String, ProxyAddressError> {
    let address = Address::parse(text).ok_or(ProxyAddressError::NoWebAddress)?;
    let is_loopback = ["127.0.0.1", "localhost", "[::1]"].contains(&address.host.as_str());
    if address.origin.starts_with("http://") && !is_loopback {
        return Err(ProxyAddressError::NotEncrypted);
    }
    if address.path != "/" || !address.query.is_empty() {
        return Err(ProxyAddressError::HasPath);
    }
    Ok(address.origin)
}

impl ProxyAddressError {
    /// What to enter instead, for the person.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoWebAddress => say!(
                "The proxy address must begin with https:// (or http:// for a proxy on this computer)."
            ),
            Self::NotEncrypted => say!(
                "A proxy on another computer needs an https:// address, so that the connection is encrypted."
            ),
            Self::HasPath => say!(
                "The proxy address ends after the host and port, such as https://atsi.example.com."
            ),
        }
    }
}

#[cfg(test)]
mod tests;

//! TLS, if the proxy speaks it itself.

use crate::{config::Config, startup::StartError};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use std::{io, path::PathBuf};

/// A certificate and its key, from their files.
pub struct Tls {
    cert: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
}

impl Tls {
    /// Reads the files of the configuration; `None` if it names no certificate. A TLS provider for rustls
    /// must have been installed.
    ///
    /// # Errors
    /// A sentence that names the files.
    pub async fn read(config: &Config) -> Result<Option<Self>, StartError> {
        let (Some(cert), Some(key)) = (config.tls_cert.clone(), config.tls_key.clone()) else {
            return Ok(None);
        };
        let config = RustlsConfig::from_pem_file(&cert, &key)
            .await
            .map_err(|error| unusable(&cert, &key, &error))?;
        Ok(Some(Self { cert, key, config }))
    }

    /// Reads the files again, for the connections that follow.
    ///
    /// # Errors
    /// A sentence that names the files; the earlier certificate stays in use.
    pub async fn reload(&self) -> Result<(), StartError> {
        self.config
            .reload_from_pem_file(&self.cert, &self.key)
            .await
            .map_err(|error| unusable(&self.cert, &self.key, &error))
    }

    pub fn acceptor(&self) -> RustlsAcceptor {
        RustlsAcceptor::new(self.config.clone())
    }
}

fn unusable(cert: &std::path::Path, key: &std::path::Path, error: &io::Error) -> StartError {
    StartError::Refused(format!(
        "The certificate {} and the key {} cannot be used together: {error}. Both must be PEM, the \
         key without a password and made for this certificate.",
        cert.display(),
        key.display()
    ))
}

//! The two listeners, and the stand-in for each host name.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::response::{IntoResponse, Response};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tower::ServiceExt;

use crate::connection_cutter::CuttableAcceptor;
use crate::greenhouse::error::ApiError;
use crate::web::{greenhouse, jopwell};
use crate::world::Sandbox;
use crate::{control, mailbox, receiver};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    Jopwell,
    GreenhouseApp,
    GreenhouseApi,
    JobBoardApi,
}

/// Subdomains of greenhouse.io that are not the Recruiting web app.
const NOT_THE_APP: [&str; 6] = [
    "boards",
    "job-boards",
    "boards-api",
    "api",
    "harvest",
    "onboarding",
];

impl Site {
    pub fn of(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        match host.as_str() {
            "jopwell.com" | "www.jopwell.com" => return Some(Self::Jopwell),
            "api.greenhouse.io" => return Some(Self::GreenhouseApi),
            "boards-api.greenhouse.io" => return Some(Self::JobBoardApi),
            "app.eu.greenhouse.io" | "s101.recruiting.eu.greenhouse.io" => {
                return Some(Self::GreenhouseApp);
            }
            _ => {}
        }
        let company = host.strip_suffix(".greenhouse.io")?;
        (!company.is_empty() && !company.contains('.') && !NOT_THE_APP.contains(&company))
            .then_some(Self::GreenhouseApp)
    }
}

/// The request's host without its port, from HTTP/2's authority or the Host header.
pub fn host_of(request: &Request) -> String {
    let host = request
        .uri()
        .host()
        .or_else(|| request.headers().get(HOST)?.to_str().ok())
        .unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
    .to_ascii_lowercase()
}

/// Everything behind https, by host name.
pub fn https_router(sandbox: Arc<Sandbox>) -> Router {
    let jopwell = jopwell::pages::router(Arc::clone(&sandbox));
    let app = greenhouse::pages::router(Arc::clone(&sandbox));
    let api = greenhouse::api::partner_router(Arc::clone(&sandbox))
        .fallback(|| async { ApiError::new(404, "Not found.") });
    let board = greenhouse::api::board_router(Arc::clone(&sandbox));
    Router::new().fallback(move |request: Request| {
        let host = host_of(&request);
        let router = match Site::of(&host) {
            _ if sandbox.has_raw_page(&host, request.uri().path()) => None,
            Some(Site::Jopwell) => Some(jopwell.clone()),
            Some(Site::GreenhouseApp) => Some(app.clone()),
            Some(Site::GreenhouseApi) => Some(api.clone()),
            Some(Site::JobBoardApi) => Some(board.clone()),
            None => None,
        };
        let sandbox = Arc::clone(&sandbox);
        async move {
            match router {
                Some(router) => router.oneshot(request).await.into_response(),
                None => sandbox
                    .raw_page(&host, request.uri().path())
                    .unwrap_or_else(|| {
                        (
                            StatusCode::MISDIRECTED_REQUEST,
                            "The sandbox does not stand in for this host.\n",
                        )
                            .into_response()
                    }),
            }
        }
    })
}

/// Everything behind plain http: the APIs, the control API and a page that explains them.
pub fn http_router(sandbox: Arc<Sandbox>) -> Router {
    greenhouse::api::partner_router(Arc::clone(&sandbox))
        .merge(greenhouse::api::board_router(Arc::clone(&sandbox)))
        .merge(mailbox::router(Arc::clone(&sandbox)))
        .merge(receiver::router(Arc::clone(&sandbox)))
        .merge(control::router(sandbox))
        .layer(axum::middleware::from_fn(loopback_name_only))
}

/// A web page must not reach the control API through a name of its own that points here (DNS rebinding).
async fn loopback_name_only(request: Request, next: axum::middleware::Next) -> Response {
    match host_of(&request).as_str() {
        "127.0.0.1" | "localhost" | "[::1]" => next.run(request).await,
        _ => (
            StatusCode::MISDIRECTED_REQUEST,
            "Use a loopback address or localhost.\n",
        )
            .into_response(),
    }
}

/// A self-signed certificate for every host name the sandbox stands in for.
fn certificate() -> io::Result<RustlsConfig> {
    let names = [
        "jopwell.com",
        "www.jopwell.com",
        "*.greenhouse.io",
        "*.eu.greenhouse.io",
        "*.recruiting.eu.greenhouse.io",
        "localhost",
        "127.0.0.1",
    ]
    .map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

pub type Handle = axum_server::Handle<SocketAddr>;

/// Both listeners, serving until their handle says stop. Returns (https task, http task).
pub fn serve(
    sandbox: &Arc<Sandbox>,
    https: TcpListener,
    http: TcpListener,
    handle: &Handle,
) -> io::Result<[tokio::task::JoinHandle<io::Result<()>>; 2]> {
    let tls = RustlsAcceptor::new(certificate()?).acceptor(CuttableAcceptor);
    let https = axum_server::from_tcp(https)?
        .handle(handle.clone())
        .acceptor(tls)
        .serve(https_router(Arc::clone(sandbox)).into_make_service());
    let http = axum_server::from_tcp(http)?
        .handle(handle.clone())
        .acceptor(CuttableAcceptor)
        .serve(http_router(Arc::clone(sandbox)).into_make_service());
    Ok([tokio::spawn(https), tokio::spawn(http)])
}

/// How long open connections get to end after a stop.
pub const GRACE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for app in [
            "app.greenhouse.io",
            "app2.greenhouse.io",
            "app5.greenhouse.io",
            "app.eu.greenhouse.io",
            "s101.recruiting.eu.greenhouse.io",
            "Hartwell.greenhouse.io",
        ] {
            assert_eq!(Site::of(app), Some(Site::GreenhouseApp), "{app}");
        }
        for other in [
            "boards.greenhouse.io",
            "job-boards.greenhouse.io",
            "harvest.greenhouse.io",
            "onboarding.greenhouse.io",
            "a.b.greenhouse.io",
            "greenhouse.io",
            "greenhouse.io.example",
            "help.jopwell.com",
            "evil-jopwell.com",
            "",
        ] {
            assert_eq!(Site::of(other), None, "{other}");
        }
        assert_eq!(Site::of("api.greenhouse.io"), Some(Site::GreenhouseApi));
        assert_eq!(Site::of("jopwell.com"), Some(Site::Jopwell));
    }
}

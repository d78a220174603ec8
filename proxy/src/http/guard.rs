//! Who may talk to a proxy: browser extensions and programs, and no web page. In personal mode they are
//! on this machine; in company mode a token says who they are.
//!
//! A page can make a browser send requests to loopback. Three things give it away: the `Origin` it
//! cannot leave out of anything but a plain GET, the `Sec-Fetch-Site` it cannot change, and, where
//! its own name was made to point here (DNS rebinding), the `Host`.

use super::{App, forwarded::Asker, problems::ApiError};
use atsi_protocol::{IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, ProblemCode};
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{net::SocketAddr, sync::Arc};
use url::Url;

const EXTENSION_SCHEMES: [&str; 2] = ["chrome-extension://", "moz-extension://"];
const PRIVATE_NETWORK_REQUEST: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const PRIVATE_NETWORK_ALLOW: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");
/// How long a browser may remember the answer to a preflight, in seconds.
const REMEMBER_PREFLIGHT: &str = "600";

/// The names under which this proxy answers.
pub struct Guard {
    hosts: Vec<String>,
    /// The name under which others reach it: in personal mode for web hooks, and for nothing else.
    public_host: Option<String>,
    has_accounts: bool,
}

/// Where web hooks arrive, which carry a signature, and where Greenhouse fetches a file by a name that
/// nobody can guess. They come from no browser.
const PUBLIC: [&str; 2] = ["/hooks/", "/r/"];
/// What people open in a browser without the extension, in company mode. A link to it may stand anywhere;
/// its form comes from its own origin.
fn is_page(uri: &Uri) -> bool {
    let path = uri.path();
    matches!(path, "/join" | "/page.css") || path.starts_with("/connect/")
}

/// Whoever forwards a request says so in one of these.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "via"];

impl Guard {
    /// `default_port`: the one that an address of ours need not name.
    pub fn new(
        address: SocketAddr,
        default_port: u16,
        public_url: Option<&Url>,
        has_accounts: bool,
    ) -> Self {
        let port = address.port();
        let names = [
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "[::1]".to_owned(),
        ];
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        hosts.push(address.to_string());
        if port == default_port {
            hosts.extend(names);
        }
        let public_host = public_url.and_then(|url| {
            let host = url.host_str()?;
            Some(match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            })
        });
        Self {
            hosts,
            public_host,
            has_accounts,
        }
    }

    /// Whether the request is addressed to this proxy: by its `Host`, and by the address in the
    /// request line where that is a whole one; or by what a trusted proxy says in their stead.
    fn is_own_host(&self, uri: &Uri, headers: &HeaderMap, forwarded: Option<&str>) -> bool {
        let public = (self.public_host.as_ref()).filter(|_| self.has_accounts || is_hook(uri));
        let own = |host: &str| {
            (self.hosts.iter().chain(public)).any(|own| own.eq_ignore_ascii_case(host))
        };
        if let Some(host) = forwarded {
            return own(host);
        }
        let in_line = uri.authority().map(|authority| own(authority.as_str()));
        let mut in_headers = headers
            .get_all(header::HOST)
            .iter()
            .map(|host| host.to_str().is_ok_and(own));
        match (in_line, in_headers.next(), in_headers.next()) {
            (_, _, Some(_)) | (None, None, None) => false,
            (in_line, in_header, None) => in_line.unwrap_or(true) && in_header.unwrap_or(true),
        }
    }
}

impl Guard {
    /// Whether a browser says that the request comes from a page of this very host's.
    fn is_own_form(&self, headers: &HeaderMap, forwarded: Option<&str>) -> bool {
        let text = |name: HeaderName| {
            let mut values = headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (Some(value), None) => value.to_str().ok(),
                _ => None,
            }
        };
        let asked_for = forwarded.or_else(|| text(header::HOST));
        let authority = text(header::ORIGIN).and_then(|origin| {
            let by_http = ["https://", "http://"].iter();
            by_http
                .copied()
                .find_map(|scheme| origin.strip_prefix(scheme))
        });
        let is_own = match (authority, asked_for) {
            (Some(authority), Some(host)) => authority.eq_ignore_ascii_case(host),
            _ => false,
        };
        is_own && (headers.get_all("sec-fetch-site").iter()).all(|site| site == "same-origin")
    }
}

fn is_hook(uri: &Uri) -> bool {
    PUBLIC.iter().any(|start| uri.path().starts_with(start))
}

/// The origin of an extension, or why the request is none of an extension's or a program's.
fn extension_origin(headers: &HeaderMap) -> Result<Option<HeaderValue>, ProblemCode> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) if is_extension(origin) => Ok(Some(origin.clone())),
        (Some(_), _) => Err(ProblemCode::OriginRefused),
        (None, _) => {
            // A program sends no such header. Chromium says `none` of an extension's GET, and
            // Firefox `same-origin`. No page can make a browser say either of a request to us: we
            // serve none that could, and one that only looks like ours has another `Host`.
            let by_no_page = (headers.get_all("sec-fetch-site").iter())
                .all(|site| site == "none" || site == "same-origin");
            if by_no_page {
                Ok(None)
            } else {
                Err(ProblemCode::OriginRefused)
            }
        }
    }
}

fn is_extension(origin: &HeaderValue) -> bool {
    origin.to_str().is_ok_and(|origin| {
        EXTENSION_SCHEMES.iter().any(|scheme| {
            origin.strip_prefix(scheme).is_some_and(|id| {
                !id.is_empty()
                    && id
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
        })
    })
}

pub async fn guard(
    State(app): State<Arc<App>>,
    Extension(asker): Extension<Asker>,
    request: Request,
    next: Next,
) -> Response {
    let forwarded = asker.host.as_deref();
    if !(app.guard).is_own_host(request.uri(), request.headers(), forwarded) {
        return ApiError::from(ProblemCode::HostRefused).into_response();
    }
    if is_hook(request.uri()) {
        return next.run(request).await;
    }
    // A reverse proxy in front is there for web hooks. Without accounts nobody else's request may
    // come through it, whatever it made of the `Host`.
    let is_forwarded = (FORWARDED.iter()).any(|name| request.headers().contains_key(*name));
    if is_forwarded && !app.guard.has_accounts {
        return ApiError::from(ProblemCode::HostRefused).into_response();
    }
    // Monitoring may come from anywhere on this machine, and learns nothing.
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return next.run(request).await;
    }
    if app.guard.has_accounts && is_page(request.uri()) {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let headers = request.headers();
        if !reads && !app.guard.is_own_form(headers, forwarded) {
            return ApiError::from(ProblemCode::OriginRefused).into_response();
        }
        return next.run(request).await;
    }
    let origin = match extension_origin(request.headers()) {
        Ok(origin) => origin,
        Err(code) => return ApiError::from(code).into_response(),
    };
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let asks_for_loopback = request.headers().contains_key(PRIVATE_NETWORK_REQUEST);
    let mut response = match &origin {
        Some(_) if is_preflight => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let Some(origin) = origin else {
        return response;
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    if is_preflight {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, DELETE"),
        );
        let mut allowed = format!("{}, {IDEMPOTENCY_KEY}", header::CONTENT_TYPE);
        if app.guard.has_accounts {
            allowed = format!("{allowed}, {}", header::AUTHORIZATION);
        }
        if let Ok(allowed) = HeaderValue::from_str(&allowed) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static(REMEMBER_PREFLIGHT),
        );
        if asks_for_loopback {
            headers.insert(PRIVATE_NETWORK_ALLOW, HeaderValue::from_static("true"));
        }
    } else {
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(IDEMPOTENT_REPLAYED),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|&(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn is_own(uri: &'static str, hosts: &[&'static str]) -> bool {
        is_own_in(false, uri, hosts)
    }

    fn is_own_in(has_accounts: bool, uri: &'static str, hosts: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_static(host));
        }
        Guard::new(
            "127.0.0.1:8787".parse().unwrap(),
            80,
            Some(&Url::parse("https://atsi.kiln.example/").unwrap()),
            has_accounts,
        )
        .is_own_host(&Uri::from_static(uri), &headers, None)
    }

    #[test]
    fn only_own_names_are_answered() {
        for host in [
            "127.0.0.1:8787",
            "localhost:8787",
            "LocalHost:8787",
            "[::1]:8787",
        ] {
            assert!(is_own("/v1/sends", &[host]), "{host}");
        }
        for host in [
            "evil.example:8787",
            "evil.example",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost.evil.example:8787",
            "",
        ] {
            assert!(!is_own("/v1/sends", &[host]), "{host}");
        }
        // The public name is for web hooks alone.
        assert!(is_own("/hooks/greenhouse/x", &["atsi.kiln.example"]));
        assert!(!is_own("/v1/sends", &["atsi.kiln.example"]));
        // Unless people sign in.
        assert!(is_own_in(true, "/v1/sends", &["atsi.kiln.example"]));
        assert!(!is_own_in(true, "/v1/sends", &["evil.example"]));
        assert!(!is_own("/hooks/greenhouse/x", &["evil.example"]));
        assert!(!is_own("/v1/sends", &[]));
        assert!(!is_own("/v1/sends", &["127.0.0.1:8787", "127.0.0.1:8787"]));
        assert!(!is_own("http://evil.example/", &["127.0.0.1:8787"]));
        assert!(!is_own("http://127.0.0.1:8787/", &["evil.example"]));
        assert!(is_own("http://127.0.0.1:8787/", &["127.0.0.1:8787"]));
    }

    #[test]
    fn a_form_comes_from_a_page_of_the_same_host() {
        let guard = Guard::new("127.0.0.1:8787".parse().unwrap(), 80, None, true);
        let own = |pairs: &[(&'static str, &'static str)]| guard.is_own_form(&headers(pairs), None);
        let host = ("host", "atsi.kiln.example");
        assert!(own(&[host, ("origin", "https://atsi.kiln.example")]));
        assert!(own(&[
            host,
            ("origin", "https://atsi.kiln.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        for bad in [
            &[host][..],
            &[host, ("origin", "null")],
            &[host, ("origin", "https://evil.example")],
            &[host, ("origin", "https://atsi.kiln.example.evil.example")],
            &[host, ("origin", "chrome-extension://atsi.kiln.example")],
            &[
                host,
                ("origin", "https://atsi.kiln.example"),
                ("sec-fetch-site", "cross-site"),
            ],
        ] {
            assert!(!own(bad), "{bad:?}");
        }
    }

    #[test]
    fn extensions_and_programs_pass_and_pages_do_not() {
        for good in [
            &[(
                "origin",
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            )][..],
            &[
                (
                    "origin",
                    "moz-extension://0d1f9c86-3a1e-4c0e-9a39-2f4e1f4e7b61",
                ),
                ("sec-fetch-site", "cross-site"),
            ],
            &[("sec-fetch-site", "none")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-mode", "cors"),
            ],
            &[],
        ] {
            assert!(extension_origin(&headers(good)).is_ok(), "{good:?}");
        }
        for bad in [
            &[("origin", "https://www.jopwell.com")][..],
            &[("origin", "null")],
            &[("origin", "http://127.0.0.1:8787")],
            &[("origin", "chrome-extension://")],
            &[("origin", "chrome-extension://abc.evil.example")],
            &[("origin", "https://evil.example/chrome-extension://abc")],
            &[
                ("origin", "chrome-extension://abc"),
                ("origin", "https://evil.example"),
            ],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")],
        ] {
            let mut map = HeaderMap::new();
            for &(name, value) in bad {
                map.append(
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                );
            }
            assert!(extension_origin(&map).is_err(), "{bad:?}");
        }
    }
}

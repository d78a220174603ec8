//! Refuses requests of web pages: only browser extensions and programs may talk to a proxy. In personal
//! mode they run on this machine; in company mode a token identifies them.
//!
//! A page can make a browser send requests to loopback. Three headers reveal it: the `Origin`, which it
//! cannot omit except in a plain GET, the `Sec-Fetch-Site`, which it cannot change, and, if its own name
//! points here (DNS rebinding), the `Host`.

use super::forwarded::Client;
use atsi_protocol::ProblemCode;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, request::Parts};
use std::net::SocketAddr;
use url::Url;

const EXTENSION_SCHEMES: [&str; 2] = ["chrome-extension://", "moz-extension://"];
/// The host names of this proxy, and who may use them.
pub struct Guard {
    hosts: Vec<String>,
    /// The public host name: in personal mode for webhooks only.
    public_host: Option<String>,
    has_accounts: bool,
}

/// Paths that no browser asks for: webhooks arrive signed, and Greenhouse fetches files under names that
/// cannot be guessed.
const PUBLIC: [&str; 2] = ["/hooks/", "/r/"];

/// Whether it is a page that people open in a browser without the extension, in company mode. A link to it
/// can be anywhere; its form comes from its own origin.
fn is_page(uri: &Uri) -> bool {
    let path = uri.path();
    matches!(path, "/join" | "/page.css") || path.starts_with("/connect/")
}

/// A reverse proxy adds one of these.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "via"];

impl Guard {
    /// `default_port`: the port that an address of this proxy may omit.
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

    /// Decides about a request before its handler sees it.
    ///
    /// # Errors
    /// The problem to answer with.
    pub fn check(&self, request: &Parts, client: &Client) -> Result<(), ProblemCode> {
        let (uri, headers, forwarded) = (&request.uri, &request.headers, client.host.as_deref());
        if !self.is_own_host(uri, headers, forwarded) {
            return Err(ProblemCode::HostRefused);
        }
        if is_hook(uri) {
            return Ok(());
        }
        // In personal mode a reverse proxy is there for webhooks only. Nobody else's request may come
        // through it, whatever it made of the `Host`.
        let is_forwarded = (FORWARDED.iter()).any(|name| headers.contains_key(*name));
        if is_forwarded && !self.has_accounts {
            return Err(ProblemCode::HostRefused);
        }
        // Monitoring may come from anywhere on this machine, and learns nothing.
        if matches!(uri.path(), "/healthz" | "/readyz") {
            return Ok(());
        }
        if self.has_accounts && is_page(uri) {
            let reads = matches!(request.method, Method::GET | Method::HEAD);
            return if reads || self.is_own_form(headers, forwarded) {
                Ok(())
            } else {
                Err(ProblemCode::OriginRefused)
            };
        }
        check_origin(headers)
    }

    /// Whether a request is addressed to this proxy: by its `Host`, and by the address in the request line if
    /// that is absolute; or by the host that a trusted reverse proxy names instead.
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

    /// Whether a browser says that the request comes from a page of the same host.
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

/// Checks that the request comes from an extension or a program.
fn check_origin(headers: &HeaderMap) -> Result<(), ProblemCode> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) if is_extension(origin) => Ok(()),
        (Some(_), _) => Err(ProblemCode::OriginRefused),
        (None, _) => {
            // A program sends no such header. For an extension's GET, Chromium sends `none` and Firefox
            // `same-origin`. No page can make a browser send either to us: we serve no page that
            // could, and a page of another server has another `Host`.
            let is_from_no_page = (headers.get_all("sec-fetch-site").iter())
                .all(|site| site == "none" || site == "same-origin");
            if is_from_no_page {
                Ok(())
            } else {
                Err(ProblemCode::OriginRefused)
            }
        }
    }
}

/// Whether an origin is that of a browser extension.
pub fn is_extension(origin: &HeaderValue) -> bool {
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
    fn request_for_another_host_is_not_ours() {
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
        // The public name is for webhooks only.
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
    fn form_of_another_host_is_not_ours() {
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
    fn origin_of_a_page_is_refused_and_that_of_an_extension_passes() {
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
            assert!(check_origin(&headers(good)).is_ok(), "{good:?}");
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
            assert!(check_origin(&map).is_err(), "{bad:?}");
        }
    }
}

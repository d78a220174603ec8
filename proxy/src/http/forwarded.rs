//! The client of a request, as far as it can be trusted.
//!
//! Anyone can write `X-Forwarded-…`, so it counts only if the operator named the sender as a reverse
//! proxy.

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client of a request, and the host and scheme that it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub address: IpAddr,
    /// From a trusted proxy only; replaces `Host`.
    pub host: Option<String>,
    /// `http` or `https`, from a trusted proxy only.
    pub scheme: Option<&'static str>,
}

impl Client {
    /// Whether it is a program on this machine, without a proxy in between.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.address.is_loopback() && self.host.is_none() && self.scheme.is_none()
    }
}

/// Finds the client of a request that `peer` sends.
#[must_use]
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Client {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut address = peer.to_canonical();
    if !is_trusted(address) {
        return Client {
            address,
            host: None,
            scheme: None,
        };
    }
    // Each proxy appends the address it saw. The addresses count as long as our own proxies added them.
    for hop in listed(headers, &FOR).into_iter().rev() {
        let Some(hop) = ip(&hop) else { break };
        address = hop.to_canonical();
        if !is_trusted(address) {
            break;
        }
    }
    let scheme = match listed(headers, &PROTO).last().map(String::as_str) {
        Some("https") => Some("https"),
        Some("http") => Some("http"),
        _ => None,
    };
    Client {
        address,
        // A host that cannot be read is not ours, and must not fall back to `Host`.
        host: headers
            .contains_key(HOST)
            .then(|| listed(headers, &HOST).pop().unwrap_or_default()),
        scheme,
    }
}

/// Returns the elements of a header that may occur several times, in order.
fn listed(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(|element| element.trim().to_owned())
        .collect()
}

fn ip(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    text.parse().ok().or_else(bare).or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, pairs: &[(&'static str, &str)]) -> (String, Option<String>) {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let trusted = [
            "127.0.0.1/32".parse().unwrap(),
            "10.0.0.0/8".parse().unwrap(),
        ];
        let client = client(peer.parse().unwrap(), &headers, &trusted);
        (client.address.to_string(), client.host)
    }

    #[test]
    fn header_of_a_stranger_is_ignored() {
        let lies = [
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-host", "atsi.kiln.example"),
        ];
        assert_eq!(seen("192.0.2.7", &lies), ("192.0.2.7".to_owned(), None));
        assert_eq!(seen("::1", &lies), ("::1".to_owned(), None));
    }

    #[test]
    fn last_address_that_is_not_our_proxy_is_the_client() {
        for (list, address) in [
            ("192.0.2.7", "192.0.2.7"),
            // The client wrote the earlier ones itself.
            ("127.0.0.1, 192.0.2.7", "192.0.2.7"),
            ("198.51.100.1, 192.0.2.7, 10.1.1.1", "192.0.2.7"),
            ("192.0.2.7:4711", "192.0.2.7"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("192.0.2.7, unknown", "127.0.0.1"),
            ("10.0.0.2, 10.0.0.1", "10.0.0.2"),
            ("", "127.0.0.1"),
        ] {
            let pairs = [("x-forwarded-for", list)];
            assert_eq!(seen("127.0.0.1", &pairs).0, address, "{list}");
        }
        // The same in several headers.
        let pairs = [
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-for", "192.0.2.7"),
        ];
        assert_eq!(seen("::ffff:127.0.0.1", &pairs).0, "192.0.2.7");
    }

    #[test]
    fn nearest_proxy_names_the_host() {
        let host = |pairs: &[(&'static str, &str)]| seen("10.9.9.9", pairs).1;
        let ours = Some("atsi.kiln.example".to_owned());
        assert_eq!(host(&[("x-forwarded-host", "atsi.kiln.example")]), ours);
        assert_eq!(
            host(&[("x-forwarded-host", "evil.example, atsi.kiln.example")]),
            ours
        );
        assert_eq!(host(&[("host", "atsi.kiln.example")]), None);
        assert_eq!(host(&[("x-forwarded-host", "")]), Some(String::new()));
    }
}

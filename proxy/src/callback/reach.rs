//! The addresses that a company may have its changes delivered to. The company chooses them, so they must
//! not lead into the operator's own network.

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    io,
    net::{IpAddr, SocketAddr},
};
use url::{Host, Url};

const MAX_CHARS: usize = 2_000;

/// Networks outside of the public internet, or that embed addresses which may be. Source: IANA's
/// special-purpose address registries.
const NOT_PUBLIC: [&str; 29] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/3",
    "4000::/2",
    "8000::/1",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "64:ff9b::/96",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// The addresses that may be reached.
#[derive(Clone, Debug)]
pub struct Reach {
    forbidden: Vec<IpNet>,
    /// The operator allows every network.
    private: bool,
}

/// The reason for which an address is refused: a sentence for the admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackAddressError {
    #[error(
        "This is not a web address, or it is too long. Enter an address that begins with https://."
    )]
    NotAnAddress,
    #[error("It must begin with https://.")]
    NotHttps,
    #[error(
        "Leave out the user name, the password and the fragment (#…). Deliveries are signed instead."
    )]
    Extras,
    #[error(
        "This address is not on the public internet. Whoever runs the proxy can allow it with --callback-to-private."
    )]
    Private,
}

impl Reach {
    #[must_use]
    pub fn new(private: bool) -> Self {
        let forbidden = NOT_PUBLIC.iter().filter_map(|net| net.parse().ok());
        Self {
            forbidden: forbidden.collect(),
            private,
        }
    }

    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        // An IPv4 address mapped into IPv6 counts as the IPv4 address.
        let address = address.to_canonical();
        self.private || !self.forbidden.iter().any(|net| net.contains(&address))
    }

    /// Checks an address that an admin entered. A name is resolved, and its addresses are checked, at each
    /// connection; see [`Resolve`].
    ///
    /// # Errors
    /// See [`CallbackAddressError`].
    pub fn check(&self, text: &str) -> Result<Url, CallbackAddressError> {
        let url = Url::parse(text.trim())
            .ok()
            .filter(|_| text.len() <= MAX_CHARS);
        let url = url.ok_or(CallbackAddressError::NotAnAddress)?;
        let host = url.host().ok_or(CallbackAddressError::NotAnAddress)?;
        let address = match host {
            Host::Domain(name) if name == "localhost" || name.ends_with(".localhost") => {
                Some(IpAddr::from([127, 0, 0, 1]))
            }
            Host::Domain(_) => None,
            Host::Ipv4(ip) => Some(ip.into()),
            Host::Ipv6(ip) => Some(ip.into()),
        };
        let is_loopback = address.is_some_and(|ip| ip.to_canonical().is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if is_loopback && self.private => {}
            "http" => return Err(CallbackAddressError::NotHttps),
            _ => return Err(CallbackAddressError::NotAnAddress),
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(CallbackAddressError::Extras);
        }
        if address.is_some_and(|address| !self.allows(address)) {
            return Err(CallbackAddressError::Private);
        }
        Ok(url)
    }
}

/// Connects to exactly the addresses that were checked: the name is not resolved a second time.
impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other("the name has no public address").into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_outside_the_public_internet_is_not_reached() {
        let reach = Reach::new(false);
        assert_eq!(reach.forbidden.len(), NOT_PUBLIC.len());
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.100.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.31.255.1",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!reach.allows(private.parse().unwrap()), "{private}");
            assert!(
                Reach::new(true).allows(private.parse().unwrap()),
                "{private}"
            );
        }
        for public in ["93.184.216.34", "172.32.0.1", "2606:2800:220:1::1"] {
            assert!(reach.allows(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn address_is_refused_unless_https_public_and_bare() {
        let (reach, inside) = (Reach::new(false), Reach::new(true));
        for (text, expected, of_operator) in [
            ("https://hooks.kiln.example/atsi?tenant=1", None, None),
            ("  https://93.184.216.34:8443/ ", None, None),
            (
                "http://hooks.kiln.example/",
                Some(CallbackAddressError::NotHttps),
                Some(CallbackAddressError::NotHttps),
            ),
            (
                "http://127.0.0.1:9/",
                Some(CallbackAddressError::NotHttps),
                None,
            ),
            (
                "https://127.0.0.1/",
                Some(CallbackAddressError::Private),
                None,
            ),
            (
                "https://localhost/",
                Some(CallbackAddressError::Private),
                None,
            ),
            (
                "https://a.localhost/",
                Some(CallbackAddressError::Private),
                None,
            ),
            // Other spellings of 127.0.0.1.
            (
                "https://2130706433/",
                Some(CallbackAddressError::Private),
                None,
            ),
            ("https://0x7f.1/", Some(CallbackAddressError::Private), None),
            (
                "https://[::ffff:7f00:1]/",
                Some(CallbackAddressError::Private),
                None,
            ),
            (
                "http://10.0.0.1/",
                Some(CallbackAddressError::NotHttps),
                Some(CallbackAddressError::NotHttps),
            ),
            (
                "https://a:b@kiln.example/",
                Some(CallbackAddressError::Extras),
                Some(CallbackAddressError::Extras),
            ),
            (
                "https://kiln.example/#a",
                Some(CallbackAddressError::Extras),
                Some(CallbackAddressError::Extras),
            ),
            (
                "file:///etc/passwd",
                Some(CallbackAddressError::NotAnAddress),
                Some(CallbackAddressError::NotAnAddress),
            ),
            (
                "kiln.example",
                Some(CallbackAddressError::NotAnAddress),
                Some(CallbackAddressError::NotAnAddress),
            ),
        ] {
            assert_eq!(reach.check(text).err(), expected, "{text}");
            assert_eq!(inside.check(text).err(), of_operator, "{text}");
        }
    }

    #[tokio::test]
    async fn name_of_this_machine_is_not_resolved() {
        let name = || "localhost".parse().unwrap();
        assert!(Reach::new(false).resolve(name()).await.is_err());
        assert!(Reach::new(true).resolve(name()).await.is_ok());
    }
}

//! A page's address in parts.
//!
//! It is given as the browser spells it (`location.href`, `a.href`), so it is absolute and already
//! normalised; the `url` crate would double the size of the core for nothing more.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Lower case, without a port.
    pub host: String,
    /// Scheme, host and port.
    pub origin: String,
    /// Begins with `/`; still percent-encoded.
    pub path: String,
    /// Without `?`; empty where there is none.
    pub query: String,
}

impl Address {
    /// None where it is not an absolute `http` or `https` address.
    #[must_use]
    pub fn parse(href: &str) -> Option<Self> {
        let (scheme, rest) = href.trim().split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "https" && scheme != "http" {
            return None;
        }
        let (rest, _fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = (rest.get(..end)?, rest.get(end..)?);
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        let host_and_port = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let host = match host_and_port.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => host_and_port,
        };
        if host.is_empty() {
            return None;
        }
        Some(Self {
            host: host.to_ascii_lowercase(),
            origin: format!("{scheme}://{}", host_and_port.to_ascii_lowercase()),
            path: if path.is_empty() {
                "/".to_owned()
            } else {
                path.to_owned()
            },
            query: query.to_owned(),
        })
    }

    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then_some(value)
        })
    }

    /// The path as an identity: percent-decoded, no doubled or trailing slash.
    #[must_use]
    pub fn normal_path(&self) -> String {
        let mut normal = String::with_capacity(self.path.len());
        for part in percent_decode(&self.path)
            .split('/')
            .filter(|part| !part.is_empty())
        {
            normal.push('/');
            normal.push_str(part);
        }
        if normal.is_empty() {
            "/".to_owned()
        } else {
            normal
        }
    }

    /// Whether the host is this domain or one below it.
    #[must_use]
    pub fn is_within(&self, domain: &str) -> bool {
        self.host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

/// Decodes `%xx`; text that is not UTF-8 afterwards stays as it was.
#[must_use]
pub fn percent_decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_comes_apart() {
        let address =
            Address::parse("https://App.greenhouse.io:8443/people/7?a=1&b=x#top").unwrap();
        assert_eq!(address.host, "app.greenhouse.io");
        assert_eq!(address.origin, "https://app.greenhouse.io:8443");
        assert_eq!(address.path, "/people/7");
        assert_eq!(address.query_value("b"), Some("x"));
        assert_eq!(address.query_value("c"), None);
    }

    #[test]
    fn what_is_no_web_page_is_none() {
        for href in [
            "",
            "about:blank",
            "javascript:alert(1)",
            "moz-extension://x/y",
            "https://",
            "/people/1",
        ] {
            assert_eq!(Address::parse(href), None, "{href}");
        }
    }

    #[test]
    fn one_page_has_one_path() {
        for href in [
            "https://www.jopwell.com/talent/jos%C3%A9",
            "https://jopwell.com//talent/jos%c3%a9/",
            "https://www.jopwell.com:8443/talent/josé?ref=search#about",
        ] {
            assert_eq!(
                Address::parse(href).unwrap().normal_path(),
                "/talent/josé",
                "{href}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".*") {
            let _ = Address::parse(&text);
            let _ = Address::parse(&format!("https://{text}")).map(|a| a.normal_path());
        }

        #[test]
        fn normal_paths_are_stable(path in "(/[a-zA-Z0-9é]{0,5}){0,4}") {
            let once = Address::parse(&format!("https://a.example{path}")).unwrap().normal_path();
            let twice = Address::parse(&format!("https://a.example{once}")).unwrap().normal_path();
            prop_assert_eq!(once, twice);
        }
    }
}

//! The address of the browser behind proxies.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::Extensions;
use http::HeaderMap;
use ipnet::IpNet;

/// Tells a browser's address: the socket's peer, or what trusted proxies say of it.
///
/// `X-Forwarded-For` is read from its right end and only while the one who wrote the entry is trusted, so a
/// browser cannot choose its own address.
#[derive(Clone, Debug, Default)]
pub struct ClientAddress {
    trusted_proxies: Vec<IpNet>,
}

impl ClientAddress {
    /// Takes the networks of the proxies that are believed.
    pub fn new(trusted_proxies: Vec<IpNet>) -> Self {
        Self { trusted_proxies }
    }

    /// Gives the address of a request whose server was started with `ConnectInfo<SocketAddr>`.
    pub fn of(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
        // Bytes, since a browser may send what is no text, and a proxy writes its entry behind that.
        let entries: Vec<&[u8]> = headers
            .get_all("x-forwarded-for")
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .collect();
        let mut address = peer;
        for entry in entries.into_iter().rev() {
            if !self.is_trusted(address) {
                break;
            }
            // What a trusted proxy could not write is nobody's address: its own is the last known.
            let Some(previous) = parse(entry) else { break };
            address = previous;
        }
        Some(address)
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}

fn parse(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let bare = entry.parse().or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()));
    bare.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted = trusted.iter().map(|text| text.parse().expect("a network")).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header");
            headers.append("x-forwarded-for", value);
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().expect("an address"), 4000)));
        ClientAddress::new(trusted).of(&headers, &extensions).expect("a peer").to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let proxies = ["10.0.0.0/8", "fd00::/8"];
        for (peer, forwarded, expected) in [
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["198.51.100.1:55"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4", "198.51.100.1, 10.0.0.7"], "198.51.100.1"),
            ("10.0.0.1", &["garbage"], "10.0.0.1"),
            ("10.0.0.1", &["é"], "10.0.0.1"),
            ("10.0.0.1", &["1.2.3.4", "é, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4", "198.51.100.1, é"], "10.0.0.1"),
            ("fd00::1", &["2001:db8::5"], "2001:db8::5"),
        ] {
            assert_eq!(address(peer, forwarded, &proxies), expected, "{peer} {forwarded:?}");
        }
        assert_eq!(address("10.0.0.1", &["198.51.100.1"], &[]), "10.0.0.1");
    }
}

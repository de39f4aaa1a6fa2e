//! The address of the browser behind proxies.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Once;

use axum::extract::ConnectInfo;
use http::Extensions;
use http::HeaderMap;
use ipnet::{IpNet, Ipv4Net};

/// Makes a missing peer address be logged only once.
static UNKNOWN: Once = Once::new();

/// Determines a browser's address: the peer of the connection, or what trusted proxies say.
///
/// `X-Forwarded-For` is read from its right end, and only as far as trusted proxies wrote the entries. So a browser
/// cannot choose its own address.
#[derive(Clone, Debug, Default)]
pub struct ClientAddress {
    trusted_proxies: Vec<IpNet>,
}

impl ClientAddress {
    /// Creates it from the networks of the trusted proxies.
    pub fn new(trusted_proxies: Vec<IpNet>) -> Self {
        Self { trusted_proxies: trusted_proxies.into_iter().map(canonical).collect() }
    }

    /// Returns the address of a request. The server must provide `ConnectInfo<SocketAddr>`; without it the result is
    /// `None`, which is logged once.
    pub fn of(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<SocketAddr>>() else {
            UNKNOWN.call_once(|| {
                tracing::warn!(
                    "client addresses are unknown and X-Forwarded-For is ignored: serve with \
                     into_make_service_with_connect_info::<SocketAddr>()"
                );
            });
            return None;
        };
        let peer = peer.ip().to_canonical();
        // Bytes, because a browser may send invalid text, and a proxy appends its entry to that. A list may
        // have empty elements, which are ignored (RFC 9110, 5.6.1).
        let entries: Vec<&[u8]> = headers
            .get_all("x-forwarded-for")
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|entry| !entry.is_empty())
            .collect();
        let mut address = peer;
        for entry in entries.into_iter().rev() {
            if !self.is_trusted(address) {
                break;
            }
            // An entry that cannot be read ends the walk, because the client may have written everything left
            // of it. The result is the last known address, that of the proxy that wrote this entry.
            let Some(previous) = parse(entry) else { break };
            address = previous;
        }
        Some(address)
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}

/// Reads the forms that proxies write: an address, alone or with a port, in brackets, in quotes (as in RFC
/// 7239, 6), with a zone.
fn parse(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?;
    let entry = entry.strip_prefix('"').and_then(|entry| entry.strip_suffix('"')).unwrap_or(entry).trim();
    let address = match entry.strip_prefix('[') {
        Some(bracketed) => {
            let (address, port) = bracketed.split_once(']')?;
            if !port.is_empty() {
                port.strip_prefix(':')?.parse::<u16>().ok()?;
            }
            address
        }
        None => match entry.split_once(':') {
            // An IPv6 address has more than one colon, and has a port only after brackets.
            Some((address, port)) if !port.contains(':') => {
                port.parse::<u16>().ok()?;
                address.parse::<Ipv4Addr>().ok()?;
                address
            }
            _ => entry,
        },
    };
    // The zone has a meaning only on the proxy.
    let (address, _zone) = address.split_once('%').unwrap_or((address, ""));
    address.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// Converts a network of IPv4-mapped IPv6 addresses to IPv4.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let mapped = match network {
        IpNet::V6(v6) => v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(MAPPED)),
        IpNet::V4(_) => None,
    };
    mapped.and_then(|(v4, length)| Ipv4Net::new(v4, length).ok()).map_or(network, IpNet::V4)
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
            // Every form that proxies write.
            ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
            ("10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["\"[2001:DB8::7]:4711\""], "2001:db8::7"),
            ("10.0.0.1", &["\"198.51.100.1\""], "198.51.100.1"),
            ("10.0.0.1", &["2001:db8::7%eth0"], "2001:db8::7"),
            ("10.0.0.1", &["[2001:db8::7%25eth0]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["::FFFF:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["[::ffff:c633:6401]:55"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, [fd00::7%3], \"10.0.0.7:80\""], "198.51.100.1"),
            // Empty elements are ignored.
            ("10.0.0.1", &["198.51.100.1,"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, , ", ""], "198.51.100.1"),
            ("10.0.0.1", &[""], "10.0.0.1"),
            // An unreadable entry ends the walk at the proxy that wrote it.
            ("10.0.0.1", &["1.2.3.4, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["1.2.3.4, unknown, 10.0.0.7"], "10.0.0.7"),
            ("10.0.0.1", &["1.2.3.4, \"\""], "10.0.0.1"),
            ("10.0.0.1", &["1.2.3.4, [198.51.100.1"], "10.0.0.1"),
            ("10.0.0.1", &["1.2.3.4, [2001:db8::7]x"], "10.0.0.1"),
            ("10.0.0.1", &["1.2.3.4, 198.51.100.1:port"], "10.0.0.1"),
            ("10.0.0.1", &["1.2.3.4, 198.51.100.1:99999"], "10.0.0.1"),
            ("10.0.0.1", &["1.2.3.4, 2001:db8::7::"], "10.0.0.1"),
        ] {
            assert_eq!(address(peer, forwarded, &proxies), expected, "{peer} {forwarded:?}");
        }
        assert_eq!(address("10.0.0.1", &["198.51.100.1"], &[]), "10.0.0.1");
        let mapped = ["::ffff:10.0.0.0/104"];
        assert_eq!(address("10.0.0.1", &["198.51.100.1"], &mapped), "198.51.100.1");
        assert_eq!(address("11.0.0.1", &["198.51.100.1"], &mapped), "11.0.0.1");
    }
}

//! Which addresses count as one client.

use std::net::{IpAddr, Ipv6Addr};

/// What limits count as one client: an IPv4 address, also if it is written as an IPv6 one, or an IPv6 /64.
///
/// It is not a /24 of IPv4, because neighbours at a provider are unrelated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
            v4 => v4,
        })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

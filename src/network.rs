//! Which addresses count as one.

use std::net::{IpAddr, Ipv6Addr};

/// One home or one machine, which limits count as one: an IPv4 address, also where it is written as an IPv6 one, or a /64
/// of IPv6.
///
/// Not a /24 of IPv4: neighbours at a provider have nothing to do with each other.
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

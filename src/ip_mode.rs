//! How much of an address is kept.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How much of an address is stored and shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IpMode {
    /// The whole address.
    #[default]
    Full,
    /// Only the network: the last 8 bits of an IPv4 address and the last 80 of an IPv6 address are zero.
    ///
    /// This leaves a /24 or a /48, as in Google Analytics: about 250 neighbours, or the largest network that
    /// providers usually give to one site (RFC 6177).
    Truncated,
}

impl IpMode {
    /// The stable name that configurations use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Truncated => "truncated",
        }
    }

    /// The part of an address that is stored, in canonical form: an IPv4-mapped IPv6 address becomes an IPv4
    /// address.
    pub fn kept(self, address: IpAddr) -> IpAddr {
        match (self, address.to_canonical()) {
            (Self::Full, canonical) => canonical,
            (Self::Truncated, IpAddr::V4(v4)) => Ipv4Addr::from_bits(v4.to_bits() >> 8 << 8).into(),
            (Self::Truncated, IpAddr::V6(v6)) => Ipv6Addr::from_bits(v6.to_bits() >> 80 << 80).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_kept_whole_or_truncated_to_its_network() {
        for (address, full, truncated) in [
            ("203.0.113.7", "203.0.113.7", "203.0.113.0"),
            ("::ffff:203.0.113.255", "203.0.113.255", "203.0.113.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
            ("2001:db8:0:ffff:ffff:ffff:ffff:ffff", "2001:db8:0:ffff:ffff:ffff:ffff:ffff", "2001:db8::"),
            ("::1", "::1", "::"),
        ] {
            let kept = |mode: IpMode| mode.kept(address.parse().expect("an address")).to_string();
            assert_eq!((&*kept(IpMode::Full), &*kept(IpMode::Truncated)), (full, truncated));
            let again = IpMode::Truncated.kept(truncated.parse().expect("an address"));
            assert_eq!(again.to_string(), truncated, "what is truncated stays as it is");
        }
    }
}

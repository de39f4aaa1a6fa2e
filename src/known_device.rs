//! How a browser is recognized when somebody signs in.

use sha2::{Digest, Sha256};

use crate::credential::Secret;
use crate::{Client, IpMode, Network, Random, Timestamp, device_of};

/// The secret of the device cookie: 32 random bytes that stay in the browser when sessions come and go.
///
/// It opens nothing. Its `Debug` output is redacted; [`DeviceToken::to_text`] is for the cookie alone.
#[derive(Clone, Debug)]
pub struct DeviceToken(Secret);

impl DeviceToken {
    pub(crate) fn generate(random: &dyn Random) -> Self {
        Self(Secret::generate(random))
    }

    /// Reads a cookie's value; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        Secret::parse_url_safe(text).map(Self)
    }

    /// Gives the cookie's value: 43 letters, digits, `-` and `_`.
    pub fn to_text(&self) -> String {
        self.0.to_url_safe()
    }
}

/// The SHA-256 of something by which an account recognizes a browser: its device cookie, its name together
/// with its network, or the network alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// Takes a stored key; `None` unless it has 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Gives the bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of a device cookie.
    pub(crate) fn of_token(token: &DeviceToken) -> Self {
        Self(*token.0.hash().as_bytes())
    }

    /// The key of the browser's name and network, which still works after cookies were cleared. `None` if the
    /// address or the browser is unknown. It uses the address as it is stored, so trying all addresses
    /// against the hash reveals no more than the store already has.
    pub(crate) fn of_client(client: &Client, mode: IpMode) -> Option<Self> {
        let network = Network::of(mode.kept(client.ip_address?));
        let device =
            device_of(&client.client_hints.joined_to(client.user_agent.as_deref().unwrap_or_default()));
        // Two strangers behind one address are not one device just because neither names its browser.
        if device.browser.is_empty() {
            return None;
        }
        let hash = Sha256::new()
            .chain_update(device.description())
            .chain_update([0])
            .chain_update(network.to_string());
        Some(Self(hash.finalize().into()))
    }

    /// The key of a network alone, with the address as it is stored. It does not identify a browser. Its only
    /// use is that somebody in this network does not wait for failed attempts of strangers elsewhere.
    pub fn of_network(network: Network) -> Self {
        // The line feed separates these keys from those of browsers, whose names have no control characters.
        Self(Sha256::new().chain_update("\n").chain_update(network.to_string()).finalize().into())
    }
}

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

/// A key by which an account knows a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// The key.
    pub key: DeviceKey,
    /// When it was last used to sign in.
    pub seen_at: Timestamp,
    /// Whether a sign-in was reported since. Then it proves nothing until the next sign-in with it.
    pub is_forgotten: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    #[test]
    fn token_round_trips_through_its_cookie_and_is_not_printed() {
        let token = DeviceToken::generate(&OsRandom);
        let text = token.to_text();
        let read = DeviceToken::parse(&text).expect("our own form");
        assert_eq!(DeviceKey::of_token(&read), DeviceKey::of_token(&token));
        assert!(!format!("{token:?}").contains(&text[..8]));
        for other in ["", &text[1..], &format!("{text}A"), &"é".repeat(21), &".".repeat(43)] {
            assert!(DeviceToken::parse(other).is_none(), "{other:?} was taken");
        }
    }

    #[test]
    fn browser_is_recognized_by_its_name_and_network_together() {
        let client = |agent: &str, address: &str| Client {
            user_agent: Some(agent.to_owned()),
            ip_address: Some(address.parse().expect("an address")),
            ..Client::default()
        };
        let key_in =
            |mode, agent, address| DeviceKey::of_client(&client(agent, address), mode).expect("a key");
        let key = |agent, address| key_in(IpMode::Full, agent, address);
        assert_eq!(key("curl/8.5.0", "2001:db8::1"), key("curl/8.5.0", "2001:db8::2"), "one home");
        assert_ne!(key("curl/8.5.0", "2001:db8::1"), key("curl/8.5.0", "2001:db8:0:1::1"));
        assert_ne!(key("curl/8.5.0", "192.0.2.1"), key("Wget/1.21", "192.0.2.1"));
        let nowhere = DeviceKey::of_client(&Client::default(), IpMode::Full);
        assert!(nowhere.is_none(), "everybody has no address");
        let truncated = |address| key_in(IpMode::Truncated, "curl/8.5.0", address);
        assert_eq!(truncated("192.0.2.1"), truncated("192.0.2.254"), "what tells them apart is not kept");
        assert_ne!(truncated("192.0.2.1"), truncated("198.51.100.1"));
        assert_eq!(truncated("2001:db8:1:2::1"), truncated("2001:db8:1:3::1"));
        assert_ne!(key("curl/8.5.0", "192.0.2.1"), key("curl/8.5.0", "192.0.2.2"));
    }
}

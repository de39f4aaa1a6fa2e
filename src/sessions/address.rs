//! Addresses as they are stored, and their places.
//!
//! Addresses are stored and compared only with these methods, so that a truncated address is compared with a
//! truncated one. Counters in memory use the whole address.

use std::net::IpAddr;

use crate::{Client, DeviceKey, Network, Sessions};

impl Sessions {
    /// The address that a request came from, as it is stored.
    pub(super) fn address_of(&self, client: &Client) -> Option<String> {
        client.ip_address.map(|address| self.0.ip_mode.kept(address).to_string())
    }

    /// The network that a request came from, as it is stored and compared. With truncated addresses it is
    /// wider.
    pub fn network_of(&self, client: &Client) -> Option<Network> {
        client.ip_address.map(|address| self.network(address))
    }

    /// The network of a stored address, which may be whole although addresses are truncated now.
    pub(super) fn stored_network(&self, stored: &str) -> Option<Network> {
        stored.parse().ok().map(|address| self.network(address))
    }

    /// The key that recognizes a browser without a device cookie. It contains no more of the address than
    /// what is stored.
    pub(super) fn device_key_of(&self, client: &Client) -> Option<DeviceKey> {
        DeviceKey::of_client(client, self.0.ip_mode)
    }

    /// The place of a stored address, if known.
    pub fn place_of(&self, stored: &str) -> Option<String> {
        let places = self.0.places.as_ref()?;
        let address: IpAddr = stored.parse().ok()?;
        places.place_of(address.to_canonical())
    }

    fn network(&self, address: IpAddr) -> Network {
        Network::of(self.0.ip_mode.kept(address))
    }
}

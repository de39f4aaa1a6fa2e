//! What is kept of the address of a request, and where it is.
//!
//! Addresses are written down by way of these methods alone, and compared by them with what was written down: so a
//! truncated one meets a truncated one. What is counted in memory goes by the address itself.

use std::net::IpAddr;

use crate::{Client, DeviceKey, Network, Sessions};

impl Sessions {
    /// The address that a request came from, as it is stored.
    pub(super) fn address_of(&self, client: &Client) -> Option<String> {
        client.ip_address.map(|address| self.0.ip_mode.kept(address).to_string())
    }

    /// The network that a request came from, as it is stored and compared: with truncated addresses a wider one.
    pub fn network_of(&self, client: &Client) -> Option<Network> {
        client.ip_address.map(|address| self.network(address))
    }

    /// The network of a stored address. It may have been stored when all of it was kept.
    pub(super) fn stored_network(&self, stored: &str) -> Option<Network> {
        stored.parse().ok().map(|address| self.network(address))
    }

    /// By what a browser is recognised that has no device cookie: it says no more of the address than what is stored.
    pub(super) fn device_key_of(&self, client: &Client) -> Option<DeviceKey> {
        DeviceKey::of_client(client, self.0.ip_mode)
    }

    /// Where a stored address is, as far as somebody knows.
    pub fn place_of(&self, stored: &str) -> Option<String> {
        let places = self.0.places.as_ref()?;
        let address: IpAddr = stored.parse().ok()?;
        places.place_of(address.to_canonical())
    }

    fn network(&self, address: IpAddr) -> Network {
        Network::of(self.0.ip_mode.kept(address))
    }
}

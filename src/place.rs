//! Places of addresses, in plain words.

use std::net::IpAddr;

/// Looks up the places of addresses.
///
/// A place is looked up when an address is shown, and never stored. So older rows have one too, and a newer database
/// corrects all of them. There is one call for each row of a list or history, within the request, so answer from
/// memory.
pub trait Places: Send + Sync {
    /// The place of an address in plain words, such as "Berlin, Germany"; `None` if unknown.
    fn place_of(&self, address: IpAddr) -> Option<String>;
}

//! Where an address is, in a person's words.

use std::net::IpAddr;

/// Says where addresses are.
///
/// A place is looked up when an address is shown and is never stored: rows that were there before have one too, and a
/// newer database corrects all of them. It is asked once for each row of a list or a history, within the request, so it
/// answers from memory.
pub trait Places: Send + Sync {
    /// The place of an address in a person's words, such as "Berlin, Germany"; `None` where it is not known.
    fn place_of(&self, address: IpAddr) -> Option<String>;
}

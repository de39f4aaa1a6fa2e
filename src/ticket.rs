//! Tickets for sign-ins that wait until the person chooses a device to sign out.

use std::time::Duration;

use crate::credential::{Secret, SecretHash};
use crate::{DeviceSession, Random, Timestamp};

/// A ticket for a person whose proof was right but who is at the limit of devices. It signs in once, in place of a
/// device that they choose.
///
/// It is 32 random bytes, of which only the SHA-256 is stored. It stops working when a credential changes or the user
/// may no longer sign in. Its `Debug` output is redacted; [`SignInTicket::to_text`] is for the person's browser alone.
#[derive(Clone, Debug)]
pub struct SignInTicket(Secret);

impl SignInTicket {
    /// How many characters it has: letters, digits, `-` and `_`.
    pub const LEN: usize = Secret::URL_SAFE_LEN;
    /// How long it can be used.
    pub const LIFETIME: Duration = Duration::from_secs(5 * 60);

    /// Makes a new one.
    pub fn generate(random: &dyn Random) -> Self {
        Self(Secret::generate(random))
    }

    /// Reads the token that the browser sent; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        Secret::parse_url_safe(text).map(Self)
    }

    /// Gives the text for the person's browser.
    pub fn to_text(&self) -> String {
        self.0.to_url_safe()
    }

    /// Gives the hash to store or to look for.
    pub fn hash(&self) -> SecretHash {
        self.0.hash()
    }
}

/// The devices that a person with a [`SignInTicket`] chooses from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceChoice {
    /// How many devices may be signed in.
    pub maximum: u32,
    /// The live sessions, least recently used first.
    pub devices: Vec<DeviceSession>,
    /// When the ticket expires.
    pub expires_at: Timestamp,
}

//! A mail that is due.

use std::fmt;

use crate::{Device, MailKind, MailToken, Timestamp};

/// A mail that is due, with everything it should say. The sender writes the text.
#[derive(Clone)]
#[non_exhaustive]
pub struct Letter {
    pub(super) seq: i64,
    pub(super) created_at: Timestamp,
    pub(super) attempts: u32,
    /// What it is about.
    pub kind: MailKind,
    /// The address that it goes to.
    pub to: String,
    /// The token of its link.
    pub token: MailToken,
    /// Where the link leads afterwards, if that was requested.
    pub redirect_to: Option<String>,
    /// The device that it is about, if known.
    pub device: Option<Device>,
    /// The address of that device; empty when unknown.
    pub ip_address: String,
    /// Where that address is; `None` if unknown.
    pub place: Option<String>,
    /// When the event happened.
    pub at: Timestamp,
}

impl Letter {
    /// The id of this attempt to send it. No other mail has the same.
    pub fn id(&self) -> String {
        format!("{}.{}.{}", self.created_at.unix_ms(), self.seq, self.attempts)
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("kind", &self.kind).finish_non_exhaustive()
    }
}

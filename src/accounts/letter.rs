//! A mail that is due.

use std::fmt;

use crate::{Device, MailKind, MailToken, Timestamp};

/// A mail that is due, with all that it tells; whoever sends it puts it into words.
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
    /// What its link proves.
    pub token: MailToken,
    /// Where the person goes on from the link, where that was asked for.
    pub redirect_to: Option<String>,
    /// The device that it is about, while that is known.
    pub device: Option<Device>,
    /// The address of that device; empty when unknown.
    pub ip_address: String,
    /// Where that address is; `None` where it is not known.
    pub place: Option<String>,
    /// When what it tells of happened.
    pub at: Timestamp,
}

impl Letter {
    /// Names this try to send it: no other mail has the same.
    pub fn id(&self) -> String {
        format!("{}.{}.{}", self.created_at.unix_ms(), self.seq, self.attempts)
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("kind", &self.kind).finish_non_exhaustive()
    }
}

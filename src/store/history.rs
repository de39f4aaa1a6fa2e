//! What a store keeps of what happened to accounts.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
use serde::Serialize;

use crate::{HistoryKind, SessionId, Timestamp, UserId};

/// Something that happened to an account and is in no session's row, so that it is to be written by itself.
///
/// What is not said here is looked up when it is written: the session's user agent, the address of the one that did it,
/// and what their devices are called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(any(feature = "postgres", feature = "sqlite"), derive(Serialize))]
pub struct NewHistoryEntry {
    /// Whose account it is.
    pub user_id: UserId,
    /// When it happened.
    #[cfg_attr(any(feature = "postgres", feature = "sqlite"), serde(serialize_with = "unix_ms"))]
    pub at: Timestamp,
    /// What kind of thing happened.
    pub kind: HistoryKind,
    /// The session that it happened to.
    pub session_id: Option<SessionId>,
    /// The session that did it.
    pub by_session: Option<SessionId>,
    /// What the browser said of itself, where there is no session that has it.
    pub user_agent: Option<String>,
    /// The address that it was done from, where it is known better than from the session that did it.
    pub ip_address: Option<String>,
    /// What else there is to say, as in [`StoredHistoryEntry::detail`].
    pub detail: Option<String>,
}

impl NewHistoryEntry {
    /// Something that happened to an account, and to a session of it where there is one.
    pub fn new(kind: HistoryKind, user_id: UserId, session_id: Option<SessionId>, at: Timestamp) -> Self {
        Self {
            user_id,
            at,
            kind,
            session_id,
            by_session: None,
            user_agent: None,
            ip_address: None,
            detail: None,
        }
    }
}

/// Something that happened to an account, as it is stored; it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHistoryEntry {
    /// The order in which it was written.
    pub seq: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What kind of thing happened; `None` for one that a later release writes.
    pub kind: Option<HistoryKind>,
    /// The session that it happened to.
    pub session_id: Option<SessionId>,
    /// What the browser said of itself: its user agent, and its client hints where it sent some; empty when unknown.
    pub user_agent: String,
    /// What the person called the device.
    pub device_name: Option<String>,
    /// The address that it was done from; empty when unknown.
    pub ip_address: String,
    /// The session that did it, with its browser's own words and what the person called its device.
    pub by: Option<(SessionId, String, Option<String>)>,
    /// Why a session ended or a right password was refused, a device's new name, or the address before.
    pub detail: Option<String>,
}

/// Which part of a user's history is asked for.
#[derive(Clone, Copy, Debug)]
pub struct HistoryQuery<'a> {
    /// Only what happened to this session.
    pub session: Option<&'a SessionId>,
    /// Only what is of these kinds; all where there are none.
    pub kinds: &'a [HistoryKind],
    /// Only what was written before this one.
    pub before: Option<i64>,
    /// How many there may be.
    pub limit: u32,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn unix_ms<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(at.unix_ms())
}

//! The account history in a store.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
use serde::Serialize;

use crate::{HistoryKind, SessionId, Timestamp, UserId};

/// A history entry that no other change writes.
///
/// The rest is looked up when it is written: the user agents, addresses and names of the session's device and of the
/// device that made the change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(any(feature = "postgres", feature = "sqlite"), derive(Serialize))]
pub struct NewHistoryEntry {
    /// The user.
    pub user_id: UserId,
    /// When it happened.
    #[cfg_attr(any(feature = "postgres", feature = "sqlite"), serde(serialize_with = "unix_ms"))]
    pub at: Timestamp,
    /// The kind.
    pub kind: HistoryKind,
    /// The session that it is about.
    pub session_id: Option<SessionId>,
    /// The session that made the change.
    pub by_session: Option<SessionId>,
    /// The user agent and client hints, if there is no session that has them.
    pub user_agent: Option<String>,
    /// The address of the actor, if it is more recent than that of the acting session.
    pub ip_address: Option<String>,
    /// Details, as in [`StoredHistoryEntry::detail`].
    pub detail: Option<String>,
}

impl NewHistoryEntry {
    /// An entry about an account and maybe one of its sessions.
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

/// A stored history entry. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHistoryEntry {
    /// The order in which it was written.
    pub seq: i64,
    /// When it happened.
    pub at: Timestamp,
    /// The kind; `None` for one of a later release.
    pub kind: Option<HistoryKind>,
    /// The session that it is about.
    pub session_id: Option<SessionId>,
    /// The user agent and client hints of the device; empty when unknown.
    pub user_agent: String,
    /// What the person called the device.
    pub device_name: Option<String>,
    /// The address of the actor; empty if unknown or if there is no actor.
    pub ip_address: String,
    /// The address of the device; `None` in entries that were written before it was kept.
    pub device_ip_address: Option<String>,
    /// The acting session, with the user agent and the name of its device.
    pub by: Option<(SessionId, String, Option<String>)>,
    /// Why a session ended or a right password was refused, the new name of a device, or the previous
    /// address.
    pub detail: Option<String>,
}

impl StoredHistoryEntry {
    /// The address of the device that the entry is about; empty when unknown.
    ///
    /// Older entries have only the address of the actor, which is the device's own unless another device
    /// acted.
    pub fn device_address(&self) -> &str {
        let is_own = || self.by.as_ref().is_none_or(|(by, ..)| self.session_id.as_ref() == Some(by));
        match &self.device_ip_address {
            Some(address) => address,
            None if is_own() => &self.ip_address,
            None => "",
        }
    }
}

/// A page of a user's history.
#[derive(Clone, Copy, Debug)]
pub struct HistoryQuery<'a> {
    /// Only entries about this session.
    pub session: Option<&'a SessionId>,
    /// Only entries of these kinds; all kinds if it is empty.
    pub kinds: &'a [HistoryKind],
    /// Only entries before this one.
    pub before: Option<i64>,
    /// The maximum number of entries.
    pub limit: u32,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(super) fn unix_ms<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(at.unix_ms())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_entry_has_the_address_of_its_actor() {
        let id = |id: &str| SessionId::new(id).expect("an id");
        let entry = |by: Option<&str>, device_ip_address: Option<&str>| StoredHistoryEntry {
            seq: 1,
            at: Timestamp::default(),
            kind: Some(HistoryKind::Ended),
            session_id: Some(id("phone")),
            user_agent: String::new(),
            device_name: None,
            ip_address: "203.0.113.7".to_owned(),
            device_ip_address: device_ip_address.map(str::to_owned),
            by: by.map(|by| (id(by), String::new(), None)),
            detail: None,
        };
        assert_eq!(entry(Some("laptop"), None).device_address(), "", "it was the laptop's");
        assert_eq!(entry(Some("phone"), None).device_address(), "203.0.113.7");
        assert_eq!(entry(None, None).device_address(), "203.0.113.7", "of a sign-in");
        assert_eq!(entry(Some("laptop"), Some("198.51.100.9")).device_address(), "198.51.100.9");
    }
}

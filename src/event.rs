//! Events about a user's sessions, as each of the user's browsers receives them.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::{Device, DeviceSession, EndedReason, SessionId, Timestamp};

/// The device that ended a session.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndedBy {
    /// Its session. If the person signed out, it is the ended session itself.
    pub id: SessionId,
    /// The label of the device, such as `Firefox on macOS`.
    pub label: String,
}

impl EndedBy {
    /// A device, by its session and by what a person calls it.
    pub fn new(id: SessionId, label: impl Into<String>) -> Self {
        Self { id, label: label.into() }
    }
}

/// How a session ended.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ending {
    /// The session.
    pub id: SessionId,
    /// Why it ended.
    pub reason: EndedReason,
    /// When it ended.
    pub at: Timestamp,
    /// The device that ended it. Null if it expired or an operator ended it.
    pub by: Option<EndedBy>,
}

impl Ending {
    /// The end of a session that no device ended.
    pub fn new(id: SessionId, reason: EndedReason, at: Timestamp) -> Self {
        Self { id, reason, at, by: None }
    }

    /// Whether the person signed out in that session's own browser.
    pub fn is_own(&self) -> bool {
        self.by.as_ref().is_some_and(|by| by.id == self.id)
    }
}

/// One thing that happened to a user's sessions.
///
/// An event only notifies: the row of a session decides what it may do. A browser that missed an event gets the whole
/// list.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum SessionEvent {
    /// Somebody signed in.
    Created {
        /// The new row. No browser that receives the event holds it.
        row: Box<DeviceSession>,
    },
    /// A session ended.
    Ended(Ending),
    /// The browser of the session `from` switched to another one. Only its own tabs receive this.
    Switched {
        /// The session that was active.
        from: SessionId,
        /// The session that is active now.
        to: SessionId,
    },
    /// A device was renamed.
    Renamed {
        /// The session.
        id: SessionId,
        /// The name that the person gave; null if they removed it.
        name: Option<String>,
        /// The label in lists from now on.
        label: String,
    },
    /// The person has said that a sign-in on a new device was theirs.
    Recognized {
        /// The session.
        id: SessionId,
    },
    /// A session is used from another address than before, or its browser was updated.
    Moved {
        /// The session.
        id: SessionId,
        /// The address that it is used from; empty when unknown.
        #[serde(rename = "ipAddress")]
        ip_address: String,
        /// Where that address is; null if unknown.
        place: Option<String>,
        /// The browser's user agent; empty when unknown.
        #[serde(rename = "userAgent")]
        user_agent: String,
        /// The user agent in plain words; its label is the name, if the person gave one.
        device: Device,
    },
    /// A session made a request. Sent at most once a minute.
    Touched {
        /// The session.
        id: SessionId,
        /// When.
        #[serde(rename = "lastActiveAt")]
        last_active_at: Timestamp,
    },
}

impl SessionEvent {
    /// Applies the event to a list. Servers, pages and tests all use this one function. Applying the same
    /// event twice changes nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use multi_session::{SessionEvent, SessionId, Timestamp};
    ///
    /// let id = SessionId::new("session_123")?;
    /// let mut rows = Vec::new();
    /// SessionEvent::Touched { id, last_active_at: Timestamp::default() }.apply(&mut rows);
    /// assert!(rows.is_empty());
    /// # Ok::<(), multi_session::InvalidId>(())
    /// ```
    pub fn apply(&self, rows: &mut Vec<DeviceSession>) {
        match self {
            Self::Created { row } => {
                if !rows.iter().any(|known| known.id == row.id) {
                    // The other rows keep their order, so that no row moves while somebody clicks.
                    let place = rows.iter().position(|other| place_of(row) < place_of(other));
                    rows.insert(place.unwrap_or(rows.len()), (**row).clone());
                }
            }
            Self::Ended(ending) => rows.retain(|row| row.id != ending.id),
            Self::Switched { .. } => {}
            Self::Renamed { id, name, label } => {
                if let Some(row) = rows.iter_mut().find(|row| row.id == *id) {
                    row.name.clone_from(name);
                    row.device.label.clone_from(label);
                }
            }
            Self::Recognized { id } => {
                if let Some(row) = rows.iter_mut().find(|row| row.id == *id) {
                    row.new_device = false;
                }
            }
            Self::Moved { id, ip_address, place, user_agent, device } => {
                if let Some(row) = rows.iter_mut().find(|row| row.id == *id) {
                    row.ip_address.clone_from(ip_address);
                    row.place.clone_from(place);
                    row.user_agent.clone_from(user_agent);
                    row.device.clone_from(device);
                }
            }
            Self::Touched { id, last_active_at } => {
                if let Some(row) = rows.iter_mut().find(|row| row.id == *id) {
                    row.last_active_at = row.last_active_at.max(*last_active_at);
                }
            }
        }
    }
}

/// Sorts a list: current first, then the most recently active.
#[cfg(feature = "engine")]
pub(crate) fn in_order(rows: &mut [DeviceSession]) {
    rows.sort_by_key(place_of);
}

fn place_of(row: &DeviceSession) -> (bool, Reverse<Timestamp>, Reverse<Timestamp>) {
    (!row.is_current, Reverse(row.last_active_at), Reverse(row.created_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClientHints, Handle, Session, SignedInFrom, User, UserId};

    fn row(id: &str, minute: i64) -> DeviceSession {
        let at = Timestamp::from_unix_ms(minute * 60_000);
        let user = User {
            id: UserId::new("ada").expect("an id"),
            name: "Ada".to_owned(),
            email: "ada@example.org".to_owned(),
            email_verified: false,
            image: None,
            created_at: at,
            updated_at: at,
        };
        let session = Session {
            id: SessionId::new(id).expect("an id"),
            handle: Handle::parse(&"a".repeat(32)).expect("a handle"),
            user_id: user.id.clone(),
            expires_at: at,
            created_at: at,
            updated_at: at,
            ip_address: String::new(),
            user_agent: String::new(),
            client_hints: ClientHints::default(),
        };
        DeviceSession {
            id: session.id.clone(),
            user_agent: String::new(),
            ip_address: String::new(),
            place: None,
            signed_in_from: SignedInFrom::default(),
            last_active_at: at,
            is_current: id == "current",
            is_held: id == "current",
            device: Device::default(),
            shared_computer: false,
            new_device: false,
            signed_in_with: None,
            name: None,
            created_at: at,
            expires_at: at,
            session,
            user,
        }
    }

    fn ids(rows: &[DeviceSession]) -> Vec<&str> {
        rows.iter().map(|row| row.id.as_str()).collect()
    }

    #[test]
    fn created_event_inserts_the_row_once() {
        let mut rows = vec![row("current", 1), row("old", 2)];
        let created = SessionEvent::Created { row: Box::new(row("new", 3)) };
        created.apply(&mut rows);
        created.apply(&mut rows);
        assert_eq!(ids(&rows), ["current", "new", "old"]);
    }

    #[test]
    fn ended_row_is_removed_and_touched_row_stays_in_place() {
        let mut rows = vec![row("current", 1), row("newer", 3), row("older", 2)];
        let older = SessionId::new("older").expect("an id");
        let at = Timestamp::from_unix_ms(600_000);
        SessionEvent::Touched { id: older.clone(), last_active_at: at }.apply(&mut rows);
        assert_eq!(ids(&rows), ["current", "newer", "older"]);
        assert_eq!(rows[2].last_active_at, at);
        SessionEvent::Touched { id: older.clone(), last_active_at: Timestamp::default() }.apply(&mut rows);
        assert_eq!(rows[2].last_active_at, at, "an older time changes nothing");
        let ending = Ending { id: older, reason: EndedReason::Revoked, at, by: None };
        SessionEvent::Ended(ending).apply(&mut rows);
        assert_eq!(ids(&rows), ["current", "newer"]);
    }

    #[test]
    fn renamed_row_shows_its_name_and_stays_in_place() {
        let mut rows = vec![row("current", 1), row("other", 2)];
        let (id, name) = (rows[1].id.clone(), Some("Work".to_owned()));
        SessionEvent::Renamed { id, name: name.clone(), label: "Work".to_owned() }.apply(&mut rows);
        assert_eq!(
            (ids(&rows), &rows[1].name, &*rows[1].device.label),
            (vec!["current", "other"], &name, "Work")
        );
    }

    #[test]
    fn recognized_row_loses_its_new_device_mark() {
        let mut rows = vec![row("current", 1), row("other", 2)];
        rows.iter_mut().for_each(|row| row.new_device = true);
        SessionEvent::Recognized { id: rows[1].id.clone() }.apply(&mut rows);
        let marks: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.new_device)).collect();
        assert_eq!(marks, [("current", true), ("other", false)]);
    }

    #[test]
    fn moved_row_shows_its_new_address_and_stays_in_place() {
        let mut rows = vec![row("current", 1), row("other", 2)];
        let moved = SessionEvent::Moved {
            id: rows[1].id.clone(),
            ip_address: "198.51.100.9".to_owned(),
            place: Some("Berlin, Germany".to_owned()),
            user_agent: "an updated browser".to_owned(),
            device: Device { label: "Firefox on macOS".to_owned(), ..Device::default() },
        };
        moved.apply(&mut rows);
        moved.apply(&mut rows);
        assert_eq!(ids(&rows), ["current", "other"]);
        let other = &rows[1];
        assert_eq!((&*other.ip_address, other.place.as_deref()), ("198.51.100.9", Some("Berlin, Germany")));
        assert_eq!((&*other.user_agent, &*other.device.label), ("an updated browser", "Firefox on macOS"));
        assert_eq!(other.signed_in_from, SignedInFrom::default(), "where it began stays");
    }

    #[test]
    fn event_round_trips_as_json() {
        let id = SessionId::new("s1").expect("an id");
        let at = Timestamp::from_unix_ms(1_763_896_161_802);
        let by = EndedBy { id: id.clone(), label: "Firefox on macOS".to_owned() };
        let event = SessionEvent::Ended(Ending { id, reason: EndedReason::Revoked, at, by: Some(by) });
        let text = serde_json::to_string(&event).expect("JSON");
        assert_eq!(
            text,
            r#"{"type":"ended","id":"s1","reason":"revoked","at":"2025-11-23T11:09:21.802Z","by":{"id":"s1","label":"Firefox on macOS"}}"#
        );
        assert_eq!(serde_json::from_str::<SessionEvent>(&text).expect("an event"), event);
    }
}

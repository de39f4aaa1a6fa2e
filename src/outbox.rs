//! The events that callbacks get.

use serde::{Deserialize, Serialize};

#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
use crate::HistoryKind;
use crate::{EndedReason, SessionId, SignInMethod, Timestamp, UserId};

/// One event of a user, as delivered to a consumer of the outbox.
///
/// It carries ids only. Read details from a list or the history. As JSON it is one object, whose `type` is the kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OutboxEvent {
    /// The event's id. It stays the same when the event is delivered again. A later event of a user has a greater one.
    pub id: i64,
    /// The user it happened to.
    pub user_id: UserId,
    /// When it happened.
    pub at: Timestamp,
    /// The session it happened to. `None` if it happened to the user as a whole.
    pub session_id: Option<SessionId>,
    /// The session that caused it. `None` if an operator, a timeout or a mailed link did.
    pub by: Option<SessionId>,
    /// What happened.
    #[serde(flatten)]
    pub kind: OutboxEventKind,
}

impl OutboxEvent {
    /// An event without sessions.
    pub const fn new(id: i64, user_id: UserId, at: Timestamp, kind: OutboxEventKind) -> Self {
        Self { id, user_id, at, session_id: None, by: None, kind }
    }
}

/// What kind of thing happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum OutboxEventKind {
    /// A session began.
    Begun {
        /// How the person signed in, such as `password`. `None` if that is not known.
        signed_in_with: Option<SignInMethod>,
    },
    /// The session that has just begun is in a browser that the user had never signed in from.
    NewDevice,
    /// The person re-authenticated, and the cookie was rotated.
    Renewed {
        /// How the person was verified, such as `passkey`. `None` if that is not known.
        with: Option<SignInMethod>,
    },
    /// A session ended.
    Ended {
        /// Why it ended.
        reason: EndedReason,
    },
    /// A revocation was undone, so the session is live again.
    RevokeUndone,
    /// The device of a session was renamed.
    Renamed {
        /// The new name. `None` if the name was removed, so that the user agent is shown again.
        name: Option<String>,
    },
    /// The person reported a sign-in that was not theirs.
    Reported,
    /// The password or another credential was changed.
    CredentialsChanged,
    /// An operator disabled the user.
    Disabled,
    /// An operator enabled the user again.
    Enabled,
    /// The user was erased, with all their events that were not delivered yet.
    Erased,
}

impl OutboxEventKind {
    /// The kind of event for an entry of the history. `None` if such entries are not delivered.
    #[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
    pub(crate) fn of_history(kind: HistoryKind, detail: Option<&str>) -> Option<Self> {
        Some(match kind {
            HistoryKind::SignedIn => Self::Begun { signed_in_with: detail.and_then(SignInMethod::parse) },
            HistoryKind::NewDevice => Self::NewDevice,
            HistoryKind::Reauthenticated => Self::Renewed { with: detail.and_then(SignInMethod::parse) },
            HistoryKind::Ended => Self::Ended { reason: EndedReason::parse(detail?)? },
            HistoryKind::RevokeUndone => Self::RevokeUndone,
            HistoryKind::Renamed => Self::Renamed { name: detail.map(str::to_owned) },
            HistoryKind::Reported => Self::Reported,
            HistoryKind::PasswordChanged => Self::CredentialsChanged,
            HistoryKind::Disabled => Self::Disabled,
            HistoryKind::Enabled => Self::Enabled,
            HistoryKind::PasswordRefused
            | HistoryKind::AddressChanged
            | HistoryKind::BrowserChanged
            | HistoryKind::Switched
            | HistoryKind::Recognized
            | HistoryKind::Exported => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_round_trips_through_json() {
        let session = SessionId::new("s1").expect("an id");
        let at = Timestamp::from_unix_ms(1_763_896_161_802);
        let kind = OutboxEventKind::Ended { reason: EndedReason::Revoked };
        let mut event = OutboxEvent::new(7, UserId::new("ada").expect("an id"), at, kind);
        event.session_id = Some(session.clone());
        let text = serde_json::to_string(&event).expect("JSON");
        assert_eq!(
            text,
            r#"{"id":7,"userId":"ada","at":"2025-11-23T11:09:21.802Z","sessionId":"s1","by":null,"type":"ended","reason":"revoked"}"#
        );
        assert_eq!(serde_json::from_str::<OutboxEvent>(&text).expect("an event"), event);
        event.kind = OutboxEventKind::Begun { signed_in_with: Some(SignInMethod::PASSWORD) };
        let text = serde_json::to_string(&event).expect("JSON");
        assert!(text.ends_with(r#""type":"begun","signedInWith":"password"}"#), "{text}");
        assert_eq!(serde_json::from_str::<OutboxEvent>(&text).expect("an event"), event);
    }

    #[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
    #[test]
    fn triggers_write_exactly_the_delivered_kinds() {
        let delivered = HistoryKind::ALL.iter().copied().filter(|kind| {
            let detail = Some(EndedReason::Revoked.as_str());
            OutboxEventKind::of_history(*kind, detail).is_some()
        });
        let mut delivered: Vec<_> = delivered.map(HistoryKind::as_str).collect();
        delivered.sort_unstable();
        for migration in [
            include_str!("../migrations/postgres/0026_outbox.sql"),
            include_str!("../migrations/sqlite/0026_outbox.sql"),
        ] {
            let (_, list) = migration.split_once("new.kind in (").expect("a trigger");
            let (list, _) = list.split_once(')').expect("the end of the list");
            let mut written: Vec<_> = list.split(',').map(|kind| kind.trim().trim_matches('\'')).collect();
            written.sort_unstable();
            assert_eq!(written, delivered);
        }
    }
}

//! What callbacks are told.

use serde::{Deserialize, Serialize};

#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
use crate::HistoryKind;
use crate::{EndedReason, SessionId, SignInMethod, Timestamp, UserId};

/// One thing that happened to a user, as a consumer of the outbox is told it.
///
/// It has ids and no words: whoever wants to know more reads it, from a list or a history. As JSON it is one object,
/// whose `type` is the kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OutboxEvent {
    /// Names it, the same each time that it is delivered; a later event of a user has a greater one.
    pub id: i64,
    /// Whose it is.
    pub user_id: UserId,
    /// When it happened.
    pub at: Timestamp,
    /// The session that it happened to; none where it happened to the user.
    pub session_id: Option<SessionId>,
    /// The session that did it: the same one where the person did it there; none where an operator or the time did it.
    pub by: Option<SessionId>,
    /// What happened.
    #[serde(flatten)]
    pub kind: OutboxEventKind,
}

impl OutboxEvent {
    /// An event that no session has to do with.
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
        /// How the person signed in, as in `password`; none where that is not known.
        signed_in_with: Option<SignInMethod>,
    },
    /// The session that has just begun is in a browser from which the user had never signed in.
    NewDevice,
    /// The person proved once more in a session who they are, and its cookie was replaced.
    Renewed {
        /// How, as in `password`; none where that is not known.
        with: Option<SignInMethod>,
    },
    /// A session ended.
    Ended {
        /// Why.
        reason: EndedReason,
    },
    /// A session lives again, since its revocation was taken back a moment later.
    RevokeUndone,
    /// The device of a session was given another name.
    Renamed {
        /// The name; none where the device is called by its user agent again.
        name: Option<String>,
    },
    /// The person said that a sign-in was not theirs.
    Reported,
    /// The password or another credential was changed.
    CredentialsChanged,
    /// An operator disabled the user.
    Disabled,
    /// An operator lets the user sign in again.
    Enabled,
    /// The user was erased. What was not delivered of them before was erased too.
    Erased,
}

impl OutboxEventKind {
    /// What consumers are told of an entry of the history; none where they are not.
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
            | HistoryKind::Exported => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_is_one_json_object_in_both_directions() {
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
}

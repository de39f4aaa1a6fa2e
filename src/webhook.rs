//! What webhooks send.

use serde::Serialize;

use crate::{EndedReason, OutboxEvent, OutboxEventKind, SessionId, SignInMethod, Timestamp, UserId};

/// The body of a webhook: one event, in the form of [Standard Webhooks](https://www.standardwebhooks.com).
///
/// It carries ids only, and the name of a device that was renamed. It has no secret, no address and no email.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Webhook {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: WebhookType,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What it happened to.
    pub data: WebhookData,
}

/// What an event happened to.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WebhookData {
    /// The user.
    pub user_id: UserId,
    /// The session. Null for events of accounts.
    pub session_id: Option<SessionId>,
    /// The session that caused it. Null if an operator, a timeout or a mailed link did.
    pub by: Option<SessionId>,
    /// Of `session.begun` and `session.renewed`: how the person was verified, such as "password". Missing if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, required = false))]
    pub method: Option<SignInMethod>,
    /// Of `session.ended`: why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = EndedReason, required = false))]
    pub reason: Option<EndedReason>,
    /// Of `session.renamed`: the new name of the device. Null if the name was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, required = false))]
    pub name: Option<Option<String>>,
}

macro_rules! types {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)*) => {
        /// What a webhook tells.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[non_exhaustive]
        pub enum WebhookType {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)*
        }

        impl WebhookType {
            /// All types.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name, as in the body.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// A sentence that describes it.
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii(),)*
                }
            }
        }
    };
}

types! {
    /// A session began: somebody signed in.
    SessionBegun = "session.begun",
    /// The session that has just begun is in a browser that the user had never signed in from.
    SessionNewDevice = "session.new_device",
    /// The person re-authenticated, and the cookie was rotated.
    SessionRenewed = "session.renewed",
    /// A session ended. `reason` says why, `by` which session did it.
    SessionEnded = "session.ended",
    /// A revocation was undone: the session is live again.
    SessionRevokeUndone = "session.revoke_undone",
    /// The device of a session got another name.
    SessionRenamed = "session.renamed",
    /// The person reported the sign-in of this session as somebody else's.
    SessionReported = "session.reported",
    /// The password or another credential was changed.
    AccountCredentialsChanged = "account.credentials_changed",
    /// An operator disabled the account.
    AccountDisabled = "account.disabled",
    /// An operator enabled the account again.
    AccountEnabled = "account.enabled",
    /// The account was erased. Events about it that were not delivered yet are not sent any more.
    AccountErased = "account.erased",
    /// Nothing happened: `multi-session webhooks test` sends it.
    WebhookTest = "webhook.test",
}

impl Webhook {
    /// The maximum size of a body: 16 kB. Every body is smaller, as every part of it is bounded.
    pub const MAXIMUM_BYTES: usize = 16 * 1024;

    /// The id of an event for the header `webhook-id`. It is the same each time the event is delivered.
    ///
    /// The time is part of it because an installation that is restored from a backup counts its events from there again.
    ///
    /// # Examples
    ///
    /// ```
    /// use multi_session::{OutboxEvent, OutboxEventKind, Timestamp, UserId, Webhook};
    ///
    /// let at = Timestamp::from_unix_ms(1_763_896_161_802);
    /// let event = OutboxEvent::new(7, UserId::new("4711")?, at, OutboxEventKind::Disabled);
    /// assert_eq!(Webhook::id(&event), "evt_1763896161802_7");
    /// assert_eq!(Webhook::from(&event).kind.as_str(), "account.disabled");
    /// # Ok::<(), multi_session::InvalidId>(())
    /// ```
    pub fn id(event: &OutboxEvent) -> String {
        format!("evt_{}_{}", event.at.unix_ms(), event.id)
    }

    /// The body of a test event.
    pub fn test(now: Timestamp) -> Self {
        let user_id = UserId::new("test").expect("a valid id");
        let data =
            WebhookData { user_id, session_id: None, by: None, method: None, reason: None, name: None };
        Self { kind: WebhookType::WebhookTest, timestamp: now, data }
    }
}

impl From<&OutboxEvent> for Webhook {
    fn from(event: &OutboxEvent) -> Self {
        let (mut method, mut reason, mut name) = (None, None, None);
        let kind = match &event.kind {
            OutboxEventKind::Begun { signed_in_with } => {
                method.clone_from(signed_in_with);
                WebhookType::SessionBegun
            }
            OutboxEventKind::NewDevice => WebhookType::SessionNewDevice,
            OutboxEventKind::Renewed { with } => {
                method.clone_from(with);
                WebhookType::SessionRenewed
            }
            OutboxEventKind::Ended { reason: why } => {
                reason = Some(*why);
                WebhookType::SessionEnded
            }
            OutboxEventKind::RevokeUndone => WebhookType::SessionRevokeUndone,
            OutboxEventKind::Renamed { name: new } => {
                name = Some(new.clone());
                WebhookType::SessionRenamed
            }
            OutboxEventKind::Reported => WebhookType::SessionReported,
            OutboxEventKind::CredentialsChanged => WebhookType::AccountCredentialsChanged,
            OutboxEventKind::Disabled => WebhookType::AccountDisabled,
            OutboxEventKind::Enabled => WebhookType::AccountEnabled,
            OutboxEventKind::Erased => WebhookType::AccountErased,
        };
        let OutboxEvent { user_id, session_id, by, at, .. } = event.clone();
        Self { kind, timestamp: at, data: WebhookData { user_id, session_id, by, method, reason, name } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: OutboxEventKind) -> OutboxEvent {
        let at = Timestamp::from_unix_ms(1_763_896_161_802);
        let mut event = OutboxEvent::new(7, UserId::new("ada").expect("an id"), at, kind);
        event.session_id = Some(SessionId::new("s1").expect("an id"));
        event
    }

    fn json(kind: OutboxEventKind) -> String {
        serde_json::to_string(&Webhook::from(&event(kind))).expect("JSON")
    }

    #[test]
    fn body_has_exactly_the_fields_of_its_type() {
        let start = |kind: &str| {
            format!(
                r#"{{"type":"{kind}","timestamp":"2025-11-23T11:09:21.802Z","data":{{"userId":"ada","sessionId":"s1","by":null"#
            )
        };
        for (kind, expected) in [
            (
                OutboxEventKind::Begun { signed_in_with: Some(SignInMethod::PASSWORD) },
                start("session.begun") + r#","method":"password"}}"#,
            ),
            (OutboxEventKind::Begun { signed_in_with: None }, start("session.begun") + "}}"),
            (
                OutboxEventKind::Ended { reason: EndedReason::Revoked },
                start("session.ended") + r#","reason":"revoked"}}"#,
            ),
            (
                OutboxEventKind::Renamed { name: Some("Küche".to_owned()) },
                start("session.renamed") + r#","name":"Küche"}}"#,
            ),
            (OutboxEventKind::Renamed { name: None }, start("session.renamed") + r#","name":null}}"#),
            (OutboxEventKind::Erased, start("account.erased") + "}}"),
        ] {
            assert_eq!(json(kind), expected);
        }
    }

    #[test]
    fn longest_body_is_well_below_the_maximum() {
        let long = "a".repeat(64);
        // The longest name in JSON.
        let kind = OutboxEventKind::Renamed { name: Some("\u{2028}".repeat(100)) };
        let mut event = OutboxEvent { user_id: UserId::new(&*long).expect("an id"), ..event(kind) };
        event.session_id = Some(SessionId::new(&*long).expect("an id"));
        event.by = event.session_id.clone();
        let body = serde_json::to_vec(&Webhook::from(&event)).expect("JSON");
        assert!(body.len() < Webhook::MAXIMUM_BYTES / 4, "{}", body.len());
    }

    #[test]
    fn type_has_the_same_name_in_its_body() {
        for kind in WebhookType::ALL {
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.as_str());
            assert!(kind.description().ends_with('.'));
        }
    }
}

//! One sign-in of one user in one browser.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{ClientHints, Device, Ending, Handle, SessionId, SignInMethod, Timestamp, User, UserId};

/// A session as its owner may see it, in Better Auth's shape. It has no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// The public half of the cookie; the wire calls it `token`.
    #[serde(rename = "token")]
    pub handle: Handle,
    /// The user's id.
    pub user_id: UserId,
    /// When it ends unless activity extends it.
    pub expires_at: Timestamp,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was last extended.
    pub updated_at: Timestamp,
    /// The address that signed in; empty when unknown.
    pub ip_address: String,
    /// The user agent at sign-in; empty when unknown.
    pub user_agent: String,
    /// The client hints at sign-in. Better Auth does not have them, so they are not sent.
    #[serde(skip)]
    pub client_hints: ClientHints,
}

impl Session {
    /// A session of an unknown browser.
    pub fn new(
        id: SessionId,
        handle: Handle,
        user_id: UserId,
        created_at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            id,
            handle,
            user_id,
            expires_at,
            created_at,
            updated_at: created_at,
            ip_address: String::new(),
            user_agent: String::new(),
            client_hints: ClientHints::default(),
        }
    }
}

#[cfg(feature = "engine")]
impl Session {
    /// The device that it is on.
    pub fn device(&self) -> Device {
        crate::device_of(&self.agent())
    }

    /// The user agent and client hints, as stores keep them.
    pub(crate) fn agent(&self) -> String {
        self.client_hints.joined_to(&self.user_agent)
    }
}

/// How long after a revocation it can be undone.
pub const UNDO_WINDOW: Duration = Duration::from_secs(10);

/// How long a session in a browser that was never seen before is marked as a new device, unless the person confirms it.
/// It is as long as the link "This wasn't me" in the mail works.
pub const NEW_DEVICE_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A row of the list: a session, its device, and whether the asking browser holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeviceSession {
    /// The session's id. Pass it as `sessionId` to `setActive` and `revoke`.
    pub id: SessionId,
    /// The browser's user agent, with its updates since the sign-in; empty when unknown.
    pub user_agent: String,
    /// The address that the session was last used from; empty when unknown.
    pub ip_address: String,
    /// Where that address is, as in "Berlin, Germany", if the server has a database of places; otherwise null.
    #[serde(default)]
    pub place: Option<String>,
    /// Where the session began.
    #[serde(default)]
    pub signed_in_from: SignedInFrom,
    /// When the session last made a request, accurate to the minute.
    pub last_active_at: Timestamp,
    /// Whether it is the active session of the browser that asks.
    pub is_current: bool,
    /// Whether the browser that asks holds it, so that it can be made active.
    pub is_held: bool,
    /// The device in plain words. Its label is the name, if the person gave one.
    pub device: Device,
    /// The name that the person gave the device.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether the person marked the computer as shared at sign-in. Its cookies end with the browser window, and it
    /// ends after at most 30 minutes without activity.
    #[serde(default)]
    pub shared_computer: bool,
    /// Whether the account was never used in this browser before, and nobody has confirmed the sign-in since.
    #[serde(default)]
    pub new_device: bool,
    /// How the person signed in, such as "password"; null if unknown.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub signed_in_with: Option<SignInMethod>,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it ends unless activity extends it.
    pub expires_at: Timestamp,
    /// The session in Better Auth's shape.
    pub session: Session,
    /// Its user in Better Auth's shape.
    pub user: User,
}

impl DeviceSession {
    /// A row with what the session itself says: on an unknown device, neither current nor held.
    pub fn new(session: Session, user: User) -> Self {
        Self {
            id: session.id.clone(),
            user_agent: session.user_agent.clone(),
            ip_address: session.ip_address.clone(),
            place: None,
            signed_in_from: SignedInFrom {
                ip_address: session.ip_address.clone(),
                place: None,
                user_agent: session.user_agent.clone(),
            },
            last_active_at: session.updated_at,
            is_current: false,
            is_held: false,
            device: Device::default(),
            name: None,
            shared_computer: false,
            new_device: false,
            signed_in_with: None,
            created_at: session.created_at,
            expires_at: session.expires_at,
            session,
            user,
        }
    }

    /// Whether it is still marked as a new device.
    pub fn is_new_device(&self, now: Timestamp) -> bool {
        self.new_device && now.since(self.created_at) < NEW_DEVICE_FOR
    }
}

/// A session that has ended, and the device that it was on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EndedDeviceSession {
    /// The session's id.
    pub id: SessionId,
    /// The device in plain words. Its label is the name, if the person gave one.
    pub device: Device,
    /// The name that the person gave the device.
    pub name: Option<String>,
    /// The address that the session was last used from; empty when unknown.
    pub ip_address: String,
    /// Where that address is; null if unknown.
    pub place: Option<String>,
    /// When the session last made a request, accurate to the minute.
    pub last_active_at: Timestamp,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// Why and when it ended, and which device ended it.
    pub ending: Ending,
}

impl EndedDeviceSession {
    /// A session that began and ended on an unknown device.
    pub fn new(ending: Ending, created_at: Timestamp) -> Self {
        Self {
            id: ending.id.clone(),
            device: Device::default(),
            name: None,
            ip_address: String::new(),
            place: None,
            last_active_at: created_at,
            created_at,
            ending,
        }
    }
}

/// Where a session began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SignedInFrom {
    /// The address that signed in; empty when unknown.
    pub ip_address: String,
    /// Where that address is; null if unknown.
    pub place: Option<String>,
    /// The browser's user agent at sign-in; empty when unknown.
    pub user_agent: String,
}

/// Why a session ended.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndedReason {
    /// The person signed out in its own browser.
    SignedOut,
    /// Somebody ended it from the list.
    Revoked,
    /// A newer sign-in needed its place.
    Evicted,
    /// The same user signed in again in the same browser.
    Replaced,
    /// The password or another credential was changed, which ended the session.
    PasswordChanged,
    /// A timeout passed.
    Expired,
    /// An operator of the server ended it, from the command line or by the API.
    Operator,
    /// A sign-in to the account was reported as somebody else's, and every session but the reporting one ended.
    Reported,
}

impl EndedReason {
    /// Every reason there is.
    pub const ALL: &'static [Self] = &[
        Self::SignedOut,
        Self::Revoked,
        Self::Evicted,
        Self::Replaced,
        Self::PasswordChanged,
        Self::Expired,
        Self::Operator,
        Self::Reported,
    ];

    /// Takes a reason's stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == text)
    }

    /// The stable name that stores and logs use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::Evicted => "evicted",
            Self::Replaced => "replaced",
            Self::PasswordChanged => "password_changed",
            Self::Expired => "expired",
            Self::Operator => "operator",
            Self::Reported => "reported",
        }
    }
}

/// How many sessions a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedCount(
    /// The number of sessions.
    pub usize,
);

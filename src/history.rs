//! The account history, as it is shown to the person.

use serde::{Deserialize, Serialize};

use crate::{Code, EndedReason, SessionId, SignInMethod, Timestamp};

/// What kind of thing happened.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HistoryKind {
    /// A session began.
    SignedIn,
    /// The session began in a browser in which the account was never used before.
    NewDevice,
    /// A password or another proof was refused, at sign-in or at a step-up. It was wrong, or it was right and refused
    /// for another reason.
    PasswordRefused,
    /// The person confirmed who they are in a session.
    Reauthenticated,
    /// A session made requests from another address than before.
    AddressChanged,
    /// Another browser made requests with the session: its cookie was copied, or the browser changed its name.
    BrowserChanged,
    /// A browser switched to this session, which it already held.
    Switched,
    /// A device was given another name.
    Renamed,
    /// The person confirmed a sign-in on a new device.
    Recognized,
    /// A session ended.
    Ended,
    /// A revocation was undone, so the session is live again.
    RevokeUndone,
    /// The password or another credential was changed.
    PasswordChanged,
    /// This history was exported.
    Exported,
    /// The person said that a sign-in was not theirs: every other session ended.
    Reported,
    /// An operator disabled the account: every session ended, and nobody can sign in.
    Disabled,
    /// An operator enabled the account again.
    Enabled,
}

impl HistoryKind {
    /// Every kind there is.
    pub const ALL: &'static [Self] = &[
        Self::SignedIn,
        Self::NewDevice,
        Self::PasswordRefused,
        Self::Reauthenticated,
        Self::AddressChanged,
        Self::BrowserChanged,
        Self::Switched,
        Self::Renamed,
        Self::Recognized,
        Self::Ended,
        Self::RevokeUndone,
        Self::PasswordChanged,
        Self::Exported,
        Self::Reported,
        Self::Disabled,
        Self::Enabled,
    ];

    /// Reads a kind from its stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// The stable name that stores and exports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::NewDevice => "new_device",
            Self::PasswordRefused => "password_refused",
            Self::Reauthenticated => "reauthenticated",
            Self::AddressChanged => "address_changed",
            Self::BrowserChanged => "browser_changed",
            Self::Switched => "switched",
            Self::Renamed => "renamed",
            Self::Recognized => "recognized",
            Self::Ended => "ended",
            Self::RevokeUndone => "revoke_undone",
            Self::PasswordChanged => "password_changed",
            Self::Exported => "exported",
            Self::Reported => "reported",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
        }
    }
}

/// Why a right password or another proof was refused.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// The account is locked because a sign-in was reported.
    Locked,
    /// An operator has disabled the account.
    Disabled,
    /// The account was imported with two-factor authentication, so the password alone is not enough.
    TwoFactor,
    /// The account has as many sessions as allowed, or the browser holds as many accounts as allowed, and none is
    /// evicted.
    LimitReached,
}

impl Refusal {
    /// Every refusal there is.
    pub const ALL: &'static [Self] = &[Self::Locked, Self::Disabled, Self::TwoFactor, Self::LimitReached];

    /// Reads a refusal from its stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| refusal.as_str() == text)
    }

    /// The stable name that stores and exports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Disabled => "disabled",
            Self::TwoFactor => "two_factor",
            Self::LimitReached => "limit_reached",
        }
    }
}

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Locked => Self::PasswordResetRequired,
            Refusal::Disabled => Self::UserDisabled,
            Refusal::TwoFactor => Self::TwoFactorRequired,
            Refusal::LimitReached => Self::MaximumSessionsReached,
        }
    }
}

/// The device that made a change. It may be the changed one itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HistoryActor {
    /// Its session.
    pub id: SessionId,
    /// The device in plain words, as it was called at the time.
    pub label: String,
    /// Its user agent; empty when unknown.
    pub user_agent: String,
    /// Its address at the time; empty when unknown.
    pub ip_address: String,
    /// Where that address is; null if unknown.
    pub place: Option<String>,
}

impl HistoryActor {
    /// A device, by its session and by what a person calls it.
    pub fn new(id: SessionId, label: impl Into<String>) -> Self {
        Self { id, label: label.into(), user_agent: String::new(), ip_address: String::new(), place: None }
    }
}

/// One thing that happened to an account; it is never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HistoryEntry {
    /// The id of the entry. Later entries have greater ids. Use it to request pages.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What kind of thing happened.
    pub kind: HistoryKind,
    /// The session that it is about. Null if there is none, as for a refused password.
    pub session_id: Option<SessionId>,
    /// The device in plain words, as it was called at the time.
    pub device: String,
    /// The user agent of that device; empty when unknown.
    pub user_agent: String,
    /// The address of that device at the time; empty when unknown.
    pub ip_address: String,
    /// Where that address is, as in "Berlin, Germany", if the server has a database of places; otherwise null.
    pub place: Option<String>,
    /// The session that made the change, with its device, address and place. Null if none did, as for an operator.
    pub by: Option<HistoryActor>,
    /// Why the session ended; null for other kinds.
    pub reason: Option<EndedReason>,
    /// Why a right password or another proof was refused. Null if it was wrong, and for other kinds.
    pub refusal: Option<Refusal>,
    /// How the person signed in or confirmed who they are, such as "password". Null if unknown, and for other kinds.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub signed_in_with: Option<SignInMethod>,
    /// The new name of the device. Null if the name was removed, and for other kinds.
    pub name: Option<String>,
    /// The previous address; null for other kinds.
    pub previous_ip_address: Option<String>,
}

impl HistoryEntry {
    /// An entry with its time and kind only.
    pub fn new(id: i64, at: Timestamp, kind: HistoryKind) -> Self {
        Self {
            id,
            at,
            kind,
            session_id: None,
            device: String::new(),
            user_agent: String::new(),
            ip_address: String::new(),
            place: None,
            by: None,
            reason: None,
            refusal: None,
            signed_in_with: None,
            name: None,
            previous_ip_address: None,
        }
    }
}

/// A page of a history, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HistoryPage {
    /// What happened.
    pub entries: Vec<HistoryEntry>,
    /// The `before` of the next page; null if this is the last one.
    pub next: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_refusals_have_one_name_everywhere() {
        for &kind in HistoryKind::ALL {
            assert_eq!(HistoryKind::parse(kind.as_str()), Some(kind));
            let json = serde_json::to_value(kind).expect("JSON");
            assert_eq!(json, kind.as_str());
        }
        assert_eq!(HistoryKind::parse("rewritten"), None);
        for &refusal in Refusal::ALL {
            assert_eq!(Refusal::parse(refusal.as_str()), Some(refusal));
            assert_eq!(serde_json::to_value(refusal).expect("JSON"), refusal.as_str());
        }
        assert_eq!(Refusal::parse("wrong"), None);
    }
}

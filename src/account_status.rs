//! What the account page shows about the account itself.

use serde::{Deserialize, Serialize};

/// What a person should know about their account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccountStatus {
    /// Whether the account is locked because a sign-in was reported. It stays locked until a new password is set by the
    /// mailed link, or another credential changes.
    pub is_locked: bool,
    /// How many sign-ins with a wrong password or another wrong proof failed in the last 24 hours. 1000 means 1000 or
    /// more.
    pub refused_sign_ins: u64,
}

impl AccountStatus {
    /// A status from its two values.
    pub const fn new(is_locked: bool, refused_sign_ins: u64) -> Self {
        Self { is_locked, refused_sign_ins }
    }
}

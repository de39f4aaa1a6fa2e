//! What a person should know of their account beside its devices.

use serde::{Deserialize, Serialize};

/// What a person should know of their account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccountStatus {
    /// Whether a sign-in was reported, so that nobody signs in until another password is set by the mailed link, or another
    /// credential has changed.
    pub is_locked: bool,
    /// How many sign-ins failed for a wrong password or another wrong proof in the last 24 hours; 1000 may be more.
    pub refused_sign_ins: u64,
}

impl AccountStatus {
    /// An account that is locked or not, with so many refused sign-ins.
    pub const fn new(is_locked: bool, refused_sign_ins: u64) -> Self {
        Self { is_locked, refused_sign_ins }
    }
}

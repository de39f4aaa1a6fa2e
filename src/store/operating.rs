//! What operators do, and what is kept of it.

use async_trait::async_trait;

use super::{Ended, StoreError};
use crate::{Operator, SessionId, Timestamp, UserId};

/// What kind of thing an operator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperatorActKind {
    /// Ended one session.
    Revoke,
    /// Ended every session of a user.
    RevokeUser,
    /// Began to end everybody's sessions, which takes more than one transaction: where no [`Self::RevokeEverybody`]
    /// follows, it was not finished.
    RevokeEverybodyBegun,
    /// Ended everybody's sessions.
    RevokeEverybody,
    /// Disabled a user.
    Disable,
    /// Let a user sign in again.
    Enable,
    /// Let a user who was imported with two-factor authentication sign in with the password alone.
    AllowPasswordAlone,
    /// Erased a user.
    Forget,
}

impl OperatorActKind {
    /// The stable name that stores use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::RevokeUser => "revoke_user",
            Self::RevokeEverybodyBegun => "revoke_everybody_begun",
            Self::RevokeEverybody => "revoke_everybody",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::AllowPasswordAlone => "allow_password_alone",
            Self::Forget => "forget",
        }
    }
}

/// An act of an operator that is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOperatorAct {
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub operator: Operator,
    /// What kind of thing it is.
    pub kind: OperatorActKind,
    /// The user that it was done to, as far as that is known.
    pub user_id: Option<UserId>,
    /// The session that it was done to.
    pub session_id: Option<SessionId>,
    /// How many sessions it ended.
    pub ended: usize,
}

impl NewOperatorAct {
    /// An act that is about nobody in particular.
    pub fn new(operator: &Operator, kind: OperatorActKind, at: Timestamp) -> Self {
        Self { at, operator: operator.clone(), kind, user_id: None, session_id: None, ended: 0 }
    }

    /// An act that is about a user.
    #[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
    pub(super) fn of_user(
        operator: &Operator,
        kind: OperatorActKind,
        user: &UserId,
        ended: usize,
        at: Timestamp,
    ) -> Self {
        Self { user_id: Some(user.clone()), ended, ..Self::new(operator, kind, at) }
    }

    /// That one session was to end, and did if it was live.
    #[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
    pub(super) fn revoke(operator: &Operator, id: &SessionId, ended: &[Ended], at: Timestamp) -> Self {
        Self {
            user_id: ended.first().map(|ended| ended.user_id.clone()),
            session_id: Some(id.clone()),
            ended: ended.len(),
            ..Self::new(operator, OperatorActKind::Revoke, at)
        }
    }
}

/// An act of an operator, as it is kept; it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperatorAct {
    /// The order in which it was written.
    pub seq: i64,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub operator: String,
    /// What kind of thing it is: the name of an [`OperatorActKind`], or one that a later release writes.
    pub act: String,
    /// The user that it was done to; it may be gone.
    pub user_id: Option<UserId>,
    /// The session that it was done to; it may be gone.
    pub session_id: Option<SessionId>,
    /// How many sessions it ended.
    pub ended: u64,
}

impl OperatorAct {
    /// An act that no user and no session had to do with, and that ended none.
    pub const fn new(seq: i64, at: Timestamp, operator: String, act: String) -> Self {
        Self { seq, at, operator, act, user_id: None, session_id: None, ended: 0 }
    }
}

/// Does what operators do, and keeps that they did; every method is one transaction, and what it did is kept in the same.
///
/// An act that found nothing to end is kept too, with a count of none. What ends, ends as
/// [`EndedReason::Operator`](crate::EndedReason::Operator), by no session.
///
/// # Errors
///
/// [`StoreError`] when the store fails; so for every method.
#[async_trait]
pub trait OperatorStore: Send + Sync {
    /// Ends one live session, whosever it is; of one that was revoked a moment ago it makes that final.
    async fn end_by_operator(
        &self,
        by: &Operator,
        id: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Ended>, StoreError>;

    /// Ends all live sessions of a user.
    async fn end_of_user(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<Ended>, StoreError>;

    /// Ends live sessions of whichever users, at most `limit`: a part of an act, which the caller records. The answer is
    /// empty only where none is left.
    async fn end_of_everybody(&self, now: Timestamp, limit: u32) -> Result<Vec<Ended>, StoreError>;

    /// Ends all live sessions of a user, who signs in no more from then on: no session begins, and no mailed link proves
    /// anything. `None` for a user who is not known; who is disabled already stays so.
    async fn disable_user(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, StoreError>;

    /// Lets a user sign in again; nothing that has ended lives again. `false` for a user who is not known.
    async fn enable_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<bool, StoreError>;

    /// Lets a user who was imported with two-factor authentication sign in with the password alone; a later import does
    /// not undo that. `false` for an unknown user.
    async fn allow_password_alone(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Erases a user with all that is kept of it but acts of operators, and tells that its sessions are gone; gives those
    /// that were live. `None` for a user who is not known.
    async fn forget_user(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<Vec<SessionId>>, StoreError>;

    /// Keeps an act that is more than one transaction.
    async fn record_act(&self, act: &NewOperatorAct) -> Result<(), StoreError>;

    /// Lists what operators did, the latest first, and only what was written before an act.
    async fn operator_acts(&self, before: Option<i64>, limit: u32) -> Result<Vec<OperatorAct>, StoreError>;

    /// Deletes what operators did at or before a moment, at most `limit`; gives the number.
    async fn forget_acts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

//! Operator acts, and what is stored about them.

use async_trait::async_trait;

use super::{Ended, StoreError};
use crate::{Operator, SessionId, Timestamp, UserId};

/// The kind of an operator act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperatorActKind {
    /// Ended one session.
    Revoke,
    /// Ended every session of a user.
    RevokeUser,
    /// Began to end everybody's sessions, which takes more than one transaction. If no [`Self::RevokeEverybody`]
    /// follows, it was not finished.
    RevokeEverybodyBegun,
    /// Ended everybody's sessions.
    RevokeEverybody,
    /// Disabled a user.
    Disable,
    /// Let a user sign in again.
    Enable,
    /// Let a user who was imported with two-factor authentication sign in by password alone.
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

/// An operator act to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOperatorAct {
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub operator: Operator,
    /// The kind.
    pub kind: OperatorActKind,
    /// The user that it was about, if known.
    pub user_id: Option<UserId>,
    /// The session that it was about.
    pub session_id: Option<SessionId>,
    /// How many sessions it ended.
    pub ended: usize,
}

impl NewOperatorAct {
    /// An act that is not about a single user.
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

    /// The act of ending one session, which ended if it was live.
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

/// A stored operator act. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperatorAct {
    /// The order in which it was written.
    pub seq: i64,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub operator: String,
    /// The kind: the name of an [`OperatorActKind`], or one of a later release.
    pub act: String,
    /// The user that it was about, who may have been erased.
    pub user_id: Option<UserId>,
    /// The session that it was about, which may have been deleted.
    pub session_id: Option<SessionId>,
    /// How many sessions it ended.
    pub ended: u64,
}

impl OperatorAct {
    /// An act without user and session that ended no session.
    pub const fn new(seq: i64, at: Timestamp, operator: String, act: String) -> Self {
        Self { seq, at, operator, act, user_id: None, session_id: None, ended: 0 }
    }
}

/// Makes the changes of operators and stores their acts. Every method is one transaction, which also stores the act.
///
/// An act that ended nothing is stored too, with a count of zero. Sessions end with
/// [`EndedReason::Operator`](crate::EndedReason::Operator), and no session is named as the one that ended them.
///
/// # Errors
///
/// [`StoreError`] when the store fails; so for every method.
#[async_trait]
pub trait OperatorStore: Send + Sync {
    /// Ends one live session of any user. If it was revoked a moment ago, that becomes final.
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

    /// Ends live sessions of any users, at most `limit`: a part of an act, which the caller records. The answer is
    /// empty only if none is left.
    async fn end_of_everybody(&self, now: Timestamp, limit: u32) -> Result<Vec<Ended>, StoreError>;

    /// Disables a user: ends all live sessions, and from then on no session begins and no mailed link is valid. `None`
    /// for an unknown user. A user who is already disabled stays disabled.
    async fn disable_user(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, StoreError>;

    /// Lets a user sign in again; ended sessions stay ended. `false` for an unknown user.
    async fn enable_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<bool, StoreError>;

    /// Lets a user who was imported with two-factor authentication sign in by password alone; a later import does not
    /// undo that. `false` for an unknown user.
    async fn allow_password_alone(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Erases a user with everything that is stored about them except operator acts, and announces that the sessions
    /// are gone; returns those that were live. `None` for an unknown user.
    async fn forget_user(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<Vec<SessionId>>, StoreError>;

    /// Stores an act whose changes take more than one transaction.
    async fn record_act(&self, act: &NewOperatorAct) -> Result<(), StoreError>;

    /// Lists operator acts, latest first, only those before the given one.
    async fn operator_acts(&self, before: Option<i64>, limit: u32) -> Result<Vec<OperatorAct>, StoreError>;

    /// Deletes operator acts from a moment or earlier, at most `limit`; returns the number.
    async fn forget_acts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

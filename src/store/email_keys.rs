//! Users who were stored before e-mails had keys, or by a node of the version before.

use crate::{UserId, email_key};

/// How many users are given keys in one transaction.
pub(super) const AT_ONCE: i64 = 500;

/// Some users without keys.
pub(super) struct Unkeyed {
    /// Whose e-mail is its own key.
    pub(super) own: Vec<UserId>,
    /// Whose is not.
    pub(super) others: Vec<UnkeyedUser>,
    /// The last of them all; none where there are none.
    pub(super) last: Option<UserId>,
}

/// A user whose e-mail is not its own key.
pub(super) struct UnkeyedUser {
    pub(super) id: UserId,
    email: String,
}

impl Unkeyed {
    pub(super) fn new(users: Vec<(UserId, String)>) -> Self {
        let last = users.last().map(|(id, _)| id.clone());
        let (own, others): (Vec<_>, Vec<_>) =
            users.into_iter().partition(|(_, email)| email_key(email) == *email);
        let own = own.into_iter().map(|(id, _)| id).collect();
        let others = others.into_iter().map(|(id, email)| UnkeyedUser { id, email }).collect();
        Self { own, others, last }
    }
}

impl UnkeyedUser {
    /// The key that it is to have.
    pub(super) fn key(&self) -> String {
        email_key(&self.email)
    }

    /// The key that it has where that is another user's: its own spelling.
    pub(super) fn old_key(&self) -> &str {
        &self.email
    }
}

/// Tells of a user who cannot have its key.
pub(super) fn report(id: &UserId) {
    tracing::warn!(
        user.id = %id,
        "user {id} has the e-mail address of another user in another spelling: each signs in with their own spelling only"
    );
}

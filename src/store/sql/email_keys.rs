//! Users who were stored before e-mails had keys, or by a node of the version before.

use std::sync::Arc;

use super::errors::{Result, database_error};
use super::rows::{Columns, user_id};
use super::{Database, SqlStore, Statement, values};
use crate::{UserId, email_key};

/// How many users are given keys in one transaction.
const AT_ONCE: u32 = 500;

impl<D: Database> SqlStore<D> {
    /// Gives every user a key who has none; several nodes may do it at once, and people sign up meanwhile.
    pub(in crate::store) async fn fill_email_keys(&self) -> Result<()> {
        let mut after = None;
        loop {
            match self.fill_some(after.as_ref()).await {
                Ok(Some(last)) => after = Some(last),
                Ok(None) => return Ok(()),
                // Somebody has signed up with it since it was looked whether it is free: now that is seen.
                Err(error) if database_error(&error).is_some_and(|cause| cause.is_unique_violation()) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the last of those who were looked at.
    async fn fill_some(&self, after: Option<&UserId>) -> Result<Option<UserId>> {
        let mut tx = self.begin(Arc::default()).await?;
        tx.execute(Statement::LockEmailKeys, &[]).await?;
        let values = values![after.map_or("", UserId::as_str), AT_ONCE];
        let users = tx
            .list(Statement::UsersWithoutKey, values, |row| {
                Ok((user_id(row, "id")?, row.text("email")?.to_owned()))
            })
            .await?;
        let last = users.last().map(|(id, _)| id.clone());
        let (own, others): (Vec<_>, Vec<_>) =
            users.into_iter().partition(|(_, email)| email_key(email) == *email);
        let own_ids: Vec<&str> = own.iter().map(|(id, _)| id.as_str()).collect();
        let set = tx.list(Statement::SetOwnEmailKeys, values![own_ids], |row| user_id(row, "id")).await?;
        own.iter().map(|(id, _)| id).filter(|id| !set.contains(id)).for_each(report);
        for (id, email) in &others {
            if tx.execute(Statement::SetEmailKey, values![id, &email_key(email)]).await? == 0 {
                report(id);
                // Its own spelling, where its key is another user's.
                tx.execute(Statement::SetEmailKey, values![id, email]).await?;
            }
        }
        tx.commit_unseen(Vec::new()).await?;
        Ok(last)
    }
}

/// Tells of a user who cannot have its key.
fn report(id: &UserId) {
    tracing::warn!(
        user.id = %id,
        "user {id} has the email address of another user in another spelling: each can sign in only with their own spelling"
    );
}

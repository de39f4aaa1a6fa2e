//! Adds email keys to users who were stored before keys existed, or by a node of the previous version.

use std::sync::Arc;

use super::errors::{Result, database_error};
use super::rows::{Columns, user_id};
use super::{Database, SqlStore, Statement, values};
use crate::{UserId, email_key};

/// How many users are given keys in one transaction.
const AT_ONCE: u32 = 500;

impl<D: Database> SqlStore<D> {
    /// Gives a key to every user who has none. Several nodes may do it at once, while people sign up.
    pub(in crate::store) async fn fill_email_keys(&self) -> Result<()> {
        let mut after = None;
        loop {
            match self.fill_some(after.as_ref()).await {
                Ok(Some(last)) => after = Some(last),
                Ok(None) => return Ok(()),
                // Somebody signed up with this email after the check. The next attempt sees that.
                Err(error) if database_error(&error).is_some_and(|cause| cause.is_unique_violation()) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Processes some users and returns the last one.
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
                // If another user has the key, use the address itself.
                tx.execute(Statement::SetEmailKey, values![id, email]).await?;
            }
        }
        tx.commit_unseen(Vec::new()).await?;
        Ok(last)
    }
}

/// Logs a user whose key belongs to another user.
fn report(id: &UserId) {
    tracing::warn!(
        user.id = %id,
        "user {id} has the email address of another user in another spelling: each can sign in only with their own spelling"
    );
}

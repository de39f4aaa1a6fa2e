//! Accounts and their mails.

use async_trait::async_trait;

use super::errors::{Result, corrupt, database_error};
use super::rows::{mail_count, mail_kinds, password_of, readable_mail, reset, seq, stored_token, user_id};
use super::{Database, SqlStore, Statement, Value, values};
use crate::store::accounts::{COUNTED_FOR, MAX_MAIL_DELAY, next_reset};
use crate::store::{AccountStore, DueMail, NewMail, StoredPassword, StoredToken, Transaction};
use crate::{DeviceKey, Purpose, SecretHash, Timestamp, UserId, email_key};

/// The arguments of [`Statement::InsertToken`].
macro_rules! inserting {
    ($token:expr) => {
        values![
            &$token.hash,
            &$token.user_id,
            $token.purpose,
            $token.session_id.as_ref(),
            $token.created_at,
            $token.expires_at,
            $token.redirect_to.as_deref()
        ]
    };
}

#[async_trait]
impl<D: Database> AccountStore for SqlStore<D> {
    async fn password_of(&self, email: &str) -> Result<Option<StoredPassword>> {
        self.find_one(Statement::StoredPassword, values![email, &email_key(email)], password_of).await
    }

    async fn has_password(&self, user: &UserId) -> Result<bool> {
        Ok(self.find_one(Statement::HasPassword, values![user], |_| Ok(())).await?.is_some())
    }

    async fn is_known_device(&self, email: &str, key: &DeviceKey) -> Result<bool> {
        let email_key = email_key(email);
        let values = values![email, &email_key, key];
        Ok(self.find_one(Statement::IsKnownDevice, values, |_| Ok(())).await?.is_some())
    }

    async fn rehash_password(&self, user: &UserId, from: &str, to: &str, now: Timestamp) -> Result<()> {
        self.change("rehash_password", |mut tx| async move {
            tx.lock_user(user).await?;
            tx.execute(Statement::ChangePassword, values![user, from, to, now]).await?;
            tx.commit_unseen(Vec::new()).await
        })
        .await
    }

    async fn add_account(
        &self,
        tx: &mut Transaction<'_>,
        user: &UserId,
        email: &str,
        hash: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.lent(tx)?;
        let key = email_key(email);
        if tx.exists(Statement::OtherAccountOfEmail, values![email, &key, user]).await? {
            return Ok(false);
        }
        let made = match tx.execute(Statement::MakeAccount, values![user, email, &key]).await {
            // Another sign-up with this email was committed meanwhile.
            Err(error) if database_error(&error).is_some_and(|cause| cause.is_unique_violation()) => 0,
            made => made?,
        };
        if made == 0 {
            return Ok(false);
        }
        tx.execute(Statement::InsertPassword, values![user, hash, now]).await?;
        Ok(true)
    }

    async fn change_password(
        &self,
        tx: &mut Transaction<'_>,
        user: &UserId,
        from: &str,
        to: &str,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.lent(tx)?.execute(Statement::ChangePassword, values![user, from, to, now]).await? == 1)
    }

    async fn set_password(
        &self,
        tx: &mut Transaction<'_>,
        user: &UserId,
        to: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.lent(tx)?.execute(Statement::SetPassword, values![user, to, now]).await.map(drop)
    }

    async fn use_token(
        &self,
        tx: &mut Transaction<'_>,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>> {
        let mut tx = self.lent(tx)?;
        let values = values![hash, purpose, now];
        let read = |row: &D::Row| stored_token(row, purpose);
        let Some(token) = tx.find_one(Statement::FindToken, values, read).await? else { return Ok(None) };
        if tx.execute(Statement::UseToken, values).await? == 0 {
            return Ok(None);
        }
        tx.execute(Statement::DeleteTokens, values![&token.user_id]).await?;
        Ok(Some(token))
    }

    async fn add_token(&self, tx: &mut Transaction<'_>, token: &StoredToken) -> Result<()> {
        self.lent(tx)?.execute(Statement::InsertToken, inserting!(token)).await.map(drop)
    }

    async fn add_mail(&self, tx: &mut Transaction<'_>, mail: &NewMail) -> Result<()> {
        let values = values![&mail.user_id, mail.kind.as_str(), mail.session_id.as_ref(), mail.at];
        self.lent(tx)?.execute(Statement::InsertMail, values).await.map(drop)
    }

    async fn drop_resets(&self, tx: &mut Transaction<'_>, user: &UserId) -> Result<()> {
        self.lent(tx)?.execute(Statement::DropMailsToReset, values![user]).await.map(drop)
    }

    async fn request_reset(&self, email: &str, redirect_to: Option<&str>, now: Timestamp) -> Result<bool> {
        self.change("request_reset", |mut tx| async move {
            let key = email_key(email);
            let values = values![email, &key];
            let user = tx.find_one(Statement::UserToReset, values, |row| user_id(row, "id")).await?;
            let Some(user) = user else { return Ok(false) };
            let so_far = tx.list(Statement::Resets, values![&user, now.minus(COUNTED_FOR)], reset).await?;
            let Some(redirect_to) = next_reset(redirect_to, &so_far, now) else { return Ok(false) };
            tx.execute(Statement::InsertReset, values![&user, redirect_to, now]).await?;
            tx.commit_unseen(Vec::new()).await?;
            Ok(true)
        })
        .await
    }

    async fn claim_mails(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<DueMail>> {
        let mails = self.change("claim_mails", |mut tx| async move {
            tx.execute(Statement::DueMailsFromTheFuture, values![now, now.plus(MAX_MAIL_DELAY)]).await?;
            let values = values![now, lease_until, limit, mail_kinds()];
            let claimed = tx.list(Statement::ClaimMails, values, seq).await?;
            let mails = tx.list(Statement::Mails, values![claimed], |row| Ok(readable_mail(row))).await?;
            tx.commit_unseen(Vec::new()).await?;
            Ok::<_, crate::StoreError>(mails)
        });
        Ok(mails.await?.into_iter().flatten().collect())
    }

    async fn waiting_mails(&self) -> Result<u64> {
        let count = self.find_one(Statement::CountMails, values![i64::MIN], mail_count).await?;
        Ok(count.unwrap_or_default())
    }

    async fn drop_mail(&self, seq: i64) -> Result<()> {
        self.write(Statement::DropMail, values![seq]).await.map(drop)
    }

    async fn put_off_mail(&self, seq: i64, due_at: Timestamp) -> Result<()> {
        self.write(Statement::PutOffMail, values![seq, due_at]).await.map(drop)
    }

    async fn put_token(&self, token: &StoredToken) -> Result<()> {
        self.write(Statement::InsertToken, inserting!(token)).await.map(drop)
    }

    async fn find_token(
        &self,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>> {
        let read = |row: &D::Row| stored_token(row, purpose);
        self.find_one(Statement::FindToken, values![hash, purpose, now], read).await
    }

    async fn sweep_tokens(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.write(Statement::SweepTokens, values![now.minus(COUNTED_FOR), limit]).await
    }
}

/// The connection of a transaction that was lent to the caller of a change.
pub(super) struct Lent<'a, D: Database> {
    database: &'a D,
    connection: &'a mut D::Connection,
}

impl<D: Database> SqlStore<D> {
    pub(super) fn lent<'a>(&'a self, tx: &'a mut Transaction<'_>) -> Result<Lent<'a, D>> {
        let connection = D::lent(tx).ok_or_else(|| corrupt("the transaction is of another store"))?;
        Ok(Lent { database: &self.database, connection })
    }
}

impl<D: Database> Lent<'_, D> {
    pub(super) async fn execute(&mut self, statement: Statement, values: &[Value<'_>]) -> Result<u64> {
        self.database.execute(self.connection, statement, values).await
    }

    async fn find_one<T>(
        &mut self,
        statement: Statement,
        values: &[Value<'_>],
        read: impl Fn(&D::Row) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        let rows = self.database.fetch(self.connection, statement, values).await?;
        rows.first().map(read).transpose()
    }

    async fn exists(&mut self, statement: Statement, values: &[Value<'_>]) -> Result<bool> {
        Ok(!self.database.fetch(self.connection, statement, values).await?.is_empty())
    }
}

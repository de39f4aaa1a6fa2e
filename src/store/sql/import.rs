//! Imports from another system.

use std::sync::Arc;

use async_trait::async_trait;

use super::errors::Result;
use super::rows::{Columns, TwoFactor, session_id};
use super::{Database, SqlStore, Statement, Transaction, values};
use crate::store::import::{
    Import, ImportOutcome, ImportRowError, ImportStore, ImportedRestrictions, ImportedSession, Restricted,
};
use crate::{Change, EndedReason, SessionId, Timestamp, User, UserId};

/// The transaction of one import.
struct SqlImport<D: Database> {
    tx: Transaction<D>,
    now: Timestamp,
}

#[async_trait]
impl<D: Database> ImportStore for SqlStore<D> {
    async fn begin_import(&self, now: Timestamp) -> Result<Box<dyn Import>> {
        let mut tx = self.begin(Arc::default()).await?;
        tx.execute(Statement::LockAll, &[]).await?;
        tx.execute(Statement::LiftTimeouts, &[]).await?;
        Ok(Box::new(SqlImport { tx, now }))
    }
}

impl<D: Database> SqlImport<D> {
    async fn user_updated_at(&mut self, user: &UserId) -> Result<Option<i64>> {
        let read = |row: &D::Row| row.integer("updated_at");
        self.tx.find_one(Statement::UserUpdatedAt, values![user], read).await
    }

    async fn must_exist(&mut self, user: &UserId) -> Result<(), ImportRowError> {
        self.user_updated_at(user).await?.map(drop).ok_or(ImportRowError::UnknownUser)
    }

    async fn note_ban(&mut self, user: &UserId, at: Option<Timestamp>) -> Result<()> {
        self.tx.execute(Statement::NoteBan, values![user, at]).await.map(drop)
    }

    async fn insert_session(&mut self, imported: &ImportedSession) -> Result<()> {
        let ImportedSession { session, secret_hash, remember } = imported;
        let values = values![
            &session.id,
            &session.user_id,
            &session.handle,
            secret_hash,
            &session.ip_address,
            &session.user_agent,
            *remember,
            session.created_at,
            session.updated_at,
            session.expires_at,
            self.now
        ];
        self.tx.execute(Statement::InsertImportedSession, values).await.map(drop)
    }
}

#[async_trait]
impl<D: Database> Import for SqlImport<D> {
    async fn user(&mut self, user: &User) -> Result<ImportOutcome, ImportRowError> {
        if self.tx.is_email_taken(&user.id, &user.email).await? {
            return Err(ImportRowError::EmailTaken);
        }
        let (statement, taken) = match self.user_updated_at(&user.id).await? {
            None => (Statement::InsertUser, ImportOutcome::New),
            Some(known) if user.updated_at.unix_ms() > known => {
                (Statement::UpdateUser, ImportOutcome::Updated)
            }
            Some(_) => return Ok(ImportOutcome::Unchanged),
        };
        self.tx.put_user(statement, user).await?;
        Ok(taken)
    }

    async fn restrict(
        &mut self,
        user: &UserId,
        theirs: ImportedRestrictions,
    ) -> Result<Restricted, ImportRowError> {
        let known = self.tx.known_user(user).await?.ok_or(ImportRowError::UnknownUser)?;
        let mut ended = 0;
        if theirs.is_banned && !known.is_ban_known {
            self.note_ban(user, Some(self.now)).await?;
            ended = self.tx.disable(user, self.now).await?.len() as u64;
        }
        let is_over = !theirs.is_banned && known.is_ban_known;
        if is_over && !known.restrictions.is_disabled {
            self.note_ban(user, None).await?;
        }
        let two_factor = match (theirs.needs_two_factor, known.two_factor) {
            (true, TwoFactor::None) => Some(Some("required")),
            (false, TwoFactor::Required) => Some(None),
            _ => None,
        };
        if let Some(two_factor) = two_factor {
            self.tx.execute(Statement::SetTwoFactor, values![user, two_factor]).await?;
        }
        Ok(Restricted { ended, is_still_disabled: is_over && known.restrictions.is_disabled })
    }

    async fn password(
        &mut self,
        user: &UserId,
        hash: &str,
        updated_at: Timestamp,
    ) -> Result<ImportOutcome, ImportRowError> {
        self.must_exist(user).await?;
        let read = |row: &D::Row| row.text("hash").map(str::to_owned);
        let known = self.tx.find_one(Statement::PasswordHash, values![user], read).await?;
        let (statement, taken) = match known {
            None => (Statement::InsertPassword, ImportOutcome::New),
            // The hash is ours: the user has signed in or changed the password here.
            Some(known) if known.starts_with('$') || known == hash => return Ok(ImportOutcome::Unchanged),
            Some(_) => (Statement::FollowPassword, ImportOutcome::Updated),
        };
        self.tx.execute(statement, values![user, hash, updated_at]).await?;
        Ok(taken)
    }

    async fn session(&mut self, imported: &ImportedSession) -> Result<ImportOutcome, ImportRowError> {
        let session = &imported.session;
        self.must_exist(&session.user_id).await?;
        let values = values![&session.id, &session.handle];
        let read = |row: &D::Row| Ok((session_id(row)?, row.integer("expires_at")?));
        let known: Option<(SessionId, i64)> =
            self.tx.find_one(Statement::SessionToFollow, values, read).await?;
        let Some((id, expires_at)) = known else {
            let known = self.tx.known_user(&session.user_id).await?;
            if known.is_some_and(|known| known.restrictions.is_disabled) {
                return Err(ImportRowError::UserDisabled);
            }
            self.insert_session(imported).await?;
            return Ok(ImportOutcome::New);
        };
        if id != session.id {
            return Err(ImportRowError::HandleTaken);
        }
        let values = values![&session.id, session.expires_at, session.updated_at, self.now];
        let is_followed = self.tx.execute(Statement::FollowSession, values).await? > 0;
        let is_later = session.expires_at.unix_ms() > expires_at;
        Ok(if is_followed && is_later { ImportOutcome::Updated } else { ImportOutcome::Unchanged })
    }

    async fn end_gone(&mut self) -> Result<u64> {
        let values = values![self.now, EndedReason::SignedOut, None::<&SessionId>];
        self.tx.execute(Statement::EndGone, values).await
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        // Too many changes to announce one by one: open streams get their list again.
        let database = Arc::clone(&self.tx.database);
        self.tx.commit(vec![Change::Gap]).await?;
        database.settle().await;
        Ok(())
    }
}

//! Another system's rows, into the PostgreSQL store.

use async_trait::async_trait;
use sqlx::Executor;
use sqlx::postgres::PgTransaction;

use super::operating::{disable, restrictions_of};
use super::{PostgresStore, Result, StoreError, commit, ending, sql};
use crate::store::import::{
    Import, ImportStore, ImportedRestrictions, ImportedSession, Restricted, TakeError, Taken,
};
use crate::store::sql::{Columns, TwoFactor, session_id};
use crate::{Change, EndedReason, Timestamp, User, UserId, email_key};

/// All the rows of one import.
struct PostgresImport {
    tx: PgTransaction<'static>,
    now: Timestamp,
}

#[async_trait]
impl ImportStore for PostgresStore {
    async fn begin_import(&self, now: Timestamp) -> Result<Box<dyn Import>> {
        let mut tx = self.begin().await?;
        tx.execute(sql::LOCK_ALL).await?;
        tx.execute(sql::HURRY_NOT).await?;
        Ok(Box::new(PostgresImport { tx, now }))
    }
}

impl PostgresImport {
    async fn user_updated_at(&mut self, user: &UserId) -> Result<Option<i64>> {
        let known = sqlx::query_scalar(sql::USER_UPDATED_AT).bind(user.as_str());
        Ok(known.fetch_optional(&mut *self.tx).await?)
    }

    async fn note_ban(&mut self, user: &UserId, at: Option<Timestamp>) -> Result<()> {
        let note = sqlx::query(sql::NOTE_BAN).bind(user.as_str()).bind(at.map(Timestamp::unix_ms));
        note.execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn must_exist(&mut self, user: &UserId) -> Result<(), TakeError> {
        self.user_updated_at(user).await?.map(drop).ok_or(TakeError::UnknownUser)
    }

    async fn insert_session(&mut self, imported: &ImportedSession) -> Result<()> {
        let ImportedSession { session, secret_hash, remember } = imported;
        sqlx::query(sql::INSERT_IMPORTED_SESSION)
            .bind(session.id.as_str())
            .bind(session.user_id.as_str())
            .bind(session.handle.as_str())
            .bind(secret_hash.as_bytes().as_slice())
            .bind(&session.ip_address)
            .bind(&session.user_agent)
            .bind(*remember)
            .bind(session.created_at.unix_ms())
            .bind(session.updated_at.unix_ms())
            .bind(session.expires_at.unix_ms())
            .bind(self.now.unix_ms())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

#[async_trait]
impl Import for PostgresImport {
    async fn user(&mut self, user: &User) -> Result<Taken, TakeError> {
        let key = email_key(&user.email);
        let other = sqlx::query(sql::OTHER_USER_OF_EMAIL).bind(&user.email).bind(&key).bind(user.id.as_str());
        if other.fetch_optional(&mut *self.tx).await.map_err(StoreError::from)?.is_some() {
            return Err(TakeError::EmailTaken);
        }
        let (statement, taken) = match self.user_updated_at(&user.id).await? {
            None => (sql::INSERT_USER, Taken::New),
            Some(known) if user.updated_at.unix_ms() > known => (sql::UPDATE_USER, Taken::Updated),
            Some(_) => return Ok(Taken::Unchanged),
        };
        sqlx::query(statement)
            .bind(user.id.as_str())
            .bind(&user.email)
            .bind(&user.name)
            .bind(&user.image)
            .bind(user.email_verified)
            .bind(user.created_at.unix_ms())
            .bind(user.updated_at.unix_ms())
            .bind(key)
            .execute(&mut *self.tx)
            .await
            .map_err(StoreError::from)?;
        Ok(taken)
    }

    async fn restrict(
        &mut self,
        user: &UserId,
        theirs: ImportedRestrictions,
    ) -> Result<Restricted, TakeError> {
        let known = restrictions_of(&mut self.tx, user).await?.ok_or(TakeError::UnknownUser)?;
        let mut ended = 0;
        if theirs.is_banned && !known.is_ban_known {
            self.note_ban(user, Some(self.now)).await?;
            ended = disable(&mut self.tx, user, self.now).await?.len() as u64;
        }
        let is_over = !theirs.is_banned && known.is_ban_known;
        if is_over && !known.is_disabled {
            self.note_ban(user, None).await?;
        }
        let two_factor = match (theirs.needs_two_factor, known.two_factor) {
            (true, TwoFactor::None) => Some(Some("required")),
            (false, TwoFactor::Required) => Some(None),
            _ => None,
        };
        if let Some(two_factor) = two_factor {
            let set = sqlx::query(sql::SET_TWO_FACTOR).bind(user.as_str()).bind(two_factor);
            set.execute(&mut *self.tx).await.map_err(StoreError::from)?;
        }
        Ok(Restricted { ended, is_still_disabled: is_over && known.is_disabled })
    }

    async fn password(
        &mut self,
        user: &UserId,
        hash: &str,
        updated_at: Timestamp,
    ) -> Result<Taken, TakeError> {
        self.must_exist(user).await?;
        let known = sqlx::query_scalar::<_, String>(sql::PASSWORD_HASH).bind(user.as_str());
        let known = known.fetch_optional(&mut *self.tx).await.map_err(StoreError::from)?;
        let (statement, taken) = match known {
            None => (sql::INSERT_PASSWORD, Taken::New),
            // Ours: its owner has signed in here, or changed it here.
            Some(known) if known.starts_with('$') || known == hash => return Ok(Taken::Unchanged),
            Some(_) => (sql::FOLLOW_PASSWORD, Taken::Updated),
        };
        let query = sqlx::query(statement).bind(user.as_str()).bind(hash).bind(updated_at.unix_ms());
        query.execute(&mut *self.tx).await.map_err(StoreError::from)?;
        Ok(taken)
    }

    async fn session(&mut self, imported: &ImportedSession) -> Result<Taken, TakeError> {
        let session = &imported.session;
        self.must_exist(&session.user_id).await?;
        let known = sqlx::query(sql::SESSION_TO_FOLLOW)
            .bind(session.id.as_str())
            .bind(session.handle.as_str())
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(StoreError::from)?;
        let Some(known) = known else {
            if restrictions_of(&mut self.tx, &session.user_id).await?.is_some_and(|known| known.is_disabled) {
                return Err(TakeError::UserDisabled);
            }
            self.insert_session(imported).await?;
            return Ok(Taken::New);
        };
        if session_id(&known)? != session.id {
            return Err(TakeError::HandleTaken);
        }
        let follow = sqlx::query(sql::FOLLOW_SESSION)
            .bind(session.id.as_str())
            .bind(session.expires_at.unix_ms())
            .bind(session.updated_at.unix_ms())
            .bind(self.now.unix_ms());
        let followed = follow.execute(&mut *self.tx).await.map_err(StoreError::from)?;
        let later = session.expires_at.unix_ms() > known.integer("expires_at")?;
        Ok(if later && followed.rows_affected() > 0 { Taken::Updated } else { Taken::Unchanged })
    }

    async fn end_gone(&mut self) -> Result<u64> {
        let query = ending(sql::END_GONE, self.now, EndedReason::SignedOut, None);
        Ok(query.execute(&mut *self.tx).await?.rows_affected())
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        // Too much to tell one by one: whoever watches is given the list anew.
        commit(self.tx, vec![Change::Gap]).await
    }
}

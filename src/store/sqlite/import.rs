//! Another system's rows, into the SQLite store.

use async_trait::async_trait;
use sqlx::{Row, Sqlite, Transaction};

use super::operating::{disable, restrictions_of};
use super::{Result, StoreError, ending, sql};
use crate::store::import::{
    Import, ImportStore, ImportedRestrictions, ImportedSession, Restricted, TakeError, Taken,
};
use crate::store::sql::TwoFactor;
use crate::{EndedReason, SqliteStore, Timestamp, User, UserId, email_key};

/// All the rows of one import.
struct SqliteImport {
    tx: Transaction<'static, Sqlite>,
    now: Timestamp,
}

#[async_trait]
impl ImportStore for SqliteStore {
    async fn begin_import(&self, now: Timestamp) -> Result<Box<dyn Import>> {
        let tx = self.writer.begin_with("begin immediate").await?;
        Ok(Box::new(SqliteImport { tx, now }))
    }
}

impl SqliteImport {
    async fn user_exists(&mut self, user: &UserId) -> Result<bool> {
        let found = sqlx::query(sql::USER_UPDATED_AT).bind(user.as_str());
        Ok(found.fetch_optional(&mut *self.tx).await?.is_some())
    }

    async fn note_ban(&mut self, user: &UserId, at: Option<Timestamp>) -> Result<()> {
        let note = sqlx::query(sql::NOTE_BAN).bind(user.as_str()).bind(at.map(Timestamp::unix_ms));
        note.execute(&mut *self.tx).await?;
        Ok(())
    }
}

#[async_trait]
impl Import for SqliteImport {
    async fn user(&mut self, user: &User) -> Result<Taken, TakeError> {
        let tx = &mut *self.tx;
        let key = email_key(&user.email);
        let other = sqlx::query(sql::OTHER_USER_OF_EMAIL).bind(&user.email).bind(&key).bind(user.id.as_str());
        if other.fetch_optional(&mut *tx).await.map_err(super::StoreError::from)?.is_some() {
            return Err(TakeError::EmailTaken);
        }
        let known = sqlx::query_scalar::<_, i64>(sql::USER_UPDATED_AT).bind(user.id.as_str());
        let known = known.fetch_optional(&mut *tx).await.map_err(super::StoreError::from)?;
        let (statement, taken) = match known {
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
            .execute(tx)
            .await
            .map_err(super::StoreError::from)?;
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
        if !self.user_exists(user).await? {
            return Err(TakeError::UnknownUser);
        }
        let known = sqlx::query_scalar::<_, String>(sql::PASSWORD_HASH).bind(user.as_str());
        let known = known.fetch_optional(&mut *self.tx).await.map_err(super::StoreError::from)?;
        let (statement, taken) = match known {
            None => (sql::INSERT_PASSWORD, Taken::New),
            // Ours: its owner has signed in here, or changed it here.
            Some(known) if known.starts_with('$') || known == hash => return Ok(Taken::Unchanged),
            Some(_) => (sql::FOLLOW_PASSWORD, Taken::Updated),
        };
        let query = sqlx::query(statement).bind(user.as_str()).bind(hash).bind(updated_at.unix_ms());
        query.execute(&mut *self.tx).await.map_err(super::StoreError::from)?;
        Ok(taken)
    }

    async fn session(&mut self, imported: &ImportedSession) -> Result<Taken, TakeError> {
        let ImportedSession { session, secret_hash, remember } = imported;
        if !self.user_exists(&session.user_id).await? {
            return Err(TakeError::UnknownUser);
        }
        let known = sqlx::query(sql::SESSION_TO_FOLLOW)
            .bind(session.id.as_str())
            .bind(session.handle.as_str())
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(super::StoreError::from)?;
        let Some(known) = known else {
            if restrictions_of(&mut self.tx, &session.user_id).await?.is_some_and(|known| known.is_disabled) {
                return Err(TakeError::UserDisabled);
            }
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
                .await
                .map_err(super::StoreError::from)?;
            return Ok(Taken::New);
        };
        let id: &str = known.try_get("id").map_err(super::StoreError::from)?;
        if id != session.id.as_str() {
            return Err(TakeError::HandleTaken);
        }
        let expires_at: i64 = known.try_get("expires_at").map_err(super::StoreError::from)?;
        let follow = sqlx::query(sql::FOLLOW_SESSION)
            .bind(session.id.as_str())
            .bind(session.expires_at.unix_ms())
            .bind(session.updated_at.unix_ms())
            .bind(self.now.unix_ms());
        let followed = follow.execute(&mut *self.tx).await.map_err(super::StoreError::from)?;
        let later = followed.rows_affected() > 0 && session.expires_at.unix_ms() > expires_at;
        Ok(if later { Taken::Updated } else { Taken::Unchanged })
    }

    async fn end_gone(&mut self) -> Result<u64> {
        let query = ending(sql::END_GONE, self.now, EndedReason::SignedOut, None);
        Ok(query.execute(&mut *self.tx).await?.rows_affected())
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}

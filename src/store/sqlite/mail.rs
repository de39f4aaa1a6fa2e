//! What is to be mailed, in the SQLite store.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::{Result, SqliteStore, end_in, ending, forget_devices, is_live, json_list, record, sql};
use crate::store::mail::{COUNTED_FOR, TOO_FAR, next_reset};
use crate::store::sql::{due_mails, mail_kinds, reset, stored_token, user_id};
use crate::store::{
    Actor, DueMail, Ended, MailStore, NewHistoryEntry, NewMail, Rotation, StoredToken, changes_of,
    reauthenticated, reported,
};
use crate::{
    EndedReason, HistoryKind, MailKind, Purpose, SecretHash, SessionId, Timestamp, UserId, email_key,
};

#[async_trait]
impl MailStore for SqliteStore {
    async fn request_reset(&self, email: &str, redirect_to: Option<&str>, now: Timestamp) -> Result<bool> {
        let mut tx = self.writer.begin_with("begin immediate").await?;
        let found = sqlx::query(sql::USER_OF_EMAIL).bind(email).bind(email_key(email));
        let found = found.fetch_optional(&mut *tx).await?;
        let Some(found) = found else { return Ok(false) };
        let user = user_id(&found, "id")?;
        let so_far = sqlx::query(sql::RESETS).bind(user.as_str()).bind(now.minus(COUNTED_FOR).unix_ms());
        let so_far = so_far.fetch_all(&mut *tx).await?.iter().map(reset).collect::<Result<Vec<_>>>()?;
        let Some(redirect_to) = next_reset(redirect_to, &so_far, now) else { return Ok(false) };
        let put = sqlx::query(sql::INSERT_RESET).bind(user.as_str()).bind(redirect_to).bind(now.unix_ms());
        put.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn claim_mails(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<DueMail>> {
        let mut tx = self.begin().await?;
        let latest = now.plus(TOO_FAR).unix_ms();
        sqlx::query(sql::HURRY_MAILS).bind(now.unix_ms()).bind(latest).execute(&mut *tx).await?;
        let claimed = sqlx::query(sql::CLAIM_MAILS)
            .bind(now.unix_ms())
            .bind(lease_until.unix_ms())
            .bind(limit)
            .bind(json_list(mail_kinds().into_iter()))
            .fetch_all(&mut *tx)
            .await?;
        let claimed =
            claimed.iter().map(|row| Ok(row.try_get::<i64, _>("seq")?)).collect::<Result<Vec<_>>>()?;
        let claimed = serde_json::Value::from(claimed).to_string();
        let mails = sqlx::query(sql::MAILS).bind(claimed).fetch_all(&mut *tx).await?;
        self.commit(tx, Vec::new()).await?;
        Ok(due_mails(&mails))
    }

    async fn drop_mail(&self, seq: i64) -> Result<()> {
        self.write(sqlx::query(sql::DROP_MAIL).bind(seq)).await.map(drop)
    }

    async fn put_off_mail(&self, seq: i64, due_at: Timestamp) -> Result<()> {
        self.write(sqlx::query(sql::PUT_OFF_MAIL).bind(seq).bind(due_at.unix_ms())).await.map(drop)
    }

    async fn put_token(&self, token: &StoredToken) -> Result<()> {
        insert_token(&mut *self.writer.acquire().await?, token).await
    }

    async fn find_token(
        &self,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>> {
        let row = sqlx::query(sql::FIND_TOKEN)
            .bind(hash.as_bytes().as_slice())
            .bind(purpose.as_str())
            .bind(now.unix_ms())
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| stored_token(&row, purpose)).transpose()
    }

    async fn reset_password(
        &self,
        hash: &SecretHash,
        to: &str,
        tell: bool,
        now: Timestamp,
    ) -> Result<Option<(UserId, Vec<Ended>)>> {
        let mut tx = self.begin().await?;
        let Some(token) = use_token(&mut tx, hash, Purpose::ResetPassword, now).await? else {
            return Ok(None);
        };
        let user = token.user_id;
        let set = sqlx::query(sql::SET_PASSWORD).bind(user.as_str()).bind(to).bind(now.unix_ms());
        set.execute(&mut *tx).await?;
        sqlx::query(sql::USER_CHANGED).bind(user.as_str()).bind(now.unix_ms()).execute(&mut *tx).await?;
        sqlx::query(sql::DELETE_TOKENS).bind(user.as_str()).execute(&mut *tx).await?;
        sqlx::query(sql::DROP_MAILS_TO_RESET).bind(user.as_str()).execute(&mut *tx).await?;
        let changed = NewHistoryEntry::new(HistoryKind::PasswordChanged, user.clone(), None, now);
        record(&mut tx, &[changed]).await?;
        if tell {
            let kind = MailKind::PasswordChanged;
            let mail = NewMail { user_id: user.clone(), kind, session_id: None, at: now };
            insert_mail(&mut tx, &mail).await?;
        }
        let reason = EndedReason::PasswordChanged;
        let end = ending(sql::END_ALL, now, reason, None).bind(user.as_str().to_owned());
        let ended = end_in(&mut tx, end, reason).await?;
        self.commit(tx, changes_of(None, &ended)).await?;
        Ok(Some((user, ended)))
    }

    async fn report(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        rotation: &Rotation,
        lock: bool,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        let mut tx = self.begin().await?;
        let another = sqlx::query(sql::IS_ANOTHER_OF_USER)
            .bind(id.as_str())
            .bind(actor.user.as_str())
            .bind(actor.session.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        if another.is_none() || !is_live(&mut tx, actor, now).await? {
            return Ok(None);
        }
        let reason = EndedReason::Reported;
        let end =
            ending(sql::END_OTHERS, now, reason, Some(actor.session)).bind(actor.user.as_str().to_owned());
        let ended = end_in(&mut tx, end, reason).await?;
        record(&mut tx, &[reported(actor.user, Some(id), Some(actor.session), now)]).await?;
        forget_devices(&mut tx, actor.user).await?;
        sqlx::query(sql::ROTATE)
            .bind(now.unix_ms())
            .bind(actor.session.as_str())
            .bind(actor.user.as_str())
            .bind(rotation.handle.as_str())
            .bind(rotation.secret_hash.as_bytes().as_slice())
            .execute(&mut *tx)
            .await?;
        if lock && lock_password(&mut tx, actor.user, now).await? {
            let (user_id, kind) = (actor.user.clone(), MailKind::PasswordLocked);
            let mail = NewMail { user_id, kind, session_id: Some(id.clone()), at: now };
            insert_mail(&mut tx, &mail).await?;
        }
        let mut changes = changes_of(None, &ended);
        changes.push(reauthenticated(actor));
        self.commit(tx, changes).await?;
        Ok(Some(ended))
    }

    async fn report_by_mail(
        &self,
        hash: &SecretHash,
        reset: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(UserId, Vec<Ended>)>> {
        let mut tx = self.begin().await?;
        let Some(token) = use_token(&mut tx, hash, Purpose::NotMe, now).await? else { return Ok(None) };
        let user = token.user_id.clone();
        let reason = EndedReason::Reported;
        let end = ending(sql::END_ALL, now, reason, None).bind(user.as_str().to_owned());
        let ended = end_in(&mut tx, end, reason).await?;
        record(&mut tx, &[reported(&user, token.session_id.as_ref(), None, now)]).await?;
        forget_devices(&mut tx, &user).await?;
        lock_password(&mut tx, &user, now).await?;
        sqlx::query(sql::DELETE_TOKENS).bind(user.as_str()).execute(&mut *tx).await?;
        insert_token(&mut tx, &token.exchanged(reset, now, expires_at)).await?;
        self.commit(tx, changes_of(None, &ended)).await?;
        Ok(Some((user, ended)))
    }

    async fn sweep_tokens(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(sqlx::query(sql::SWEEP_TOKENS).bind(before.unix_ms()).bind(limit)).await
    }
}

/// Whether this hash is the user's still, and signs in.
pub(super) async fn password_stands(
    connection: &mut SqliteConnection,
    user: &UserId,
    hash: &str,
) -> Result<bool> {
    let stands = sqlx::query(sql::PASSWORD_STANDS).bind(user.as_str()).bind(hash);
    Ok(stands.fetch_optional(connection).await?.is_some())
}

pub(super) async fn insert_mail(connection: &mut SqliteConnection, mail: &NewMail) -> Result<()> {
    sqlx::query(sql::INSERT_MAIL)
        .bind(mail.user_id.as_str())
        .bind(mail.kind.as_str())
        .bind(mail.session_id.as_ref().map(SessionId::as_str))
        .bind(mail.at.unix_ms())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_token(connection: &mut SqliteConnection, token: &StoredToken) -> Result<()> {
    sqlx::query(sql::INSERT_TOKEN)
        .bind(token.hash.as_bytes().as_slice())
        .bind(token.user_id.as_str())
        .bind(token.purpose.as_str())
        .bind(token.session_id.as_ref().map(SessionId::as_str))
        .bind(token.created_at.unix_ms())
        .bind(token.expires_at.unix_ms())
        .bind(token.redirect_to.as_deref())
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses a token up, and gives what it was.
async fn use_token(
    connection: &mut SqliteConnection,
    hash: &SecretHash,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<StoredToken>> {
    let (bytes, name) = (hash.as_bytes().as_slice(), purpose.as_str());
    let find = sqlx::query(sql::FIND_TOKEN).bind(bytes).bind(name).bind(now.unix_ms());
    let Some(row) = find.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let using = sqlx::query(sql::USE_TOKEN).bind(bytes).bind(name).bind(now.unix_ms());
    using.execute(connection).await?;
    stored_token(&row, purpose).map(Some)
}

/// `false` where it was locked already, or there is none.
async fn lock_password(connection: &mut SqliteConnection, user: &UserId, now: Timestamp) -> Result<bool> {
    let lock = sqlx::query(sql::LOCK_PASSWORD).bind(user.as_str()).bind(now.unix_ms());
    Ok(lock.execute(connection).await?.rows_affected() == 1)
}

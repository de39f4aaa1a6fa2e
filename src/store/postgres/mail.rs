//! What is to be mailed, in the PostgreSQL store.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::{
    PostgresStore, Result, TRIES, commit, end_in, ending, forget_devices, is_live, lock_user, record, sql,
    was_taken_back,
};
use crate::store::mail::{COUNTED_FOR, TOO_FAR, next_reset};
use crate::store::sql::{due_mails, mail_kinds, reset, stored_token, user_id};
use crate::store::{
    Actor, DueMail, Ended, MailStore, NewHistoryEntry, NewMail, Rotation, StoredToken, changes_of,
    reauthenticated, reported,
};
use crate::{
    EndedReason, HistoryKind, MailKind, Purpose, SecretHash, SessionId, Timestamp, UserId, email_key,
};

impl PostgresStore {
    async fn try_request_reset(
        &self,
        email: &str,
        redirect_to: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let found = sqlx::query(sql::LOCK_USER_OF_EMAIL).bind(email).bind(email_key(email));
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

    async fn try_claim_mails(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueMail>> {
        let mut tx = self.begin().await?;
        let latest = now.plus(TOO_FAR).unix_ms();
        sqlx::query(sql::HURRY_MAILS).bind(now.unix_ms()).bind(latest).execute(&mut *tx).await?;
        let claimed = sqlx::query(sql::CLAIM_MAILS)
            .bind(now.unix_ms())
            .bind(lease_until.unix_ms())
            .bind(i64::from(limit))
            .bind(mail_kinds())
            .fetch_all(&mut *tx)
            .await?;
        let claimed =
            claimed.iter().map(|row| Ok(row.try_get::<i64, _>("seq")?)).collect::<Result<Vec<_>>>()?;
        let mails = sqlx::query(sql::MAILS).bind(claimed).fetch_all(&mut *tx).await?;
        tx.commit().await?;
        Ok(due_mails(&mails))
    }

    async fn try_reset_password(
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
        commit(tx, changes_of(None, &ended)).await?;
        Ok(Some((user, ended)))
    }

    async fn try_report(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        rotation: &Rotation,
        lock: bool,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        let mut tx = self.begin().await?;
        lock_user(&mut tx, actor.user).await?;
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
        commit(tx, changes).await?;
        Ok(Some(ended))
    }

    async fn try_report_by_mail(
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
        commit(tx, changes_of(None, &ended)).await?;
        Ok(Some((user, ended)))
    }
}

#[async_trait]
impl MailStore for PostgresStore {
    async fn request_reset(&self, email: &str, redirect_to: Option<&str>, now: Timestamp) -> Result<bool> {
        retrying!(self.try_request_reset(email, redirect_to, now))
    }

    async fn claim_mails(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<DueMail>> {
        retrying!(self.try_claim_mails(now, lease_until, limit))
    }

    async fn drop_mail(&self, seq: i64) -> Result<()> {
        self.execute(sqlx::query(sql::DROP_MAIL).bind(seq)).await.map(drop)
    }

    async fn put_off_mail(&self, seq: i64, due_at: Timestamp) -> Result<()> {
        self.execute(sqlx::query(sql::PUT_OFF_MAIL).bind(seq).bind(due_at.unix_ms())).await.map(drop)
    }

    async fn put_token(&self, token: &StoredToken) -> Result<()> {
        self.in_time(async { insert_token(&mut *self.connections.get().await?, token).await }).await
    }

    async fn find_token(
        &self,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>> {
        let find = sqlx::query(sql::FIND_TOKEN).bind(hash.as_bytes().as_slice()).bind(purpose.as_str());
        let row = self.fetch_optional(find.bind(now.unix_ms())).await?;
        row.map(|row| stored_token(&row, purpose)).transpose()
    }

    async fn reset_password(
        &self,
        hash: &SecretHash,
        to: &str,
        tell: bool,
        now: Timestamp,
    ) -> Result<Option<(UserId, Vec<Ended>)>> {
        retrying!(self.try_reset_password(hash, to, tell, now))
    }

    async fn report(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        rotation: &Rotation,
        lock: bool,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        retrying!(self.try_report(actor, id, rotation, lock, now))
    }

    async fn report_by_mail(
        &self,
        hash: &SecretHash,
        reset: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(UserId, Vec<Ended>)>> {
        retrying!(self.try_report_by_mail(hash, reset, expires_at, now))
    }

    async fn sweep_tokens(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.execute(sqlx::query(sql::SWEEP_TOKENS).bind(before.unix_ms()).bind(i64::from(limit))).await
    }
}

/// Whether this hash is the user's still, and signs in.
pub(super) async fn password_stands(
    connection: &mut PgConnection,
    user: &UserId,
    hash: &str,
) -> Result<bool> {
    let stands = sqlx::query(sql::PASSWORD_STANDS).bind(user.as_str()).bind(hash);
    Ok(stands.fetch_optional(connection).await?.is_some())
}

pub(super) async fn insert_mail(connection: &mut PgConnection, mail: &NewMail) -> Result<()> {
    sqlx::query(sql::INSERT_MAIL)
        .bind(mail.user_id.as_str())
        .bind(mail.kind.as_str())
        .bind(mail.session_id.as_ref().map(SessionId::as_str))
        .bind(mail.at.unix_ms())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_token(connection: &mut PgConnection, token: &StoredToken) -> Result<()> {
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

/// Uses a token up, and gives what it was; its user is locked first, as whoever ends sessions does.
async fn use_token(
    connection: &mut PgConnection,
    hash: &SecretHash,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<StoredToken>> {
    let (bytes, name) = (hash.as_bytes().as_slice(), purpose.as_str());
    let find = sqlx::query(sql::FIND_TOKEN).bind(bytes).bind(name).bind(now.unix_ms());
    let Some(row) = find.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let token = stored_token(&row, purpose)?;
    lock_user(connection, &token.user_id).await?;
    let using = sqlx::query(sql::USE_TOKEN).bind(bytes).bind(name).bind(now.unix_ms());
    let used = using.execute(connection).await?.rows_affected() == 1;
    Ok(used.then_some(token))
}

/// `false` where it was locked already, or there is none.
async fn lock_password(connection: &mut PgConnection, user: &UserId, now: Timestamp) -> Result<bool> {
    let lock = sqlx::query(sql::LOCK_PASSWORD).bind(user.as_str()).bind(now.unix_ms());
    Ok(lock.execute(connection).await?.rows_affected() == 1)
}

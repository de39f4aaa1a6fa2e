//! What operators do, in the SQLite store.

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnection;

use super::{Result, SqliteStore, end_in, ending, json_list, record, sql};
use crate::store::sql::{Restrictions, operator_act, restrictions, session_id};
use crate::store::{
    Ended, NewOperatorAct, OperatorAct, OperatorActKind, OperatorStore, by_operator, changes_of,
};
use crate::{Change, EndedReason, HistoryKind, Operator, SessionId, Timestamp, UserId};

const REASON: EndedReason = EndedReason::Operator;

#[async_trait]
impl OperatorStore for SqliteStore {
    async fn end_by_operator(&self, by: &Operator, id: &SessionId, now: Timestamp) -> Result<Option<Ended>> {
        let mut tx = self.begin().await?;
        let ids = json_list(std::iter::once(id.as_str()));
        let ended = end_in(&mut tx, ending(sql::END_HELD, now, REASON, None).bind(ids), REASON).await?;
        sqlx::query(sql::MAKE_END_FINAL).bind(id.as_str()).execute(&mut *tx).await?;
        record_act(&mut tx, &NewOperatorAct::revoke(by, id, &ended, now)).await?;
        self.commit(tx, changes_of(None, &ended)).await?;
        Ok(ended.into_iter().next())
    }

    async fn end_of_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<Vec<Ended>> {
        let mut tx = self.begin().await?;
        let ended = end_all(&mut tx, user, now).await?;
        let kind = OperatorActKind::RevokeUser;
        record_act(&mut tx, &NewOperatorAct::of_user(by, kind, user, ended.len(), now)).await?;
        self.commit(tx, changes_of(None, &ended)).await?;
        Ok(ended)
    }

    async fn end_of_everybody(&self, now: Timestamp, limit: u32) -> Result<Vec<Ended>> {
        self.end(ending(sql::END_OF_EVERYBODY, now, REASON, None).bind(limit), REASON).await
    }

    async fn disable_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<Option<Vec<Ended>>> {
        let mut tx = self.begin().await?;
        if !is_known(&mut tx, user).await? {
            return Ok(None);
        }
        let ended = disable(&mut tx, user, now).await?;
        let kind = OperatorActKind::Disable;
        record_act(&mut tx, &NewOperatorAct::of_user(by, kind, user, ended.len(), now)).await?;
        self.commit(tx, changes_of(None, &ended)).await?;
        Ok(Some(ended))
    }

    async fn enable_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<bool> {
        let mut tx = self.begin().await?;
        if !is_known(&mut tx, user).await? {
            return Ok(false);
        }
        let enable = sqlx::query(sql::ENABLE_USER).bind(user.as_str());
        if enable.execute(&mut *tx).await?.rows_affected() == 1 {
            record(&mut tx, &[by_operator(HistoryKind::Enabled, user, now)]).await?;
        }
        record_act(&mut tx, &NewOperatorAct::of_user(by, OperatorActKind::Enable, user, 0, now)).await?;
        self.commit(tx, Vec::new()).await?;
        Ok(true)
    }

    async fn allow_password_alone(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<bool> {
        let mut tx = self.begin().await?;
        if !is_known(&mut tx, user).await? {
            return Ok(false);
        }
        sqlx::query(sql::WAIVE_TWO_FACTOR).bind(user.as_str()).execute(&mut *tx).await?;
        let kind = OperatorActKind::AllowPasswordAlone;
        record_act(&mut tx, &NewOperatorAct::of_user(by, kind, user, 0, now)).await?;
        self.commit(tx, Vec::new()).await?;
        Ok(true)
    }

    async fn forget_user(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<Vec<SessionId>>> {
        let mut tx = self.begin().await?;
        let live = sqlx::query(sql::LIVE_OF_USER).bind(now.unix_ms()).bind(user.as_str());
        let live = live.fetch_all(&mut *tx).await?.iter().map(session_id).collect::<Result<Vec<_>>>()?;
        let forgotten = sqlx::query(sql::FORGET_USER).bind(user.as_str()).execute(&mut *tx).await?;
        if forgotten.rows_affected() == 0 {
            return Ok(None);
        }
        let kind = OperatorActKind::Forget;
        record_act(&mut tx, &NewOperatorAct::of_user(by, kind, user, live.len(), now)).await?;
        self.commit(tx, vec![Change::Sessions { user: user.clone(), ids: live.clone() }]).await?;
        // Nor in the log beside it; with a reader in the way it goes with a later checkpoint.
        self.write(sqlx::query(sql::CHECKPOINT)).await?;
        Ok(Some(live))
    }

    async fn record_act(&self, act: &NewOperatorAct) -> Result<()> {
        record_act(&mut *self.writer.acquire().await?, act).await
    }

    async fn operator_acts(&self, before: Option<i64>, limit: u32) -> Result<Vec<OperatorAct>> {
        let rows = sqlx::query(sql::OPERATOR_ACTS).bind(before.unwrap_or(i64::MAX)).bind(limit);
        rows.fetch_all(&self.readers).await?.iter().map(operator_act).collect()
    }

    async fn forget_acts(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(sqlx::query(sql::FORGET_ACTS).bind(before.unix_ms()).bind(limit)).await
    }
}

/// What keeps sessions of a user from beginning; `None` for a user who is not known.
pub(super) async fn restrictions_of(
    connection: &mut SqliteConnection,
    user: &UserId,
) -> Result<Option<Restrictions>> {
    let known = sqlx::query(sql::RESTRICTIONS).bind(user.as_str());
    known.fetch_optional(connection).await?.as_ref().map(restrictions).transpose()
}

/// Disables a user, and gives the sessions that it ended.
pub(super) async fn disable(
    connection: &mut SqliteConnection,
    user: &UserId,
    now: Timestamp,
) -> Result<Vec<Ended>> {
    let disable = sqlx::query(sql::DISABLE_USER).bind(user.as_str()).bind(now.unix_ms());
    if disable.execute(&mut *connection).await?.rows_affected() == 1 {
        record(connection, &[by_operator(HistoryKind::Disabled, user, now)]).await?;
    }
    let ended = end_all(connection, user, now).await?;
    sqlx::query(sql::DROP_MAILS_TO_RESET).bind(user.as_str()).execute(&mut *connection).await?;
    Ok(ended)
}

async fn is_known(connection: &mut SqliteConnection, user: &UserId) -> Result<bool> {
    let known = sqlx::query(sql::FIND_USER).bind(user.as_str());
    Ok(known.fetch_optional(connection).await?.is_some())
}

async fn end_all(connection: &mut SqliteConnection, user: &UserId, now: Timestamp) -> Result<Vec<Ended>> {
    let end = ending(sql::END_ALL, now, REASON, None).bind(user.as_str().to_owned());
    end_in(connection, end, REASON).await
}

async fn record_act(connection: &mut SqliteConnection, act: &NewOperatorAct) -> Result<()> {
    sqlx::query(sql::RECORD_ACT)
        .bind(act.at.unix_ms())
        .bind(act.operator.as_str())
        .bind(act.kind.as_str())
        .bind(act.user_id.as_ref().map(UserId::as_str))
        .bind(act.session_id.as_ref().map(SessionId::as_str))
        .bind(act.ended as i64)
        .execute(connection)
        .await?;
    Ok(())
}

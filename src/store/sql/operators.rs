//! Acts of operators.

use async_trait::async_trait;

use super::errors::Result;
use super::rows::{KnownUser, known_user, operator_act, session_id};
use super::{Database, SqlStore, Statement, Transaction, values};
use crate::store::{
    Ended, NewOperatorAct, OperatorAct, OperatorActKind, OperatorStore, Store, by_operator, changes_of,
};
use crate::{Change, EndedReason, HistoryKind, Operator, SessionId, Timestamp, UserId};

const REASON: EndedReason = EndedReason::Operator;

/// The arguments of [`Statement::RecordAct`].
macro_rules! recording {
    ($act:expr) => {
        values![
            $act.at,
            $act.operator.as_str(),
            $act.kind.as_str(),
            $act.user_id.as_ref(),
            $act.session_id.as_ref(),
            $act.ended as i64
        ]
    };
}

#[async_trait]
impl<D: Database> OperatorStore for SqlStore<D> {
    async fn end_by_operator(&self, by: &Operator, id: &SessionId, now: Timestamp) -> Result<Option<Ended>> {
        self.change("end_by_operator", |mut tx| async move {
            let ids: &[&SessionId] = &[id];
            tx.lock_users_of(None, ids).await?;
            let values = values![now, REASON, None::<&SessionId>, ids];
            let ended = tx.end(Statement::EndHeld, REASON, values).await?;
            if ended.is_empty() {
                tx.affects_everybody();
            }
            tx.execute(Statement::MakeEndFinal, values![id]).await?;
            tx.record_act(&NewOperatorAct::revoke(by, id, &ended, now)).await?;
            tx.commit(changes_of(None, &ended)).await?;
            Ok(ended.into_iter().next())
        })
        .await
    }

    async fn end_of_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<Vec<Ended>> {
        self.change("end_of_user", |mut tx| async move {
            tx.lock_user(user).await?;
            let ended = tx.end_all(user, None, REASON, now).await?;
            let kind = OperatorActKind::RevokeUser;
            tx.record_act(&NewOperatorAct::of_user(by, kind, user, ended.len(), now)).await?;
            tx.commit(changes_of(None, &ended)).await?;
            Ok(ended)
        })
        .await
    }

    async fn end_of_everybody(&self, now: Timestamp, limit: u32) -> Result<Vec<Ended>> {
        loop {
            let live = self.list(Statement::LiveOfEverybody, values![now, limit], session_id).await?;
            let live: Vec<_> = live.iter().collect();
            let ended = self.end_held(&live, None, REASON, now).await?;
            if live.is_empty()
                && let Some(cache) = self.database.cache()
            {
                // The process that ended the others may have crashed before it announced that.
                cache.clear();
            }
            // Others may have ended all of these meanwhile, but there may be more.
            if live.is_empty() || !ended.is_empty() {
                return Ok(ended);
            }
        }
    }

    async fn disable_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<Option<Vec<Ended>>> {
        self.change("disable_user", |mut tx| async move {
            if !tx.lock_known_user(user).await? {
                return Ok(None);
            }
            let ended = tx.disable(user, now).await?;
            let kind = OperatorActKind::Disable;
            tx.record_act(&NewOperatorAct::of_user(by, kind, user, ended.len(), now)).await?;
            tx.commit(changes_of(None, &ended)).await?;
            Ok(Some(ended))
        })
        .await
    }

    async fn enable_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<bool> {
        self.change("enable_user", |mut tx| async move {
            if !tx.lock_known_user(user).await? {
                return Ok(false);
            }
            if tx.execute(Statement::EnableUser, values![user]).await? == 1 {
                tx.record(&[by_operator(HistoryKind::Enabled, user, now)]).await?;
            }
            tx.record_act(&NewOperatorAct::of_user(by, OperatorActKind::Enable, user, 0, now)).await?;
            tx.commit(Vec::new()).await?;
            Ok(true)
        })
        .await
    }

    async fn allow_password_alone(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<bool> {
        self.change("allow_password_alone", |mut tx| async move {
            if !tx.lock_known_user(user).await? {
                return Ok(false);
            }
            tx.execute(Statement::WaiveTwoFactor, values![user]).await?;
            let kind = OperatorActKind::AllowPasswordAlone;
            tx.record_act(&NewOperatorAct::of_user(by, kind, user, 0, now)).await?;
            tx.commit(Vec::new()).await?;
            Ok(true)
        })
        .await
    }

    async fn forget_user(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<Vec<SessionId>>> {
        let live = self.change("forget_user", |mut tx| async move {
            tx.lock_user(user).await?;
            let live = tx.list(Statement::LiveOfUser, values![now, user], session_id).await?;
            if tx.execute(Statement::ForgetUser, values![user]).await? == 0 {
                return Ok::<_, crate::StoreError>(None);
            }
            let kind = OperatorActKind::Forget;
            tx.record_act(&NewOperatorAct::of_user(by, kind, user, live.len(), now)).await?;
            tx.commit(vec![Change::Sessions { user: user.clone(), ids: live.clone() }]).await?;
            Ok(Some(live))
        });
        let live = live.await?;
        if live.is_some() {
            self.database.erase_remains().await?;
        }
        Ok(live)
    }

    async fn record_act(&self, act: &NewOperatorAct) -> Result<()> {
        self.write(Statement::RecordAct, recording!(act)).await.map(drop)
    }

    async fn operator_acts(&self, before: Option<i64>, limit: u32) -> Result<Vec<OperatorAct>> {
        let values = values![before.unwrap_or(i64::MAX), limit];
        self.list(Statement::OperatorActs, values, operator_act).await
    }

    async fn forget_acts(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(Statement::ForgetActs, values![before, limit]).await
    }
}

impl<D: Database> Transaction<D> {
    /// Reads a user with their restrictions, and locks the row.
    pub(super) async fn known_user(&mut self, user: &UserId) -> Result<Option<KnownUser>> {
        self.find_one(Statement::KnownUser, values![user], known_user).await
    }

    /// Disables a user, whose row is locked, and returns the sessions that it ended.
    pub(super) async fn disable(&mut self, user: &UserId, now: Timestamp) -> Result<Vec<Ended>> {
        if self.execute(Statement::DisableUser, values![user, now]).await? == 1 {
            self.record(&[by_operator(HistoryKind::Disabled, user, now)]).await?;
        }
        let ended = self.end_all(user, None, REASON, now).await?;
        self.execute(Statement::DropMailsToReset, values![user]).await?;
        Ok(ended)
    }

    /// `false` for an unknown user.
    async fn lock_known_user(&mut self, user: &UserId) -> Result<bool> {
        self.lock_user(user).await?;
        self.exists(Statement::FindUser, values![user]).await
    }

    async fn record_act(&mut self, act: &NewOperatorAct) -> Result<()> {
        self.execute(Statement::RecordAct, recording!(act)).await.map(drop)
    }
}

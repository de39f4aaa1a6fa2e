//! Acts of operators, in memory.

use async_trait::async_trait;

use super::{MemoryStore, Result};
use crate::store::{
    Ended, NewOperatorAct, OperatorAct, OperatorActKind, OperatorStore, by_operator, changes_of,
};
use crate::{Change, EndedReason, HistoryKind, Operator, SessionId, Timestamp, UserId};

const REASON: EndedReason = EndedReason::Operator;

/// The acts, in the order in which they were written.
#[derive(Clone, Debug, Default)]
pub(super) struct Acts {
    kept: Vec<OperatorAct>,
    /// How many were written in total.
    recorded: i64,
}

impl Acts {
    fn record(&mut self, act: &NewOperatorAct) {
        self.recorded += 1;
        self.kept.push(OperatorAct {
            seq: self.recorded,
            at: act.at,
            operator: act.operator.as_str().to_owned(),
            act: act.kind.as_str().to_owned(),
            user_id: act.user_id.clone(),
            session_id: act.session_id.clone(),
            ended: act.ended as u64,
        });
    }
}

#[async_trait]
impl OperatorStore for MemoryStore {
    async fn end_by_operator(&self, by: &Operator, id: &SessionId, now: Timestamp) -> Result<Option<Ended>> {
        let mut state = self.lock().await?;
        let ended = state.end(|row| row.is(id), None, REASON, now);
        state.sessions.iter_mut().filter(|row| row.is(id)).for_each(|row| row.is_final = true);
        state.acts.record(&NewOperatorAct::revoke(by, id, &ended, now));
        self.send(changes_of(None, &ended));
        Ok(ended.into_iter().next())
    }

    async fn end_of_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<Vec<Ended>> {
        let mut state = self.lock().await?;
        let ended = state.end(|row| row.is_of(user), None, REASON, now);
        let kind = OperatorActKind::RevokeUser;
        state.acts.record(&NewOperatorAct::of_user(by, kind, user, ended.len(), now));
        self.send(changes_of(None, &ended));
        Ok(ended)
    }

    async fn end_of_everybody(&self, now: Timestamp, limit: u32) -> Result<Vec<Ended>> {
        let mut state = self.lock().await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let live = state.sessions.iter().filter(|row| row.is_live(now)).take(limit);
        let live: Vec<SessionId> = live.map(|row| row.new.session.id.clone()).collect();
        let ended = state.end(|row| live.contains(&row.new.session.id), None, REASON, now);
        self.send(changes_of(None, &ended));
        Ok(ended)
    }

    async fn disable_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<Option<Vec<Ended>>> {
        let mut state = self.lock().await?;
        let Some(known) = state.known_mut(user) else { return Ok(None) };
        if !std::mem::replace(&mut known.is_disabled, true) {
            known.next_epoch();
            state.record(by_operator(HistoryKind::Disabled, user, now));
        }
        let ended = state.end(|row| row.is_of(user), None, REASON, now);
        state.mail.drop_resets(user);
        let kind = OperatorActKind::Disable;
        state.acts.record(&NewOperatorAct::of_user(by, kind, user, ended.len(), now));
        self.send(changes_of(None, &ended));
        Ok(Some(ended))
    }

    async fn enable_user(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<bool> {
        let mut state = self.lock().await?;
        let Some(known) = state.known_mut(user) else { return Ok(false) };
        if std::mem::take(&mut known.is_disabled) {
            known.next_epoch();
            state.record(by_operator(HistoryKind::Enabled, user, now));
        }
        state.acts.record(&NewOperatorAct::of_user(by, OperatorActKind::Enable, user, 0, now));
        Ok(true)
    }

    async fn allow_password_alone(&self, by: &Operator, user: &UserId, now: Timestamp) -> Result<bool> {
        let mut state = self.lock().await?;
        let is_known = state.known(user).is_some();
        if is_known {
            let kind = OperatorActKind::AllowPasswordAlone;
            state.acts.record(&NewOperatorAct::of_user(by, kind, user, 0, now));
        }
        Ok(is_known)
    }

    async fn forget_user(
        &self,
        by: &Operator,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<Vec<SessionId>>> {
        let mut state = self.lock().await?;
        if state.known(user).is_none() {
            return Ok(None);
        }
        let live = state.sessions.iter().rev().filter(|row| row.is_of(user) && row.is_live(now));
        let live: Vec<_> = live.map(|row| row.new.session.id.clone()).collect();
        state.sessions.retain(|row| !row.is_of(user));
        state.history.retain(|(whose, _)| whose != user);
        state.devices.retain(|(whose, _)| whose != user);
        state.mail.forget(user);
        state.tickets.retain(|ticket| ticket.user_id != *user);
        state.outbox.erase(user, now);
        state.users.retain(|known| known.user.id != *user);
        let kind = OperatorActKind::Forget;
        state.acts.record(&NewOperatorAct::of_user(by, kind, user, live.len(), now));
        self.send(vec![Change::Sessions { user: user.clone(), ids: live.clone() }]);
        Ok(Some(live))
    }

    async fn record_act(&self, act: &NewOperatorAct) -> Result<()> {
        self.lock().await?.acts.record(act);
        Ok(())
    }

    async fn operator_acts(&self, before: Option<i64>, limit: u32) -> Result<Vec<OperatorAct>> {
        let state = self.lock().await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let asked = |act: &&OperatorAct| before.is_none_or(|before| act.seq < before);
        Ok(state.acts.kept.iter().rev().filter(asked).take(limit).cloned().collect())
    }

    async fn forget_acts(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let mut state = self.lock().await?;
        let mut forgotten = 0;
        state.acts.kept.retain(|act| {
            let goes = act.at <= before && forgotten < u64::from(limit);
            forgotten += u64::from(goes);
            !goes
        });
        Ok(forgotten)
    }
}

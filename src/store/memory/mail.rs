//! What is to be mailed, in memory.

use std::collections::HashSet;

use async_trait::async_trait;

use super::{MemoryStore, Result};
use crate::store::mail::{Reset, TOO_FAR, next_reset};
use crate::store::{
    Actor, DueMail, Ended, MailStore, NewHistoryEntry, NewMail, NewUser, Rotation, StoredToken, changes_of,
    reauthenticated, reported,
};
use crate::{EndedReason, HistoryKind, MailKind, Purpose, SecretHash, SessionId, Timestamp, UserId};

#[derive(Debug, Default)]
pub(super) struct State {
    /// Whose passwords sign nobody in.
    pub(super) locked: HashSet<UserId>,
    /// Who signs in no more, and whose links prove nothing.
    pub(super) disabled: HashSet<UserId>,
    mails: Vec<Row>,
    tokens: Vec<StoredToken>,
    seq: i64,
}

#[derive(Debug)]
struct Row {
    seq: i64,
    new: NewMail,
    redirect_to: Option<String>,
    due_at: Timestamp,
    attempts: u32,
}

impl State {
    /// Drops all that is about a user.
    pub(super) fn forget(&mut self, user: &UserId) {
        self.mails.retain(|row| row.new.user_id != *user);
        self.tokens.retain(|token| token.user_id != *user);
        self.locked.remove(user);
        self.disabled.remove(user);
    }

    /// Drops the mails that lead to a new password.
    pub(super) fn drop_resets(&mut self, user: &UserId) {
        let resets = [MailKind::PasswordReset, MailKind::PasswordLocked];
        self.mails.retain(|row| row.new.user_id != *user || !resets.contains(&row.new.kind));
    }

    pub(super) fn put(&mut self, new: &NewMail, redirect_to: Option<&str>) {
        self.seq += 1;
        self.mails.push(Row {
            seq: self.seq,
            new: new.clone(),
            redirect_to: redirect_to.map(str::to_owned),
            due_at: new.at,
            attempts: 0,
        });
    }

    fn token(&self, hash: &SecretHash, purpose: Purpose, now: Timestamp) -> Option<&StoredToken> {
        let is_it =
            |token: &&StoredToken| token.hash.as_bytes() == hash.as_bytes() && token.purpose == purpose;
        let proves = |token: &&StoredToken| token.expires_at > now && !self.disabled.contains(&token.user_id);
        self.tokens.iter().find(is_it).filter(proves)
    }
}

impl super::State {
    pub(super) fn password_stands(&self, user: &UserId, hash: &str) -> bool {
        let stands = self.users.iter().any(|known| known.user.id == *user && known.password_hash == hash);
        stands && !self.mail.locked.contains(user)
    }
}

#[async_trait]
impl MailStore for MemoryStore {
    async fn request_reset(&self, email: &str, redirect_to: Option<&str>, now: Timestamp) -> Result<bool> {
        let mut state = self.lock()?;
        let is_enabled = |known: &&NewUser| !state.mail.disabled.contains(&known.user.id);
        let known = state.user_of_email(email).filter(is_enabled);
        let Some(user_id) = known.map(|known| known.user.id.clone()) else { return Ok(false) };
        let kind = MailKind::PasswordReset;
        let waiting =
            state.mail.mails.iter().filter(|row| row.new.user_id == user_id && row.new.kind == kind);
        let waiting = waiting.map(|row| Reset { redirect_to: row.redirect_to.clone(), sent_at: None });
        let of_user = state.mail.tokens.iter().filter(|token| token.user_id == user_id);
        let sent = of_user.filter(|token| token.purpose == Purpose::ResetPassword);
        let sent = sent
            .map(|token| Reset { redirect_to: token.redirect_to.clone(), sent_at: Some(token.created_at) });
        let so_far: Vec<_> = waiting.chain(sent).collect();
        let Some(redirect_to) = next_reset(redirect_to, &so_far, now) else { return Ok(false) };
        state.mail.put(&NewMail { user_id, kind, session_id: None, at: now }, redirect_to);
        Ok(true)
    }

    async fn claim_mails(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<DueMail>> {
        let mut state = self.lock()?;
        let mut due: Vec<_> = state
            .mail
            .mails
            .iter()
            .filter(|row| row.due_at <= now || row.due_at > now.plus(TOO_FAR))
            .map(|row| (row.due_at, row.seq))
            .collect();
        due.sort();
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let mut claimed = Vec::new();
        for row in state.mail.mails.iter_mut().filter(|row| due.iter().any(|(_, seq)| *seq == row.seq)) {
            row.due_at = lease_until;
            row.attempts += 1;
            let (new, redirect_to) = (row.new.clone(), row.redirect_to.clone());
            claimed.push((row.seq, row.attempts, new, redirect_to));
        }
        let mail = |(seq, attempts, new, redirect_to): (_, _, NewMail, _)| DueMail {
            seq,
            user: state.user(&new.user_id),
            kind: new.kind,
            session_id: new.session_id,
            redirect_to,
            created_at: new.at,
            attempts,
        };
        Ok(claimed.into_iter().map(mail).collect())
    }

    async fn drop_mail(&self, seq: i64) -> Result<()> {
        self.lock()?.mail.mails.retain(|row| row.seq != seq);
        Ok(())
    }

    async fn put_off_mail(&self, seq: i64, due_at: Timestamp) -> Result<()> {
        let mut state = self.lock()?;
        for row in state.mail.mails.iter_mut().filter(|row| row.seq == seq) {
            row.due_at = due_at;
        }
        Ok(())
    }

    async fn put_token(&self, token: &StoredToken) -> Result<()> {
        self.lock()?.mail.tokens.push(token.clone());
        Ok(())
    }

    async fn find_token(
        &self,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>> {
        Ok(self.lock()?.mail.token(hash, purpose, now).cloned())
    }

    async fn reset_password(
        &self,
        hash: &SecretHash,
        to: &str,
        tell: bool,
        now: Timestamp,
    ) -> Result<Option<(UserId, Vec<Ended>)>> {
        let mut state = self.lock()?;
        let Some(token) = state.mail.token(hash, Purpose::ResetPassword, now) else { return Ok(None) };
        let user = token.user_id.clone();
        for known in state.users.iter_mut().filter(|known| known.user.id == user) {
            known.password_hash = to.to_owned();
            known.user.updated_at = known.user.updated_at.max(now);
        }
        let changed = NewHistoryEntry::new(HistoryKind::PasswordChanged, user.clone(), None, now);
        state.record(changed);
        let ended = state.end(|row| row.is_of(&user), None, EndedReason::PasswordChanged, now);
        let mail = &mut state.mail;
        mail.locked.remove(&user);
        mail.tokens.retain(|token| token.user_id != user);
        mail.drop_resets(&user);
        if tell {
            let kind = MailKind::PasswordChanged;
            mail.put(&NewMail { user_id: user.clone(), kind, session_id: None, at: now }, None);
        }
        self.tell(changes_of(None, &ended));
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
        let mut state = self.lock()?;
        let is_another = state.sessions.iter().any(|row| row.is(id) && row.is_of(actor.user));
        if !state.is_live(actor, now) || !is_another || id == actor.session {
            return Ok(None);
        }
        let others = |row: &super::Row| row.is_of(actor.user) && !row.is(actor.session);
        let ended = state.end(others, Some(actor.session), EndedReason::Reported, now);
        state.record(reported(actor.user, Some(id), Some(actor.session), now));
        state.forget_devices(actor.user);
        for row in state.sessions.iter_mut().filter(|row| row.is(actor.session)) {
            row.replace_credential(&rotation.handle, rotation.secret_hash, false);
        }
        if lock && state.mail.locked.insert(actor.user.clone()) {
            let (user_id, kind) = (actor.user.clone(), MailKind::PasswordLocked);
            state.mail.put(&NewMail { user_id, kind, session_id: Some(id.clone()), at: now }, None);
        }
        let mut changes = changes_of(None, &ended);
        changes.push(reauthenticated(actor));
        self.tell(changes);
        Ok(Some(ended))
    }

    async fn report_by_mail(
        &self,
        hash: &SecretHash,
        reset: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(UserId, Vec<Ended>)>> {
        let mut state = self.lock()?;
        let Some(token) = state.mail.token(hash, Purpose::NotMe, now) else { return Ok(None) };
        let (user, session_id) = (token.user_id.clone(), token.session_id.clone());
        let ended = state.end(|row| row.is_of(&user), None, EndedReason::Reported, now);
        state.record(reported(&user, session_id.as_ref(), None, now));
        state.forget_devices(&user);
        state.mail.locked.insert(user.clone());
        state.mail.tokens.retain(|token| token.user_id != user);
        state.mail.tokens.push(StoredToken {
            hash: *reset,
            user_id: user.clone(),
            purpose: Purpose::ResetPassword,
            session_id,
            redirect_to: None,
            created_at: now,
            expires_at,
        });
        self.tell(changes_of(None, &ended));
        Ok(Some((user, ended)))
    }

    async fn sweep_tokens(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let mut state = self.lock()?;
        let limit = u64::from(limit);
        let mut deleted = 0;
        state.mail.tokens.retain(|token| {
            let goes = token.expires_at <= before && deleted < limit;
            deleted += u64::from(goes);
            !goes
        });
        Ok(deleted)
    }
}

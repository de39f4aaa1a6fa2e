//! Accounts and their mails, in memory.

use async_trait::async_trait;

use super::{Known, MemoryStore, MemoryTables, Result};
use crate::store::accounts::{COUNTED_FOR, MAX_MAIL_DELAY, Reset, next_reset};
use crate::store::{AccountStore, DueMail, NewMail, StoreError, StoredPassword, StoredToken, Transaction};
use crate::{DeviceKey, KnownDevice, MailKind, Purpose, SecretHash, Timestamp, UserId, email_key};

#[derive(Clone, Debug, Default)]
pub(super) struct Mail {
    mails: Vec<Row>,
    tokens: Vec<StoredToken>,
    seq: i64,
}

#[derive(Clone, Debug)]
struct Row {
    seq: i64,
    new: NewMail,
    redirect_to: Option<String>,
    due_at: Timestamp,
    attempts: u32,
}

impl Mail {
    /// Deletes everything about a user.
    pub(super) fn forget(&mut self, user: &UserId) {
        self.mails.retain(|row| row.new.user_id != *user);
        self.tokens.retain(|token| token.user_id != *user);
    }

    /// Deletes the mails whose links set a password.
    pub(super) fn drop_resets(&mut self, user: &UserId) {
        let resets = [MailKind::PasswordReset, MailKind::PasswordLocked];
        self.mails.retain(|row| row.new.user_id != *user || !resets.contains(&row.new.kind));
    }

    fn put(&mut self, new: &NewMail, redirect_to: Option<&str>) {
        self.seq += 1;
        self.mails.push(Row {
            seq: self.seq,
            new: new.clone(),
            redirect_to: redirect_to.map(str::to_owned),
            due_at: new.at,
            attempts: 0,
        });
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the transaction belongs to another store")]
struct Foreign;

/// The tables that a transaction lends.
pub(super) fn tables<'a>(tx: &'a mut Transaction<'_>) -> Result<&'a mut MemoryTables> {
    match tx {
        Transaction::Memory(tables) => Ok(tables),
        #[allow(unreachable_patterns, reason = "the features decide which others there are")]
        _ => Err(StoreError::Corrupt(std::sync::Arc::new(Foreign))),
    }
}

impl MemoryTables {
    /// The account of an email in this spelling, or else in another one.
    fn account_of(&self, email: &str) -> Option<&Known> {
        let accounts = || self.users.iter().filter(|known| known.has_account);
        let key = email_key(email);
        let exact = accounts().find(|known| known.user.email == email);
        exact.or_else(|| accounts().find(|known| email_key(&known.user.email) == key))
    }

    fn token(&self, hash: &SecretHash, purpose: Purpose, now: Timestamp) -> Option<&StoredToken> {
        let is_it =
            |token: &&StoredToken| token.hash.as_bytes() == hash.as_bytes() && token.purpose == purpose;
        let is_enabled = |token: &StoredToken| self.known(&token.user_id).is_some_and(|it| !it.is_disabled);
        self.mail.tokens.iter().find(is_it).filter(|token| token.expires_at > now && is_enabled(token))
    }

    fn change_hash(&mut self, user: &UserId, from: Option<&str>, to: &str) -> bool {
        let known =
            self.known_mut(user).filter(|known| from.is_none() || known.password_hash.as_deref() == from);
        let Some(known) = known else { return false };
        known.password_hash = Some(to.to_owned());
        known.next_epoch();
        true
    }
}

#[async_trait]
impl AccountStore for MemoryStore {
    async fn password_of(&self, email: &str) -> Result<Option<StoredPassword>> {
        let tables = self.lock().await?;
        Ok(tables.account_of(email).map(|known| StoredPassword {
            user: known.user.clone(),
            password_hash: known.password_hash.clone(),
            epoch: known.epoch,
            is_locked: known.is_locked,
            is_disabled: known.is_disabled,
            needs_two_factor: known.restrictions().needs_two_factor,
        }))
    }

    async fn has_password(&self, user: &UserId) -> Result<bool> {
        Ok(self.lock().await?.known(user).is_some_and(|known| known.password_hash.is_some()))
    }

    async fn is_known_device(&self, email: &str, key: &DeviceKey) -> Result<bool> {
        let tables = self.lock().await?;
        let user = tables.account_of(email).map(|known| &known.user.id);
        let is_it = |(whose, known): &(UserId, KnownDevice)| Some(whose) == user && known.key == *key;
        Ok(tables.devices.iter().any(|device| is_it(device) && !device.1.is_forgotten))
    }

    async fn rehash_password(&self, user: &UserId, from: &str, to: &str, _now: Timestamp) -> Result<()> {
        let mut tables = self.lock().await?;
        if tables.known(user).is_some_and(|known| !known.is_locked) {
            tables.change_hash(user, Some(from), to);
        }
        Ok(())
    }

    async fn add_account(
        &self,
        tx: &mut Transaction<'_>,
        user: &UserId,
        email: &str,
        hash: &str,
        _now: Timestamp,
    ) -> Result<bool> {
        let tables = tables(tx)?;
        let is_taken = tables.account_of(email).is_some();
        let Some(known) = tables.known_mut(user).filter(|known| !is_taken && !known.has_account) else {
            return Ok(false);
        };
        known.has_account = true;
        Ok(tables.change_hash(user, None, hash))
    }

    async fn change_password(
        &self,
        tx: &mut Transaction<'_>,
        user: &UserId,
        from: &str,
        to: &str,
        _now: Timestamp,
    ) -> Result<bool> {
        Ok(tables(tx)?.change_hash(user, Some(from), to))
    }

    async fn set_password(
        &self,
        tx: &mut Transaction<'_>,
        user: &UserId,
        to: &str,
        _now: Timestamp,
    ) -> Result<()> {
        tables(tx)?.change_hash(user, None, to);
        Ok(())
    }

    async fn use_token(
        &self,
        tx: &mut Transaction<'_>,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>> {
        let tables = tables(tx)?;
        let Some(token) = tables.token(hash, purpose, now).cloned() else { return Ok(None) };
        tables.mail.tokens.retain(|other| other.user_id != token.user_id);
        Ok(Some(token))
    }

    async fn add_token(&self, tx: &mut Transaction<'_>, token: &StoredToken) -> Result<()> {
        tables(tx)?.mail.tokens.push(token.clone());
        Ok(())
    }

    async fn add_mail(&self, tx: &mut Transaction<'_>, mail: &NewMail) -> Result<()> {
        tables(tx)?.mail.put(mail, None);
        Ok(())
    }

    async fn drop_resets(&self, tx: &mut Transaction<'_>, user: &UserId) -> Result<()> {
        tables(tx)?.mail.drop_resets(user);
        Ok(())
    }

    async fn request_reset(&self, email: &str, redirect_to: Option<&str>, now: Timestamp) -> Result<bool> {
        let mut state = self.lock().await?;
        let known = state.account_of(email).filter(|known| !known.is_disabled);
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
        let mut state = self.lock().await?;
        let mut due: Vec<_> = state
            .mail
            .mails
            .iter()
            .filter(|row| row.due_at <= now || row.due_at > now.plus(MAX_MAIL_DELAY))
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

    async fn waiting_mails(&self) -> Result<u64> {
        Ok(self.lock().await?.mail.mails.len() as u64)
    }

    async fn drop_mail(&self, seq: i64) -> Result<()> {
        self.lock().await?.mail.mails.retain(|row| row.seq != seq);
        Ok(())
    }

    async fn put_off_mail(&self, seq: i64, due_at: Timestamp) -> Result<()> {
        let mut state = self.lock().await?;
        for row in state.mail.mails.iter_mut().filter(|row| row.seq == seq) {
            row.due_at = due_at;
        }
        Ok(())
    }

    async fn put_token(&self, token: &StoredToken) -> Result<()> {
        self.lock().await?.mail.tokens.push(token.clone());
        Ok(())
    }

    async fn find_token(
        &self,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>> {
        Ok(self.lock().await?.token(hash, purpose, now).cloned())
    }

    async fn sweep_tokens(&self, now: Timestamp, limit: u32) -> Result<u64> {
        let before = now.minus(COUNTED_FOR);
        let mut state = self.lock().await?;
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

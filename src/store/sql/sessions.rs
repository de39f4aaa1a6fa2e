//! Users, sessions and their history.

use std::sync::Arc;

use async_trait::async_trait;

use super::errors::{Result, corrupt};
use super::rows::{
    account_status, ended, epoch, found, history_entry, known_device, session_id, statistics, stored_session,
    stored_ticket, superseded, touched, undoable, user, user_id,
};
use super::{Columns, Database, SqlStore, Statement, Transaction, Value, values};
#[cfg(feature = "import-better-auth")]
use crate::email_key;
use crate::store::fit::{ended_for, fit};
use crate::store::{
    Actor, Alongside, Begun, ChangeContext, ChangeError, Ended, Found, HistoryQuery, Limit, NewHistoryEntry,
    NewSession, NextSession, Page, Renewal, Restrictions, Rotation, Statistics, Store, StoreLoad,
    StoredHistoryEntry, StoredSession, StoredTicket, Superseded, Touch, Undo, Undoable, changes_of,
    credential_changed, reauthenticated, recognition, recognized, renamed, reported, rounds, touches, undone,
};
use crate::{
    AccountStatus, Change, Changes, EndedReason, Epoch, Handle, Keep, KnownDevice, SecretHash, SessionId,
    Subject, Timestamp, User, UserId,
};

/// The arguments of [`Statement::Prove`].
macro_rules! renewing {
    ($actor:expr, $renewal:expr, $now:expr) => {
        values![
            $now,
            $actor.session,
            $actor.user,
            &$renewal.handle,
            &$renewal.secret_hash,
            $renewal.expires_at,
            $renewal.verified_with.as_ref()
        ]
    };
}

#[async_trait]
impl<D: Database> Store for SqlStore<D> {
    async fn live_by_handles(&self, handles: &[&Handle], now: Timestamp) -> Result<Vec<Arc<StoredSession>>> {
        let Some(cache) = self.cached() else { return self.read_live(handles, now).await };
        let mut wanted = handles.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut live = Vec::with_capacity(wanted.len());
        wanted.retain(|handle| {
            let found = cache.live(handle, now);
            let is_missing = found.is_none();
            live.extend(found);
            is_missing
        });
        if !wanted.is_empty() {
            let read = self.read_live(&wanted, now).await?;
            read.iter().for_each(|stored| cache.keep(stored));
            live.extend(read);
        }
        Ok(live)
    }

    async fn live_of_user(&self, user: &UserId, now: Timestamp) -> Result<Vec<Arc<StoredSession>>> {
        let cache = self.cached();
        if let Some(list) = cache.as_ref().and_then(|cache| cache.list(user, now)) {
            return Ok(list.to_vec());
        }
        let read = |row: &D::Row| stored_session(row).map(Arc::new);
        let list = self.list(Statement::LiveOfUser, values![now, user], read).await?;
        if let Some(cache) = cache {
            cache.keep_list(user, &list);
        }
        Ok(list)
    }

    async fn find(&self, ids: &[&SessionId]) -> Result<Vec<Found>> {
        self.list(Statement::Find, values![ids], found).await
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Found>> {
        self.find_one(Statement::FindByHandle, values![handle], found).await
    }

    async fn of_user(&self, user: &UserId, page: Page<'_>, now: Timestamp) -> Result<Vec<Found>> {
        let values = values![user, page.ended, now, page.after, page.limit];
        self.list(Statement::OfUser, values, found).await
    }

    async fn ended_of_user(&self, user: &UserId, after: Timestamp, limit: u32) -> Result<Vec<Found>> {
        self.list(Statement::EndedOfUser, values![user, after, limit], found).await
    }

    async fn known_devices(&self, user: &UserId) -> Result<Vec<KnownDevice>> {
        self.list(Statement::KnownDevices, values![user], known_device).await
    }

    async fn find_user(&self, id: &UserId) -> Result<Option<User>> {
        self.find_one(Statement::FindUser, values![id], |row| user(row, "id")).await
    }

    async fn statistics(&self, now: Timestamp, since: Timestamp) -> Result<Statistics> {
        statistics(&self.read(Statement::Statistics, values![now, since]).await?)
    }

    async fn epoch(&self, user: &UserId) -> Result<Epoch> {
        Ok(self.find_one(Statement::Epoch, values![user], epoch).await?.unwrap_or(Epoch::UNKNOWN))
    }

    async fn account_status(&self, user: &UserId, refused_after: Timestamp) -> Result<AccountStatus> {
        let values = values![user, refused_after];
        Ok(self.find_one(Statement::AccountStatus, values, account_status).await?.unwrap_or_default())
    }

    async fn begin(
        &self,
        subject: &Subject,
        new: &NewSession,
        limit: &Limit,
        alongside: Option<&dyn Alongside>,
    ) -> Result<Begun, ChangeError> {
        self.change("begin", |tx| begin(tx, subject, new, limit, alongside)).await
    }

    async fn put_ticket(&self, ticket: &StoredTicket) -> Result<()> {
        let values = values![
            &ticket.hash,
            &ticket.user_id,
            ticket.epoch.number(),
            ticket.keep == Keep::Remembered,
            ticket.keep == Keep::SharedComputer,
            Some(&ticket.signed_in_with),
            ticket.expires_at
        ];
        self.write(Statement::InsertTicket, values).await.map(drop)
    }

    async fn find_ticket(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<StoredTicket>> {
        self.find_one(Statement::FindTicket, values![hash, now], stored_ticket).await
    }

    async fn use_ticket(
        &self,
        tx: &mut crate::Transaction<'_>,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.lent(tx)?.execute(Statement::UseTicket, values![hash, now]).await? == 1)
    }

    async fn extend(&self, actor: Actor<'_>, from: Timestamp, to: Timestamp, now: Timestamp) -> Result<bool> {
        let extended = self.write(Statement::Extend, values![now, to, actor.session, from]).await;
        // Another node may have extended it. Either way the cached session is out of date.
        if let Some(cache) = self.database.cache() {
            cache.invalidate(actor.user);
        }
        Ok(extended? == 1)
    }

    async fn superseded_by_handles(&self, handles: &[&Handle], now: Timestamp) -> Result<Vec<Superseded>> {
        self.list(Statement::SupersededByHandles, values![now, handles], superseded).await
    }

    async fn use_credential(&self, actor: Actor<'_>, handle: &Handle) -> Result<()> {
        let values = values![actor.session, actor.user, handle];
        self.change("use_credential", |mut tx| async move {
            tx.affects(actor.user);
            if tx.execute(Statement::UseCredential, values).await? == 1 {
                tx.commit(vec![reauthenticated(actor)]).await?;
            }
            Ok(())
        })
        .await
    }

    async fn prove(
        &self,
        actor: Actor<'_>,
        renewal: &Renewal,
        epoch: Option<Epoch>,
        now: Timestamp,
    ) -> Result<bool, ChangeError> {
        self.change("prove", |mut tx| async move {
            tx.lock_user(actor.user).await?;
            if tx.execute(Statement::Prove, renewing!(actor, renewal, now)).await? == 0 {
                return Ok(false);
            }
            let known = tx.known_user(actor.user).await?;
            Restrictions::check(known.map(|known| known.restrictions).as_ref(), epoch)?;
            tx.commit(vec![reauthenticated(actor)]).await?;
            Ok(true)
        })
        .await
    }

    async fn rename(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        self.change("rename", |mut tx| async move {
            tx.lock_user(actor.user).await?;
            let values = values![now, name, actor.session, actor.user, id];
            tx.execute(Statement::RecordName, values).await?;
            if tx.execute(Statement::Rename, values).await? == 0 {
                return Ok(false);
            }
            tx.commit(vec![renamed(actor, id)]).await?;
            Ok(true)
        })
        .await
    }

    async fn recognize(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        new_since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<bool>> {
        self.change("recognize", |mut tx| async move {
            tx.lock_user(actor.user).await?;
            let values = values![now, new_since, actor.session, actor.user, id];
            if tx.execute(Statement::Recognize, values).await? == 0 {
                let values = values![now, id, actor.session, actor.user];
                let is_new = |row: &D::Row| row.boolean("new_device");
                return Ok(tx.find_one(Statement::IsNewDevice, values, is_new).await?.map(|is_new| !is_new));
            }
            tx.record(&[recognition(actor, id, now)]).await?;
            tx.commit(vec![recognized(actor, id)]).await?;
            Ok(Some(true))
        })
        .await
    }

    async fn end_by_id(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>> {
        self.end_one(Statement::EndById, actor, id.as_str(), reason, now).await
    }

    async fn end_by_handle(
        &self,
        actor: Actor<'_>,
        handle: &Handle,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>> {
        self.end_one(Statement::EndByHandle, actor, handle.as_str(), reason, now).await
    }

    async fn end_all(
        &self,
        actor: Actor<'_>,
        own: bool,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        self.change("end_all", |mut tx| async move {
            tx.lock_user(actor.user).await?;
            if !tx.is_live(actor, now).await? {
                return Ok(None);
            }
            let by = Some(actor.session);
            let ended = if own {
                tx.end_all(actor.user, by, reason, now).await?
            } else {
                tx.execute(Statement::LockOthers, values![actor.user, actor.session]).await?;
                let ended = tx.end_others(actor, reason, now).await?;
                // At any time in the past, because another node's clock may be behind.
                tx.make_ends_final(actor.user, Timestamp::default()).await?;
                ended
            };
            tx.commit(changes_of(None, &ended)).await?;
            Ok(Some(ended))
        })
        .await
    }

    async fn undo_revoke(&self, undo: Undo<'_>, now: Timestamp) -> Result<bool> {
        self.change("undo_revoke", |mut tx| async move {
            tx.lock_user(undo.actor.user).await?;
            let Undo { actor, id, ended_after, maximum } = undo;
            let values = values![now, ended_after, actor.session, actor.user, id, maximum];
            if tx.execute(Statement::UndoRevoke, values).await? == 0 {
                return Ok(false);
            }
            tx.commit(vec![undone(undo)]).await?;
            Ok(true)
        })
        .await
    }

    async fn undoable_by_handles(
        &self,
        handles: &[&Handle],
        ended_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Undoable>> {
        self.list(Statement::UndoableByHandles, values![now, ended_after, handles], undoable).await
    }

    async fn make_ends_final(&self, user: &UserId, ended_after: Timestamp) -> Result<()> {
        self.change("make_ends_final", |mut tx| async move {
            tx.lock_user(user).await?;
            tx.make_ends_final(user, ended_after).await?;
            tx.commit_unseen(Vec::new()).await
        })
        .await
    }

    async fn make_all_ends_final(&self, ended_after: Timestamp) -> Result<()> {
        self.write(Statement::MakeAllEndsFinal, values![ended_after]).await.map(drop)
    }

    async fn end_held(
        &self,
        ids: &[&SessionId],
        by: Option<&SessionId>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        self.change("end_held", |mut tx| async move {
            tx.lock_users_of(None, ids).await?;
            let ended = tx.end(Statement::EndHeld, reason, values![now, reason, by, ids]).await?;
            if ended.len() < ids.len() {
                tx.affects_everybody();
            }
            tx.commit(changes_of(None, &ended)).await?;
            Ok(ended)
        })
        .await
    }

    async fn credentials_changed(
        &self,
        actor: Actor<'_>,
        next: NextSession<'_>,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError> {
        self.change("credentials_changed", |mut tx| async move {
            tx.lock_user(actor.user).await?;
            let by = Some(actor.session);
            let Some(known) = tx.known_user(actor.user).await? else { return Ok(None) };
            if !tx.is_live(actor, now).await? {
                return Ok(None);
            }
            tx.alongside(alongside, known.context(actor.user, by, now)).await?;
            tx.change_credential(actor.user, by, now).await?;
            let (ended, changes) = match next {
                NextSession::Renewed(renewal) => {
                    // Nodes of the previous version sweep without locking the user, and their clocks may be
                    // ahead.
                    if tx.execute(Statement::Prove, renewing!(actor, renewal, now)).await? == 0 {
                        return Ok(None);
                    }
                    (Vec::new(), vec![reauthenticated(actor)])
                }
                NextSession::New(new) => {
                    let ended = tx.end_all(actor.user, by, EndedReason::PasswordChanged, now).await?;
                    tx.insert_session(new).await?;
                    let changes = changes_of(Some(&new.session), &ended);
                    (ended, changes)
                }
            };
            tx.commit(changes).await?;
            Ok(Some(ended))
        })
        .await
    }

    async fn credentials_changed_of(
        &self,
        user: &UserId,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError> {
        self.change("credentials_changed_of", |mut tx| async move {
            tx.lock_user(user).await?;
            let Some(known) = tx.known_user(user).await? else { return Ok(None) };
            tx.alongside(alongside, known.context(user, None, now)).await?;
            tx.change_credential(user, None, now).await?;
            let ended = tx.end_all(user, None, EndedReason::PasswordChanged, now).await?;
            tx.commit(changes_of(None, &ended)).await?;
            Ok(Some(ended))
        })
        .await
    }

    async fn report(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        rotation: &Rotation,
        lock: bool,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError> {
        self.change("report", |mut tx| async move {
            tx.lock_user(actor.user).await?;
            let another = values![id, actor.user, actor.session];
            if !tx.exists(Statement::IsAnotherOfUser, another).await? || !tx.is_live(actor, now).await? {
                return Ok(None);
            }
            let Some(known) = tx.known_user(actor.user).await? else { return Ok(None) };
            tx.alongside(alongside, known.context(actor.user, Some(id), now)).await?;
            let ended = tx.end_others(actor, EndedReason::Reported, now).await?;
            tx.note_report(actor.user, Some(id), Some(actor.session), lock, now).await?;
            let values = values![now, actor.session, actor.user, &rotation.handle, &rotation.secret_hash];
            tx.execute(Statement::Rotate, values).await?;
            let mut changes = changes_of(None, &ended);
            changes.push(reauthenticated(actor));
            tx.commit(changes).await?;
            Ok(Some(ended))
        })
        .await
    }

    async fn report_of(
        &self,
        user: &UserId,
        id: Option<&SessionId>,
        lock: bool,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError> {
        self.change("report_of", |mut tx| async move {
            tx.lock_user(user).await?;
            let Some(known) = tx.known_user(user).await? else { return Ok(None) };
            tx.alongside(alongside, known.context(user, id, now)).await?;
            let ended = tx.end_all(user, None, EndedReason::Reported, now).await?;
            tx.note_report(user, id, None, lock, now).await?;
            tx.commit(changes_of(None, &ended)).await?;
            Ok(Some(ended))
        })
        .await
    }

    async fn touch(&self, batch: &[Touch]) -> Result<()> {
        self.change("touch", |mut tx| async move {
            let mut all = Vec::new();
            for round in rounds(batch) {
                let round = serde_json::to_string(&round).map_err(corrupt)?;
                all.extend(tx.list(Statement::Touch, values![&round], touched).await?);
            }
            tx.commit_unseen(touches(batch, all)).await
        })
        .await
    }

    async fn sweep(&self, now: Timestamp, delete_before: Timestamp, limit: u32) -> Result<(u64, u64)> {
        let expired = self.change("sweep", |mut tx| async move {
            let ended = tx.end(Statement::EndExpired, EndedReason::Expired, values![now, limit]).await?;
            // An expired session opens nothing, so nobody needs to know this first.
            tx.commit_unseen(changes_of(None, &ended)).await?;
            Ok::<_, crate::StoreError>(ended.len() as u64)
        });
        let expired = expired.await?;
        self.write(Statement::SweepTickets, values![now, limit]).await?;
        Ok((expired, self.write(Statement::DeleteEnded, values![delete_before, limit]).await?))
    }

    async fn history(&self, user: &UserId, query: HistoryQuery<'_>) -> Result<Vec<StoredHistoryEntry>> {
        let before = query.before.unwrap_or(i64::MAX);
        match query.session {
            Some(session) => {
                let values = values![user, before, query.limit, query.kinds, session];
                self.list(Statement::HistoryOfSession, values, history_entry).await
            }
            None => {
                let values = values![user, before, query.limit, query.kinds];
                self.list(Statement::History, values, history_entry).await
            }
        }
    }

    async fn record(&self, entries: &[NewHistoryEntry], change: Option<Change>) -> Result<()> {
        let change = &change;
        self.change("record", |mut tx| async move {
            tx.record(entries).await?;
            tx.commit_unseen(change.iter().cloned().collect()).await
        })
        .await
    }

    async fn forget_history(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(Statement::ForgetHistory, values![before, limit]).await
    }

    fn changes(&self) -> Changes {
        self.database.changes()
    }

    async fn announce(&self, change: Change) -> Result<()> {
        self.database.attempt(self.database.announce(change)).await
    }

    async fn ping(&self) -> Result<()> {
        self.list(Statement::Ping, &[], |_| Ok(())).await.map(drop)
    }

    async fn check_writes(&self) -> Result<()> {
        self.write(Statement::CheckWrites, &[]).await.map(drop)
    }

    fn load(&self) -> StoreLoad {
        StoreLoad { session_cache: self.session_cache(), pools: self.database.pools() }
    }

    async fn close(&self) {
        self.database.close().await;
    }
}

impl<D: Database> SqlStore<D> {
    async fn read_live(&self, handles: &[&Handle], now: Timestamp) -> Result<Vec<Arc<StoredSession>>> {
        let read = |row: &D::Row| stored_session(row).map(Arc::new);
        self.list(Statement::LiveByHandles, values![now, handles], read).await
    }

    async fn end_one(
        &self,
        statement: Statement,
        actor: Actor<'_>,
        which: &str,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>> {
        self.change(statement.operation(), |mut tx| async move {
            tx.lock_user(actor.user).await?;
            let values = values![now, reason, actor.session, actor.user, which];
            let ended = tx.end(statement, reason, values).await?;
            tx.commit(changes_of(None, &ended)).await?;
            Ok(ended.into_iter().next())
        })
        .await
    }
}

async fn begin<D: Database>(
    mut tx: Transaction<D>,
    subject: &Subject,
    new: &NewSession,
    limit: &Limit,
    alongside: Option<&dyn Alongside>,
) -> Result<Begun, ChangeError> {
    let (session, of) = (&new.session, &subject.id);
    let now = session.created_at;
    let held: Vec<&SessionId> = limit.held.iter().collect();
    tx.lock_users_of(Some(of), &held).await?;
    let (user, context) = tx.store_subject(subject, limit.epoch, &session.id, now).await?;
    tx.alongside(alongside, ChangeContext { is_new_device: new.new_device, ..context }).await?;
    let live = tx
        .list(Statement::LiveToFit, values![now, of, held.as_slice()], |row| {
            Ok((session_id(row)?, user_id(row, "user_id")?))
        })
        .await?;
    // Dropping the transaction rolls it back, including a new user.
    let ended = fit(session, limit, &live)?;
    // Insert it before the others end, so that the history can name its device.
    tx.insert_session(new).await?;
    for reason in [EndedReason::Replaced, EndedReason::Evicted] {
        let ids = ended_for(reason, &ended);
        if !ids.is_empty() {
            tx.end(Statement::EndHeld, reason, values![now, reason, &session.id, ids]).await?;
        }
    }
    tx.commit(changes_of(Some(session), &ended)).await?;
    Ok(Begun { user, ended })
}

impl<D: Database> Transaction<D> {
    /// Locks the users of these sessions and one more user.
    pub(super) async fn lock_users_of(
        &mut self,
        user: Option<&UserId>,
        sessions: &[&SessionId],
    ) -> Result<()> {
        user.into_iter().for_each(|user| self.affects(user));
        self.execute(Statement::LockUsersOf, values![user, sessions]).await.map(drop)
    }

    pub(super) async fn is_live(&mut self, actor: Actor<'_>, now: Timestamp) -> Result<bool> {
        self.exists(Statement::IsLive, values![now, actor.session, actor.user]).await
    }

    /// Ends sessions with one of the `End…` statements.
    pub(super) async fn end(
        &mut self,
        statement: Statement,
        reason: EndedReason,
        values: &[Value<'_>],
    ) -> Result<Vec<Ended>> {
        let rows = self.list(statement, values, ended).await?;
        Ok(rows.into_iter().map(|(id, user_id)| Ended { id, user_id, reason }).collect())
    }

    /// Ends every session of a user, whose row is locked.
    pub(super) async fn end_all(
        &mut self,
        user: &UserId,
        by: Option<&SessionId>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        self.end(Statement::EndAll, reason, values![now, reason, by, user]).await
    }

    /// Ends every session of the actor's user except the actor's own. The user's row is locked.
    pub(super) async fn end_others(
        &mut self,
        actor: Actor<'_>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        self.end(Statement::EndOthers, reason, values![now, reason, actor.session, actor.user]).await
    }

    /// The user's row must be locked.
    async fn make_ends_final(&mut self, user: &UserId, ended_after: Timestamp) -> Result<()> {
        self.execute(Statement::MakeEndsFinal, values![ended_after, user]).await.map(drop)
    }

    /// Checks the proof of a user who begins a session, and updates their row. Returns the user and the
    /// context for the caller's own work.
    async fn store_subject<'a>(
        &mut self,
        subject: &'a Subject,
        epoch: Option<Epoch>,
        session: &'a SessionId,
        now: Timestamp,
    ) -> Result<(User, ChangeContext<'a>), ChangeError> {
        let of = &subject.id;
        let mut known = self.known_user(of).await?;
        if known.is_none() {
            Restrictions::check(None, epoch)?;
            let new = subject.first_seen(now);
            if self.put_profile(Statement::InsertSubject, &new).await? == 1 {
                let context = ChangeContext::new(of, Some(session), now);
                return Ok((new, ChangeContext { is_new_user: true, ..context }));
            }
            // Another first session has stored the same user meanwhile.
            self.lock_user(of).await?;
            known = self.known_user(of).await?;
        }
        let known = known.ok_or(ChangeError::ProofOutdated)?;
        Restrictions::check(Some(&known.restrictions), epoch)?;
        let context = known.context(of, Some(session), now);
        match known.followed(subject, now) {
            Some(user) => {
                self.put_profile(Statement::FollowSubject, &user).await?;
                Ok((user, context))
            }
            None => Ok((known.user, context)),
        }
    }

    /// Writes the profile that the application provides.
    async fn put_profile(&mut self, statement: Statement, user: &User) -> Result<u64> {
        let User { id, email, name, image, updated_at, .. } = user;
        self.execute(statement, values![id, email, name, image.as_deref(), *updated_at]).await
    }

    /// Records that a credential of the user has changed. The user's row is locked.
    async fn change_credential(
        &mut self,
        user: &UserId,
        by: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<()> {
        self.execute(Statement::CredentialsChanged, values![user, now]).await?;
        self.record(&[credential_changed(user, by, now)]).await
    }

    /// Records a reported sign-in of the user, whose row is locked. With `lock` the account is locked too.
    async fn note_report(
        &mut self,
        user: &UserId,
        id: Option<&SessionId>,
        by: Option<&SessionId>,
        lock: bool,
        now: Timestamp,
    ) -> Result<()> {
        self.record(&[reported(user, id, by, now)]).await?;
        self.execute(Statement::ForgetDevices, values![user]).await?;
        if lock {
            self.execute(Statement::LockAccount, values![user, now]).await?;
        }
        Ok(())
    }

    /// Whether the email finds the account of another user.
    #[cfg(feature = "import-better-auth")]
    pub(super) async fn is_email_taken(&mut self, user: &UserId, email: &str) -> Result<bool> {
        self.exists(Statement::OtherAccountOfEmail, values![email, &email_key(email), user]).await
    }

    /// Writes an account's row of `users`.
    #[cfg(feature = "import-better-auth")]
    pub(super) async fn put_user(&mut self, statement: Statement, user: &User) -> Result<u64> {
        let key = email_key(&user.email);
        let values = values![
            &user.id,
            &user.email,
            &user.name,
            user.image.as_deref(),
            user.email_verified,
            user.created_at,
            user.updated_at,
            &key
        ];
        self.execute(statement, values).await
    }

    async fn insert_session(&mut self, new: &NewSession) -> Result<()> {
        let session = &new.session;
        let agent = session.agent();
        let values = values![
            &session.id,
            &session.user_id,
            &session.handle,
            &new.secret_hash,
            &session.ip_address,
            &agent,
            new.remember,
            session.created_at,
            session.expires_at,
            new.shared_computer,
            new.new_device,
            new.signed_in_with.as_ref()
        ];
        self.execute(Statement::InsertSession, values).await?;
        if new.device_keys.is_empty() {
            return Ok(());
        }
        for key in &new.device_keys {
            let values = values![&session.user_id, key, session.created_at];
            self.execute(Statement::RememberDevice, values).await?;
        }
        self.execute(Statement::DropOldDevices, values![&session.user_id]).await.map(drop)
    }

    pub(super) async fn record(&mut self, entries: &[NewHistoryEntry]) -> Result<()> {
        let entries = serde_json::to_string(entries).map_err(corrupt)?;
        self.execute(Statement::Record, values![&entries]).await.map(drop)
    }
}

//! The reference store, which defines the behaviour of the others.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Mutex, MutexGuard, broadcast};

use super::fit::fit;
use super::{
    Actor, Alongside, Begun, ChangeContext, ChangeError, End, Ended, EndingSession, Found, HISTORY_OF_A_KIND,
    HistoryQuery, KNOWN_DEVICES, Limit, NewHistoryEntry, NewSession, NextSession, Page, Renewal,
    Restrictions, Rotation, Statistics, Store, StoreError, StoredHistoryEntry, StoredSession, StoredTicket,
    Superseded, Touch, Transaction, Undo, Undoable, changes_of, credential_changed, reauthenticated,
    recognition, recognized, renamed, reported, touches, undone,
};
use crate::{
    AccountStatus, Change, Changes, EndedReason, Epoch, Handle, HistoryKind, KnownDevice, SecretHash,
    Session, SessionId, Subject, Timestamp, User, UserId,
};

mod accounts;
mod operating;
mod outbox;

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Sessions in memory, for tests: one lock around everything, so that every call is a transaction.
#[derive(Debug)]
pub struct MemoryStore {
    tables: Mutex<MemoryTables>,
    changes: broadcast::Sender<Change>,
}

#[derive(Debug, thiserror::Error)]
#[error("the store is closed")]
struct Closed;

/// The content of a [`MemoryStore`], as a [`Transaction`] lends it.
#[derive(Clone, Debug, Default)]
pub struct MemoryTables {
    users: Vec<Known>,
    /// In the order of creation.
    sessions: Vec<Row>,
    /// In the order in which it was written.
    history: Vec<(UserId, StoredHistoryEntry)>,
    /// How many entries were written in total.
    recorded: i64,
    devices: Vec<(UserId, KnownDevice)>,
    mail: accounts::Mail,
    tickets: Vec<StoredTicket>,
    acts: operating::Acts,
    outbox: outbox::Outbox,
    closed: bool,
}

/// A stored user.
#[derive(Clone, Debug)]
struct Known {
    user: User,
    /// Whether the user has an account here, and not only sessions.
    has_account: bool,
    password_hash: Option<String>,
    epoch: Epoch,
    is_locked: bool,
    is_disabled: bool,
}

impl Known {
    fn restrictions(&self) -> Restrictions {
        let Self { epoch, is_locked, is_disabled, .. } = *self;
        // Second factors come only from imports, which this store does not have.
        Restrictions { epoch, is_locked, is_disabled, needs_two_factor: false }
    }

    fn next_epoch(&mut self) {
        self.epoch = Epoch::from_number(self.epoch.number() + 1);
    }

    /// Updates the profile that the application provides.
    fn follow(&mut self, subject: &Subject, now: Timestamp) {
        let created_at = self.user.created_at;
        let followed = User { created_at, updated_at: self.user.updated_at, ..subject.first_seen(now) };
        if !self.has_account && followed != self.user {
            self.user = User { updated_at: now, ..followed };
        }
    }
}

#[derive(Clone, Debug)]
struct Row {
    new: NewSession,
    authenticated_at: Timestamp,
    last_active_at: Timestamp,
    last_ip_address: Option<String>,
    last_user_agent: Option<String>,
    other_user_agent: Option<String>,
    device_name: Option<String>,
    end: Option<(EndedReason, Timestamp, Option<SessionId>)>,
    is_final: bool,
    /// The superseded credentials, and whether a later one was used.
    superseded: Vec<(Handle, SecretHash, bool)>,
    credential_is_new: bool,
}

impl Row {
    fn is_live(&self, now: Timestamp) -> bool {
        self.end.is_none() && self.new.session.expires_at > now
    }

    fn is(&self, id: &SessionId) -> bool {
        self.new.session.id == *id
    }

    fn is_of(&self, user: &UserId) -> bool {
        self.new.session.user_id == *user
    }

    fn replace_credential(&mut self, handle: &Handle, secret_hash: SecretHash, is_new: bool) {
        let before = std::mem::replace(&mut self.new.session.handle, handle.clone());
        let was_used = !self.credential_is_new;
        self.superseded.iter_mut().for_each(|(_, _, is_dead)| *is_dead |= was_used);
        self.superseded.push((before, std::mem::replace(&mut self.new.secret_hash, secret_hash), false));
        if self.superseded.len() > 8 {
            self.superseded.remove(0);
        }
        self.credential_is_new = is_new;
    }

    fn last_ip_address(&self) -> &String {
        self.last_ip_address.as_ref().unwrap_or(&self.new.session.ip_address)
    }

    fn last_user_agent(&self) -> String {
        self.last_user_agent.clone().unwrap_or_else(|| self.new.session.agent())
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self { tables: Mutex::default(), changes: broadcast::Sender::new(1_024) }
    }
}

impl MemoryStore {
    async fn lock(&self) -> Result<MutexGuard<'_, MemoryTables>> {
        let tables = self.tables.lock().await;
        if tables.closed { Err(StoreError::Unavailable(Arc::new(Closed))) } else { Ok(tables) }
    }

    fn send(&self, changes: Vec<Change>) {
        for change in changes {
            // Sending fails only without receivers.
            let _ = self.changes.send(change);
        }
    }
}

impl MemoryTables {
    fn user(&self, id: &UserId) -> User {
        self.known(id).expect("a session is stored after its user").user.clone()
    }

    fn known(&self, id: &UserId) -> Option<&Known> {
        self.users.iter().find(|known| known.user.id == *id)
    }

    fn known_mut(&mut self, id: &UserId) -> Option<&mut Known> {
        self.users.iter_mut().find(|known| known.user.id == *id)
    }

    /// Runs the caller's work on these tables.
    async fn alongside(
        &mut self,
        work: Option<&dyn Alongside>,
        change: ChangeContext<'_>,
    ) -> Result<(), ChangeError> {
        let Some(work) = work else { return Ok(()) };
        work.run(&mut Transaction::Memory(self), &change).await.map_err(ChangeError::Alongside)
    }

    /// Records that a credential of the user has changed, by this session.
    fn change_credential(&mut self, user: &UserId, by: Option<&SessionId>, now: Timestamp) {
        if let Some(known) = self.known_mut(user) {
            known.next_epoch();
            known.is_locked = false;
            known.user.updated_at = known.user.updated_at.max(now);
        }
        self.record(credential_changed(user, by, now));
    }

    /// Records a reported sign-in, by this session, and locks the user if asked to.
    fn note_report(
        &mut self,
        user: &UserId,
        id: Option<&SessionId>,
        by: Option<&SessionId>,
        lock: bool,
        now: Timestamp,
    ) {
        self.record(reported(user, id, by, now));
        self.forget_devices(user);
        if let Some(known) = self.known_mut(user).filter(|known| lock && !known.is_locked) {
            known.is_locked = true;
            known.next_epoch();
        }
    }

    fn stored(&self, row: &Row) -> StoredSession {
        StoredSession {
            session: row.new.session.clone(),
            user: self.user(&row.new.session.user_id),
            secret_hash: row.new.secret_hash,
            remember: row.new.remember,
            shared_computer: row.new.shared_computer,
            new_device: row.new.new_device,
            signed_in_with: row.new.signed_in_with.clone(),
            authenticated_at: row.authenticated_at,
            last_active_at: row.last_active_at,
            device_name: row.device_name.as_deref().map(Into::into),
            last_ip_address: row
                .last_ip_address
                .as_deref()
                .filter(|last| *last != row.new.session.ip_address)
                .map(Into::into),
            imported_at: None,
            credential_is_new: row.credential_is_new,
            last_user_agent: row.last_user_agent.as_deref().map(Into::into),
            other_user_agent: row.other_user_agent.as_deref().map(Into::into),
        }
    }

    fn found(&self, row: &Row) -> Found {
        let end = row.end.clone().map(|(reason, at, by)| End {
            reason,
            at,
            by: by.map(|by| {
                let actor = self.sessions.iter().find(|row| row.is(&by));
                EndingSession {
                    user_agent: actor.map(Row::last_user_agent).unwrap_or_default(),
                    device_name: actor.and_then(|actor| actor.device_name.clone()),
                    id: by,
                }
            }),
        });
        Found { stored: self.stored(row), end }
    }

    fn is_live(&self, actor: Actor<'_>, now: Timestamp) -> bool {
        self.sessions.iter().any(|row| row.is(actor.session) && row.is_of(actor.user) && row.is_live(now))
    }

    /// Ends the live sessions that `which` picks.
    fn end(
        &mut self,
        which: impl Fn(&Row) -> bool,
        by: Option<&SessionId>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Vec<Ended> {
        let mut ended = Vec::new();
        for row in self.sessions.iter_mut().filter(|row| row.is_live(now) && which(row)) {
            row.end = Some((reason, now, by.cloned()));
            let session = &row.new.session;
            ended.push(Ended { id: session.id.clone(), user_id: session.user_id.clone(), reason });
        }
        self.record_ends(&ended, by, now);
        ended
    }

    /// Makes revocations after `ended_after` final, of this user or of all.
    fn make_ends_final(&mut self, user: Option<&UserId>, ended_after: Timestamp) {
        let is_asked = |row: &Row| {
            let is_revoked = |(reason, at, _): &(EndedReason, Timestamp, _)| {
                *reason == EndedReason::Revoked && *at > ended_after
            };
            user.is_none_or(|user| row.is_of(user)) && row.end.as_ref().is_some_and(is_revoked)
        };
        self.sessions.iter_mut().filter(|row| is_asked(row)).for_each(|row| row.is_final = true);
    }

    fn insert(&mut self, new: &NewSession) {
        let now = new.session.created_at;
        self.sessions.push(Row {
            new: new.clone(),
            authenticated_at: now,
            last_active_at: now,
            last_ip_address: None,
            last_user_agent: None,
            other_user_agent: None,
            device_name: None,
            end: None,
            is_final: false,
            superseded: Vec::new(),
            credential_is_new: false,
        });
        let Session { id, user_id, ip_address, .. } = new.session.clone();
        let entry = NewHistoryEntry::new(HistoryKind::SignedIn, user_id, Some(id), now);
        let ip_address = Some(ip_address);
        let detail = new.signed_in_with.as_ref().map(ToString::to_string);
        self.record(NewHistoryEntry { ip_address: ip_address.clone(), detail, ..entry.clone() });
        if new.new_device {
            let kind = HistoryKind::NewDevice;
            self.record(NewHistoryEntry { kind, ip_address, ..entry });
        }
        for key in &new.device_keys {
            self.devices.retain(|(user, known)| *user != new.session.user_id || known.key != *key);
            let known = KnownDevice { key: *key, seen_at: now, is_forgotten: false };
            self.devices.push((new.session.user_id.clone(), known));
        }
        let seen =
            |(user, known): &(UserId, KnownDevice)| (*user == new.session.user_id).then_some(known.seen_at);
        let mut latest: Vec<_> = self.devices.iter().filter_map(seen).collect();
        latest.sort_by(|a, b| b.cmp(a));
        if let Some(last) = latest.get(KNOWN_DEVICES - 1) {
            self.devices.retain(|device| seen(device).is_none_or(|seen_at| seen_at >= *last));
        }
    }

    /// Gives the actor's own session another credential.
    fn renew(&mut self, actor: Actor<'_>, renewal: &Renewal, now: Timestamp) {
        let own = |row: &&mut Row| row.is(actor.session) && row.is_of(actor.user) && row.is_live(now);
        let Some(row) = self.sessions.iter_mut().find(own) else { return };
        row.replace_credential(&renewal.handle, renewal.secret_hash, true);
        row.new.session.expires_at = renewal.expires_at;
        row.new.session.updated_at = now;
        row.authenticated_at = now;
        let (id, user) = (actor.session.clone(), actor.user.clone());
        let entry = NewHistoryEntry::new(HistoryKind::Reauthenticated, user, Some(id.clone()), now);
        let detail = renewal.verified_with.as_ref().map(ToString::to_string);
        self.record(NewHistoryEntry { by_session: Some(id), detail, ..entry });
    }

    fn forget_devices(&mut self, of: &UserId) {
        for (_, known) in self.devices.iter_mut().filter(|(user, _)| user == of) {
            known.is_forgotten = true;
        }
    }

    /// Whether a password was set or a sign-in reported since the session has ended.
    fn has_changed_since_the_end_of(&self, user: &UserId, id: &SessionId) -> bool {
        let own = self.history.iter().rev().filter(|(whose, _)| whose == user).map(|(_, entry)| entry);
        own.take_while(|entry| {
            entry.kind != Some(HistoryKind::Ended) || entry.session_id.as_ref() != Some(id)
        })
        .any(|entry| matches!(entry.kind, Some(HistoryKind::PasswordChanged | HistoryKind::Reported)))
    }

    fn row(&self, id: Option<&SessionId>) -> Option<&Row> {
        self.sessions.iter().find(|row| id.is_some_and(|id| row.is(id)))
    }

    fn record(&mut self, entry: NewHistoryEntry) {
        if self.known(&entry.user_id).is_none() {
            return;
        }
        self.outbox.record(&entry);
        self.recorded += 1;
        let (subject, actor) = (self.row(entry.session_id.as_ref()), self.row(entry.by_session.as_ref()));
        let user_agent = |row: Option<&Row>| row.map(Row::last_user_agent);
        let device_name = |row: Option<&Row>| row.and_then(|row| row.device_name.clone());
        let address = |row: Option<&Row>| row.map(|row| row.last_ip_address().clone());
        let is_own = entry.by_session.is_none() || entry.by_session == entry.session_id;
        let device_address = entry.ip_address.clone().filter(|_| is_own).or_else(|| address(subject));
        let stored = StoredHistoryEntry {
            seq: self.recorded,
            at: entry.at,
            kind: Some(entry.kind),
            user_agent: entry.user_agent.or_else(|| user_agent(subject)).unwrap_or_default(),
            device_name: device_name(subject),
            ip_address: entry.ip_address.or_else(|| address(actor)).unwrap_or_default(),
            device_ip_address: Some(device_address.unwrap_or_default()),
            by: entry.by_session.map(|by| (by, user_agent(actor).unwrap_or_default(), device_name(actor))),
            session_id: entry.session_id,
            detail: entry.detail,
        };
        self.push(entry.user_id, stored);
    }

    /// Appends an entry. Only the latest entries of each kind are kept.
    fn push(&mut self, user: UserId, entry: StoredHistoryEntry) {
        let is_alike =
            |(whose, other): &&(UserId, StoredHistoryEntry)| *whose == user && other.kind == entry.kind;
        if self.history.iter().filter(is_alike).count() >= HISTORY_OF_A_KIND {
            let oldest = self.history.iter().position(|other| is_alike(&other));
            self.history.remove(oldest.expect("there are many"));
        }
        self.history.push((user, entry));
    }

    fn record_ends(&mut self, ended: &[Ended], by: Option<&SessionId>, at: Timestamp) {
        for Ended { id, user_id, reason } in ended {
            let entry = NewHistoryEntry::new(HistoryKind::Ended, user_id.clone(), Some(id.clone()), at);
            let detail = Some(reason.as_str().to_owned());
            self.record(NewHistoryEntry { by_session: by.cloned(), detail, ..entry });
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn live_by_handles(&self, handles: &[&Handle], now: Timestamp) -> Result<Vec<Arc<StoredSession>>> {
        let state = self.lock().await?;
        let live = state.sessions.iter().filter(|row| row.is_live(now));
        Ok(live
            .filter(|row| handles.contains(&&row.new.session.handle))
            .map(|row| Arc::new(state.stored(row)))
            .collect())
    }

    async fn live_of_user(&self, user: &UserId, now: Timestamp) -> Result<Vec<Arc<StoredSession>>> {
        let state = self.lock().await?;
        let live = state.sessions.iter().rev().filter(|row| row.is_live(now) && row.is_of(user));
        Ok(live.map(|row| Arc::new(state.stored(row))).collect())
    }

    async fn find(&self, ids: &[&SessionId]) -> Result<Vec<Found>> {
        let state = self.lock().await?;
        let rows = state.sessions.iter().filter(|row| ids.contains(&&row.new.session.id));
        Ok(rows.map(|row| state.found(row)).collect())
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Found>> {
        let state = self.lock().await?;
        let row = state.sessions.iter().find(|row| row.new.session.handle == *handle);
        Ok(row.map(|row| state.found(row)))
    }

    async fn of_user(&self, user: &UserId, page: Page<'_>, now: Timestamp) -> Result<Vec<Found>> {
        let state = self.lock().await?;
        let asked = |row: &&Row| row.is_of(user) && (page.ended || row.is_live(now));
        let before = match page.after {
            None => state.sessions.len(),
            Some(after) => state.sessions.iter().position(|row| row.is(after)).unwrap_or(0),
        };
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let rows = state.sessions[..before].iter().rev().filter(asked).take(limit);
        Ok(rows.map(|row| state.found(row)).collect())
    }

    async fn ended_of_user(&self, user: &UserId, after: Timestamp, limit: u32) -> Result<Vec<Found>> {
        let state = self.lock().await?;
        let ended_at = |row: &Row| row.end.as_ref().map(|(_, at, _)| *at);
        let asked = |row: &&Row| {
            let is_asked = |(reason, at, _): &(EndedReason, Timestamp, _)| {
                *reason != EndedReason::Replaced && *at > after
            };
            row.is_of(user) && row.end.as_ref().is_some_and(is_asked)
        };
        let mut rows: Vec<_> = state.sessions.iter().rev().filter(asked).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(ended_at(row)));
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(rows.into_iter().map(|row| state.found(row)).collect())
    }

    async fn known_devices(&self, user: &UserId) -> Result<Vec<KnownDevice>> {
        let state = self.lock().await?;
        let known = state.devices.iter().filter(|(whose, _)| whose == user);
        Ok(known.map(|(_, known)| *known).collect())
    }

    async fn find_user(&self, id: &UserId) -> Result<Option<User>> {
        let state = self.lock().await?;
        Ok(state.known(id).map(|known| known.user.clone()))
    }

    async fn statistics(&self, now: Timestamp, since: Timestamp) -> Result<Statistics> {
        let state = self.lock().await?;
        let count =
            |which: &dyn Fn(&Row) -> bool| state.sessions.iter().filter(|row| which(row)).count() as u64;
        let ended = |reason| {
            let of_reason =
                |row: &Row| row.end.as_ref().is_some_and(|(why, at, _)| *why == reason && *at > since);
            (reason, count(&of_reason))
        };
        let live = state.sessions.iter().filter(|row| row.is_live(now));
        Ok(Statistics {
            live_sessions: count(&|row| row.is_live(now)),
            live_users: live.map(|row| &row.new.session.user_id).collect::<HashSet<_>>().len() as u64,
            sign_ins: count(&|row| row.new.session.created_at > since),
            ended: EndedReason::ALL.iter().copied().map(ended).filter(|(_, number)| *number > 0).collect(),
        })
    }

    async fn epoch(&self, user: &UserId) -> Result<Epoch> {
        Ok(self.lock().await?.known(user).map_or(Epoch::UNKNOWN, |known| known.epoch))
    }

    async fn account_status(&self, user: &UserId, refused_after: Timestamp) -> Result<AccountStatus> {
        let state = self.lock().await?;
        let is_refused = |(whose, entry): &&(UserId, StoredHistoryEntry)| {
            let is_wrong = entry.kind == Some(HistoryKind::PasswordRefused)
                && entry.detail.is_none()
                && entry.session_id.is_none();
            whose == user && is_wrong && entry.at > refused_after
        };
        Ok(AccountStatus {
            is_locked: state.known(user).is_some_and(|known| known.is_locked),
            refused_sign_ins: state.history.iter().filter(is_refused).count() as u64,
        })
    }

    async fn begin(
        &self,
        subject: &Subject,
        new: &NewSession,
        limit: &Limit,
        alongside: Option<&dyn Alongside>,
    ) -> Result<Begun, ChangeError> {
        let mut tables = self.lock().await?;
        let mut draft = tables.clone();
        let (now, of) = (new.session.created_at, &subject.id);
        let restrictions = draft.known(of).map(Known::restrictions);
        Restrictions::check(restrictions.as_ref(), limit.epoch)?;
        match draft.known_mut(of) {
            Some(known) => known.follow(subject, now),
            None => draft.users.push(Known {
                user: subject.first_seen(now),
                has_account: false,
                password_hash: None,
                epoch: Epoch::FIRST,
                is_locked: false,
                is_disabled: false,
            }),
        }
        let context = ChangeContext {
            is_new_user: restrictions.is_none(),
            is_new_device: new.new_device,
            ..ChangeContext::new(of, Some(&new.session.id), now)
        };
        draft.alongside(alongside, context).await?;
        let live = draft.sessions.iter().filter(|row| row.is_live(now));
        let live: Vec<_> =
            live.map(|row| (row.new.session.id.clone(), row.new.session.user_id.clone())).collect();
        let ended = fit(&new.session, limit, &live)?;
        draft.insert(new);
        for Ended { id, reason, .. } in &ended {
            draft.end(|row| row.is(id), Some(&new.session.id), *reason, now);
        }
        let user = draft.user(of);
        *tables = draft;
        self.send(changes_of(Some(&new.session), &ended));
        Ok(Begun { user, ended })
    }

    async fn put_ticket(&self, ticket: &StoredTicket) -> Result<()> {
        self.lock().await?.tickets.push(ticket.clone());
        Ok(())
    }

    async fn find_ticket(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<StoredTicket>> {
        let state = self.lock().await?;
        let is_it =
            |ticket: &&StoredTicket| ticket.hash.as_bytes() == hash.as_bytes() && ticket.expires_at > now;
        let counts = |ticket: &StoredTicket| {
            state.known(&ticket.user_id).is_some_and(|known| known.epoch == ticket.epoch)
        };
        Ok(state.tickets.iter().find(is_it).filter(|ticket| counts(ticket)).cloned())
    }

    async fn use_ticket(&self, tx: &mut Transaction<'_>, hash: &SecretHash, now: Timestamp) -> Result<bool> {
        let tickets = &mut accounts::tables(tx)?.tickets;
        let before = tickets.len();
        tickets.retain(|ticket| ticket.hash.as_bytes() != hash.as_bytes() || ticket.expires_at <= now);
        Ok(tickets.len() < before)
    }

    async fn extend(&self, actor: Actor<'_>, from: Timestamp, to: Timestamp, now: Timestamp) -> Result<bool> {
        let mut state = self.lock().await?;
        let row = state.sessions.iter_mut().find(|row| row.is(actor.session) && row.is_live(now));
        let Some(row) = row.filter(|row| row.new.session.expires_at == from) else { return Ok(false) };
        row.new.session.expires_at = to;
        row.new.session.updated_at = now;
        Ok(true)
    }

    async fn superseded_by_handles(&self, handles: &[&Handle], now: Timestamp) -> Result<Vec<Superseded>> {
        let state = self.lock().await?;
        let mut found = Vec::new();
        for row in state.sessions.iter().filter(|row| row.is_live(now)) {
            let asked = row.superseded.iter().filter(|(handle, ..)| handles.contains(&handle));
            for (handle, secret_hash, is_dead) in asked {
                let (handle, session) = (handle.clone(), state.stored(row));
                found.push(Superseded { handle, secret_hash: *secret_hash, is_dead: *is_dead, session });
            }
        }
        Ok(found)
    }

    async fn use_credential(&self, actor: Actor<'_>, handle: &Handle) -> Result<()> {
        let mut state = self.lock().await?;
        let own = |row: &&mut Row| row.is(actor.session) && row.is_of(actor.user);
        let row = state.sessions.iter_mut().find(own);
        if let Some(row) = row.filter(|row| row.credential_is_new && row.new.session.handle == *handle) {
            row.credential_is_new = false;
            self.send(vec![reauthenticated(actor)]);
        }
        Ok(())
    }

    async fn prove(
        &self,
        actor: Actor<'_>,
        renewal: &Renewal,
        epoch: Option<Epoch>,
        now: Timestamp,
    ) -> Result<bool, ChangeError> {
        let mut tables = self.lock().await?;
        if !tables.is_live(actor, now) {
            return Ok(false);
        }
        Restrictions::check(tables.known(actor.user).map(Known::restrictions).as_ref(), epoch)?;
        tables.renew(actor, renewal, now);
        self.send(vec![reauthenticated(actor)]);
        Ok(true)
    }

    async fn rename(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        let mut state = self.lock().await?;
        let may = state.is_live(actor, now);
        let own = |row: &Row| may && row.is(id) && row.is_of(actor.user) && row.is_live(now);
        let Some(at) = state.sessions.iter().position(own) else { return Ok(false) };
        let name = name.map(str::to_owned);
        if state.sessions[at].device_name != name {
            let entry = NewHistoryEntry::new(HistoryKind::Renamed, actor.user.clone(), Some(id.clone()), now);
            let by_session = Some(actor.session.clone());
            state.record(NewHistoryEntry { by_session, detail: name.clone(), ..entry });
        }
        state.sessions[at].device_name = name;
        self.send(vec![renamed(actor, id)]);
        Ok(true)
    }

    async fn recognize(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        new_since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<bool>> {
        let mut state = self.lock().await?;
        if !state.is_live(actor, now) {
            return Ok(None);
        }
        let is_new =
            |row: &Row| row.is(actor.session) && row.new.new_device && row.new.session.created_at > new_since;
        let began = |id: &SessionId| state.sessions.iter().position(|row| row.is(id));
        let may = began(actor.session) < began(id) && !state.sessions.iter().any(is_new);
        let own = |row: &&mut Row| row.is(id) && row.is_of(actor.user) && row.is_live(now);
        let Some(row) = state.sessions.iter_mut().find(own) else { return Ok(None) };
        if !row.new.new_device || !may {
            return Ok(Some(!row.new.new_device));
        }
        row.new.new_device = false;
        state.record(recognition(actor, id, now));
        self.send(vec![recognized(actor, id)]);
        Ok(Some(true))
    }

    async fn end_by_id(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>> {
        let mut state = self.lock().await?;
        let may = state.is_live(actor, now);
        let ended =
            state.end(|row| may && row.is(id) && row.is_of(actor.user), Some(actor.session), reason, now);
        self.send(changes_of(None, &ended));
        Ok(ended.into_iter().next())
    }

    async fn end_by_handle(
        &self,
        actor: Actor<'_>,
        handle: &Handle,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>> {
        let found = self.find_by_handle(handle).await?;
        match found {
            Some(found) => self.end_by_id(actor, &found.stored.session.id, reason, now).await,
            None => Ok(None),
        }
    }

    async fn end_all(
        &self,
        actor: Actor<'_>,
        own: bool,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        let mut state = self.lock().await?;
        if !state.is_live(actor, now) {
            return Ok(None);
        }
        let which = |row: &Row| row.is_of(actor.user) && (own || !row.is(actor.session));
        let ended = state.end(which, Some(actor.session), reason, now);
        if !own {
            state.make_ends_final(Some(actor.user), Timestamp::default());
        }
        self.send(changes_of(None, &ended));
        Ok(Some(ended))
    }

    async fn undo_revoke(&self, undo: Undo<'_>, now: Timestamp) -> Result<bool> {
        let mut state = self.lock().await?;
        let Undo { actor, id, ended_after, maximum } = undo;
        let by_actor = |row: &Row| {
            row.end.as_ref().is_some_and(|(reason, at, by)| {
                let is_in_time = *at > ended_after && at.since(now) < now.since(ended_after);
                *reason == EndedReason::Revoked && is_in_time && by.as_ref() == Some(actor.session)
            })
        };
        let revoked = |row: &Row| {
            let is_own = row.is(id) && row.is_of(actor.user);
            is_own && !row.is_final && row.new.session.expires_at > now && by_actor(row)
        };
        let live = state.sessions.iter().filter(|row| row.is_of(actor.user) && row.is_live(now)).count();
        let has_room = live < usize::try_from(maximum).unwrap_or(usize::MAX);
        if !has_room || !state.is_live(actor, now) || state.has_changed_since_the_end_of(actor.user, id) {
            return Ok(false);
        }
        let Some(row) = state.sessions.iter_mut().find(|row| revoked(row)) else { return Ok(false) };
        row.end = None;
        let entry =
            NewHistoryEntry::new(HistoryKind::RevokeUndone, actor.user.clone(), Some(id.clone()), now);
        state.record(NewHistoryEntry { by_session: Some(actor.session.clone()), ..entry });
        self.send(vec![undone(undo)]);
        Ok(true)
    }

    async fn undoable_by_handles(
        &self,
        handles: &[&Handle],
        ended_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Undoable>> {
        let state = self.lock().await?;
        let asked = state.sessions.iter().filter(|row| handles.contains(&&row.new.session.handle));
        let may_live = |row: &&Row| {
            if row.is_live(now) {
                return true;
            }
            let Some((EndedReason::Revoked, at, Some(by))) = &row.end else { return false };
            let actor = Actor { session: by, user: &row.new.session.user_id };
            let in_time = *at > ended_after && row.new.session.expires_at > now;
            in_time && !row.is_final && !row.is(by) && state.is_live(actor, now)
        };
        let undoable = asked.filter(may_live).map(|row| Undoable {
            handle: row.new.session.handle.clone(),
            user_id: row.new.session.user_id.clone(),
            secret_hash: row.new.secret_hash,
        });
        Ok(undoable.collect())
    }

    async fn make_ends_final(&self, user: &UserId, ended_after: Timestamp) -> Result<()> {
        self.lock().await?.make_ends_final(Some(user), ended_after);
        Ok(())
    }

    async fn make_all_ends_final(&self, ended_after: Timestamp) -> Result<()> {
        self.lock().await?.make_ends_final(None, ended_after);
        Ok(())
    }

    async fn end_held(
        &self,
        ids: &[&SessionId],
        by: Option<&SessionId>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        let mut state = self.lock().await?;
        let ended = state.end(|row| ids.contains(&&row.new.session.id), by, reason, now);
        self.send(changes_of(None, &ended));
        Ok(ended)
    }

    async fn credentials_changed(
        &self,
        actor: Actor<'_>,
        next: NextSession<'_>,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError> {
        let mut tables = self.lock().await?;
        let mut draft = tables.clone();
        let Some(known) = draft.known(actor.user).filter(|_| draft.is_live(actor, now)) else {
            return Ok(None);
        };
        let context = ChangeContext {
            was_locked: known.is_locked,
            ..ChangeContext::new(actor.user, Some(actor.session), now)
        };
        draft.alongside(alongside, context).await?;
        draft.change_credential(actor.user, Some(actor.session), now);
        let (ended, changes) = match next {
            NextSession::Renewed(renewal) => {
                draft.renew(actor, renewal, now);
                (Vec::new(), vec![reauthenticated(actor)])
            }
            NextSession::New(new) => {
                let reason = EndedReason::PasswordChanged;
                let ended = draft.end(|row| row.is_of(actor.user), Some(actor.session), reason, now);
                draft.insert(new);
                let changes = changes_of(Some(&new.session), &ended);
                (ended, changes)
            }
        };
        *tables = draft;
        self.send(changes);
        Ok(Some(ended))
    }

    async fn credentials_changed_of(
        &self,
        user: &UserId,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError> {
        let mut tables = self.lock().await?;
        let mut draft = tables.clone();
        let Some(known) = draft.known(user) else { return Ok(None) };
        let context = ChangeContext { was_locked: known.is_locked, ..ChangeContext::new(user, None, now) };
        draft.alongside(alongside, context).await?;
        draft.change_credential(user, None, now);
        let ended = draft.end(|row| row.is_of(user), None, EndedReason::PasswordChanged, now);
        *tables = draft;
        self.send(changes_of(None, &ended));
        Ok(Some(ended))
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
        let mut tables = self.lock().await?;
        let mut draft = tables.clone();
        let is_another = draft.row(Some(id)).is_some_and(|row| row.is_of(actor.user)) && id != actor.session;
        let Some(known) = draft.known(actor.user).filter(|_| is_another && draft.is_live(actor, now)) else {
            return Ok(None);
        };
        let context =
            ChangeContext { was_locked: known.is_locked, ..ChangeContext::new(actor.user, Some(id), now) };
        draft.alongside(alongside, context).await?;
        let others = |row: &Row| row.is_of(actor.user) && !row.is(actor.session);
        let ended = draft.end(others, Some(actor.session), EndedReason::Reported, now);
        draft.note_report(actor.user, Some(id), Some(actor.session), lock, now);
        for row in draft.sessions.iter_mut().filter(|row| row.is(actor.session)) {
            row.replace_credential(&rotation.handle, rotation.secret_hash, false);
        }
        let mut changes = changes_of(None, &ended);
        changes.push(reauthenticated(actor));
        *tables = draft;
        self.send(changes);
        Ok(Some(ended))
    }

    async fn report_of(
        &self,
        user: &UserId,
        id: Option<&SessionId>,
        lock: bool,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError> {
        let mut tables = self.lock().await?;
        let mut draft = tables.clone();
        let Some(known) = draft.known(user) else { return Ok(None) };
        let context = ChangeContext { was_locked: known.is_locked, ..ChangeContext::new(user, id, now) };
        draft.alongside(alongside, context).await?;
        let ended = draft.end(|row| row.is_of(user), None, EndedReason::Reported, now);
        draft.note_report(user, id, None, lock, now);
        *tables = draft;
        self.send(changes_of(None, &ended));
        Ok(Some(ended))
    }

    async fn touch(&self, batch: &[Touch]) -> Result<()> {
        let mut state = self.lock().await?;
        let (mut touched, mut moved) = (Vec::new(), Vec::new());
        for Touch { session: id, at, ip_address, user_agent, other_user_agent } in batch {
            for row in state.sessions.iter_mut().filter(|row| row.is(id) && row.end.is_none()) {
                row.last_active_at = row.last_active_at.max(*at);
                let user = row.new.session.user_id.clone();
                touched.push((user.clone(), id.clone(), row.last_active_at));
                let before = row.last_ip_address().clone();
                let entry = |kind, at| NewHistoryEntry {
                    by_session: Some(id.clone()),
                    ..NewHistoryEntry::new(kind, user.clone(), Some(id.clone()), at)
                };
                row.last_user_agent = user_agent.clone().or(row.last_user_agent.take());
                if let Some(address) = ip_address.as_ref().filter(|address| **address != before) {
                    row.last_ip_address = Some(address.clone());
                    let entry = entry(HistoryKind::AddressChanged, row.last_active_at);
                    let ip_address = Some(address.clone());
                    moved.push((NewHistoryEntry { ip_address, detail: Some(before.clone()), ..entry }, None));
                }
                if other_user_agent.is_some() && *other_user_agent != row.other_user_agent {
                    row.other_user_agent.clone_from(other_user_agent);
                    let ip_address = Some(row.last_ip_address().clone());
                    let entry = entry(HistoryKind::BrowserChanged, row.last_active_at);
                    let entry = NewHistoryEntry { ip_address, ..entry };
                    moved.push((entry, other_user_agent.clone().map(|other| (other, before))));
                }
            }
        }
        for (entry, other) in moved {
            state.record(entry);
            if let (Some((user_agent, before)), Some((_, last))) = (other, state.history.last_mut()) {
                last.device_ip_address = Some(before);
                last.by = last.by.take().map(|(by, ..)| (by, user_agent, None));
            }
        }
        self.send(touches(batch, touched));
        Ok(())
    }

    async fn sweep(&self, now: Timestamp, delete_before: Timestamp, limit: u32) -> Result<(u64, u64)> {
        let mut state = self.lock().await?;
        state.outbox.tick(now);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let overdue = |row: &&mut Row| row.end.is_none() && row.new.session.expires_at <= now;
        let mut expired = Vec::new();
        for row in state.sessions.iter_mut().filter(overdue).take(limit) {
            let session = &row.new.session;
            row.end = Some((EndedReason::Expired, session.expires_at, None));
            let (id, user_id) = (session.id.clone(), session.user_id.clone());
            expired.push((Ended { id, user_id, reason: EndedReason::Expired }, session.expires_at));
        }
        for (ended, at) in &expired {
            state.record_ends(std::slice::from_ref(ended), None, *at);
        }
        let expired: Vec<_> = expired.into_iter().map(|(ended, _)| ended).collect();
        let mut deleted = 0;
        state.sessions.retain(|row| {
            let is_old = row.end.as_ref().is_some_and(|(_, at, _)| *at <= delete_before);
            let goes = is_old && deleted < limit;
            deleted += usize::from(goes);
            !goes
        });
        let mut room = limit;
        state.tickets.retain(|ticket| {
            let goes = ticket.expires_at <= now && room > 0;
            room -= usize::from(goes);
            !goes
        });
        self.send(changes_of(None, &expired));
        Ok((expired.len() as u64, deleted as u64))
    }

    async fn history(&self, user: &UserId, query: HistoryQuery<'_>) -> Result<Vec<StoredHistoryEntry>> {
        let state = self.lock().await?;
        let asked = |entry: &StoredHistoryEntry| {
            query.before.is_none_or(|before| entry.seq < before)
                && (query.kinds.is_empty() || entry.kind.is_some_and(|kind| query.kinds.contains(&kind)))
                && query.session.is_none_or(|session| entry.session_id.as_ref() == Some(session))
        };
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let entries = state.history.iter().rev().filter(|(whose, entry)| whose == user && asked(entry));
        Ok(entries.take(limit).map(|(_, entry)| entry.clone()).collect())
    }

    async fn record(&self, entries: &[NewHistoryEntry], change: Option<Change>) -> Result<()> {
        let mut state = self.lock().await?;
        for entry in entries {
            state.record(entry.clone());
        }
        self.send(change.into_iter().collect());
        Ok(())
    }

    async fn forget_history(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let mut state = self.lock().await?;
        let mut forgotten = 0;
        state.history.retain(|(_, entry)| {
            let goes = entry.at <= before && forgotten < u64::from(limit);
            forgotten += u64::from(goes);
            !goes
        });
        Ok(forgotten)
    }

    fn changes(&self) -> Changes {
        Changes::new(self.changes.subscribe())
    }

    async fn announce(&self, change: Change) -> Result<()> {
        drop(self.lock().await?);
        self.send(vec![change]);
        Ok(())
    }

    async fn ping(&self) -> Result<()> {
        self.lock().await.map(drop)
    }

    async fn check_writes(&self) -> Result<()> {
        self.ping().await
    }

    async fn close(&self) {
        self.tables.lock().await.closed = true;
    }
}

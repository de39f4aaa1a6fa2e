//! Stores of users and sessions.
//!
//! # Another store
//!
//! A store of your own implements [`Store`], [`AccountStore`], [`OperatorStore`] and [`OutboxStore`] with
//! public items only. They have one method for each operation. Every method is one transaction, unless it
//! says that it is several. Test it with [`store_contract!`](crate::store_contract) (feature `test-support`),
//! which has one test for each promise. [`MemoryStore`](crate::MemoryStore) is the reference.
//! `tests/stores/counting.rs` is a small store outside of this crate.
//!
//! [`Store`] includes [`AccountStore`] even if `Accounts` is not used: sign-ins, resets and reports change
//! sessions and passwords in one transaction, so one store must keep both. With your own login its tables
//! stay empty.
//!
//! The types of stores gain fields and the traits gain methods with minor versions. So a store of your own
//! works with one minor version, and the compiler reports what the next one requires.
//!
//! Another SQL database needs less: `src/store/sql.rs` has everything that databases share, on top of about
//! ten methods for each.

use std::sync::Arc;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
use crate::HistoryKind;
use crate::{
    AccountStatus, Change, Changes, DeviceKey, EndedReason, Epoch, Error, Handle, Keep, KnownDevice,
    SecretHash, Session, SessionId, SignInMethod, Subject, Timestamp, User, UserId,
};

// First, because the modules below use its macros.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
#[macro_use]
mod sql;

mod accounts;
mod alongside;
#[cfg(feature = "import-better-auth")]
pub(crate) mod better_auth;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod cache;
#[cfg(feature = "test-support")]
pub mod contract;
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
mod fit;
mod history;
#[cfg(feature = "import-better-auth")]
pub(crate) mod import;
#[cfg(feature = "postgres")]
mod lease;
mod load;
#[cfg(feature = "test-support")]
pub(crate) mod memory;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod migrations;
#[cfg(all(test, feature = "postgres", feature = "sqlite"))]
mod model;
mod operating;
mod outbox;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod session_cache;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

pub use accounts::{AccountStore, DueMail, NewMail, StoredPassword, StoredToken};
pub use alongside::{Alongside, ChangeContext, Transaction};
pub use history::{HistoryQuery, NewHistoryEntry, StoredHistoryEntry};
pub use load::{PoolLoad, SessionCacheStatistics, StoreLoad};
pub use operating::{NewOperatorAct, OperatorAct, OperatorActKind, OperatorStore};
pub use outbox::{ConsumerBacklog, ConsumerLease, Deliverer, DueEvent, OutboxStore};

/// Locks a mutex, and ignores poisoning: a panic cannot leave the value inconsistent.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session as it is stored.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// The part that its owner may see.
    pub session: Session,
    /// The user.
    pub user: User,
    /// The hash of the cookie's secret.
    pub secret_hash: SecretHash,
    /// Whether the cookie stays when the browser is closed.
    pub remember: bool,
    /// Whether the computer is shared.
    pub shared_computer: bool,
    /// Whether its user had never signed in from this browser before, and has not confirmed the sign-in since.
    pub new_device: bool,
    /// When its person last proved who they are: at its creation, or later by [`Store::prove`] or
    /// [`Store::credentials_changed`].
    pub authenticated_at: Timestamp,
    /// How the person signed in; none for sessions from before this was stored.
    pub signed_in_with: Option<SignInMethod>,
    /// When it last made a request.
    pub last_active_at: Timestamp,
    /// What the person calls the device.
    pub device_name: Option<Box<str>>,
    /// The address that it last made a request from, if it differs from the one at sign-in:
    /// [`StoredSession::last_address`].
    pub last_ip_address: Option<Box<str>>,
    /// The last user agent of its browser and its client hints, if they differ from those at sign-in:
    /// [`StoredSession::last_agent`].
    pub last_user_agent: Option<Box<str>>,
    /// The last user agent of another browser that used the session, if one did.
    pub other_user_agent: Option<Box<str>>,
    /// When an import last found it in its source; none for a session that began here.
    pub imported_at: Option<Timestamp>,
    /// Whether its credential replaced another one and no request has used it yet, so that the earlier ones still work.
    pub credential_is_new: bool,
}

impl StoredSession {
    /// The stored form of a session that begins.
    pub(crate) fn begun(new: NewSession, user: User) -> Self {
        let now = new.session.created_at;
        Self {
            user,
            secret_hash: new.secret_hash,
            remember: new.remember,
            shared_computer: new.shared_computer,
            new_device: new.new_device,
            authenticated_at: now,
            signed_in_with: new.signed_in_with,
            last_active_at: now,
            device_name: None,
            last_ip_address: None,
            last_user_agent: None,
            other_user_agent: None,
            imported_at: None,
            credential_is_new: false,
            session: new.session,
        }
    }

    /// The last user agent of its browser and its client hints; empty when unknown.
    pub fn last_agent(&self) -> String {
        self.last_user_agent.as_deref().map_or_else(|| self.session.agent(), str::to_owned)
    }

    /// The last address that the store knows; empty when unknown.
    pub fn last_address(&self) -> &str {
        self.last_ip_address.as_deref().unwrap_or(&self.session.ip_address)
    }
}

/// A credential that a live session had before its present one.
#[derive(Clone, Debug)]
pub struct Superseded {
    /// The handle that the session had then.
    pub handle: Handle,
    /// The hash of the secret at that time.
    pub secret_hash: SecretHash,
    /// Whether a later credential was used, so that this one never acts again.
    pub is_dead: bool,
    /// The session as it is now.
    pub session: StoredSession,
}

/// The activity of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(any(feature = "postgres", feature = "sqlite"), derive(serde::Serialize))]
pub struct Touch {
    /// The session.
    pub session: SessionId,
    /// When it last made a request.
    #[cfg_attr(any(feature = "postgres", feature = "sqlite"), serde(serialize_with = "history::unix_ms"))]
    pub at: Timestamp,
    /// The address, if it differs from the one in the store.
    pub ip_address: Option<String>,
    /// The user agent, if an update of the browser has changed it.
    pub user_agent: Option<String>,
    /// The user agent of another browser that used the session, if the store does not have it.
    pub other_user_agent: Option<String>,
}

impl Touch {
    /// A request of a session from the address and browser that the store has.
    pub fn new(session: SessionId, at: Timestamp) -> Self {
        Self { session, at, ip_address: None, user_agent: None, other_user_agent: None }
    }

    /// Whether it changes more than the time of the last activity.
    pub(crate) fn is_news(&self) -> bool {
        self.ip_address.is_some() || self.user_agent.is_some() || self.other_user_agent.is_some()
    }
}

/// A session to be stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// The hash of the cookie's secret.
    pub secret_hash: SecretHash,
    /// Whether the cookie stays when the browser is closed.
    pub remember: bool,
    /// Whether the computer is shared.
    pub shared_computer: bool,
    /// Whether its user has never signed in from this browser before.
    pub new_device: bool,
    /// The keys by which later sign-ins of its user from this browser are recognized.
    pub device_keys: Vec<DeviceKey>,
    /// How the person signed in.
    pub signed_in_with: Option<SignInMethod>,
}

/// The new credential and expiry of a session after a new proof.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// The public half of the new cookie.
    pub handle: Handle,
    /// The hash of the new cookie's secret.
    pub secret_hash: SecretHash,
    /// When it ends unless activity extends it.
    pub expires_at: Timestamp,
    /// How the person was verified; none where that is not known.
    pub verified_with: Option<SignInMethod>,
}

/// A new credential for a session; everything else stays.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The public half of the new cookie.
    pub handle: Handle,
    /// The hash of the new cookie's secret.
    pub secret_hash: SecretHash,
}

/// The session of the browser after a credential of its user has changed.
#[derive(Clone, Copy, Debug)]
pub enum NextSession<'a> {
    /// Its session is renewed as by a proof. The user's other sessions stay too.
    Renewed(&'a Renewal),
    /// A new session replaces all sessions of the user.
    New(&'a NewSession),
}

/// The limit that a new session must fit into.
#[derive(Clone, Debug)]
pub struct Limit {
    /// How many live sessions the user may have, and how many accounts the browser may hold.
    pub maximum: u32,
    /// Whether the oldest is evicted. Otherwise the new one is refused.
    pub revoke_oldest: bool,
    /// The verified sessions that the signing-in browser holds.
    pub held: Vec<SessionId>,
    /// The epoch of the proof; `None` is not compared.
    pub epoch: Option<Epoch>,
    /// The session of the user that the person chose to be evicted.
    pub chosen: Option<SessionId>,
}

/// A sign-in that the limit has refused, for which a ticket was issued.
#[derive(Clone, Debug)]
pub struct StoredTicket {
    /// The hash by which the ticket is looked up.
    pub hash: SecretHash,
    /// The user.
    pub user_id: UserId,
    /// The epoch of the proof. The ticket is valid only in this epoch.
    pub epoch: Epoch,
    /// How long the browser is to keep the sign-in.
    pub keep: Keep,
    /// How the person signed in.
    pub signed_in_with: SignInMethod,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// A session that was stored.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Its user, as stored.
    pub user: User,
    /// The sessions that ended so that it fits.
    pub ended: Vec<Ended>,
}

/// The restrictions that decide whether a user's proof is valid.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
#[derive(Clone, Copy, Debug)]
struct Restrictions {
    epoch: Epoch,
    is_locked: bool,
    is_disabled: bool,
    needs_two_factor: bool,
}

#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
impl Restrictions {
    /// Checks a proof that was made at `epoch`. For an unknown user, the proof must not come from a time when
    /// they were stored.
    fn check(known: Option<&Self>, epoch: Option<Epoch>) -> Result<(), ChangeError> {
        if known.is_some_and(|known| known.is_disabled) {
            return Err(ChangeError::UserDisabled);
        }
        if known.is_some_and(|known| known.is_locked) {
            return Err(ChangeError::UserLocked);
        }
        let present = known.map_or(Epoch::UNKNOWN, |known| known.epoch);
        if epoch.is_some_and(|epoch| !epoch.holds_at(present)) {
            return Err(ChangeError::ProofOutdated);
        }
        Ok(())
    }
}

/// A session that a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The session.
    pub id: SessionId,
    /// The user of the session.
    pub user_id: UserId,
    /// Why it ended.
    pub reason: EndedReason,
}

/// How a stored session ended.
#[derive(Clone, Debug)]
pub struct End {
    /// Why.
    pub reason: EndedReason,
    /// When.
    pub at: Timestamp,
    /// The session that ended it.
    pub by: Option<EndingSession>,
}

/// The session that ended another one, as far as it is still stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingSession {
    /// The session.
    pub id: SessionId,
    /// The user agent and client hints of the browser.
    pub user_agent: String,
    /// What the person calls the device.
    pub device_name: Option<String>,
}

/// A session in any state.
#[derive(Clone, Debug)]
pub struct Found {
    /// The session.
    pub stored: StoredSession,
    /// How it ended, if it did. An expired session may not be marked yet.
    pub end: Option<End>,
}

/// The session that makes a change. The store checks in the same statement that it is live itself, so that a session
/// that is being ended cannot end others.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// The acting session.
    pub session: &'a SessionId,
    /// Its user: only sessions of this user are touched.
    pub user: &'a UserId,
}

/// The undo of a revocation: the only way in which an ended session becomes live again.
///
/// It works only if the actor itself revoked the session after `ended_after`, the session has not expired, no sign-in
/// was reported and no password set since, and the user has room for it.
#[derive(Clone, Copy, Debug)]
pub struct Undo<'a> {
    /// The session that revoked it, live itself.
    pub actor: Actor<'a>,
    /// The session to restore.
    pub id: &'a SessionId,
    /// Only sessions that were revoked after this moment.
    pub ended_after: Timestamp,
    /// How many live sessions the user may have, this one too.
    pub maximum: u32,
}

/// An ended session whose revocation can still be undone.
#[derive(Clone, Debug)]
pub struct Undoable {
    /// The handle.
    pub handle: Handle,
    /// The user of the session.
    pub user_id: UserId,
    /// The hash of the secret, to compare a cookie with.
    pub secret_hash: SecretHash,
}

/// A page of a user's sessions.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Whether ended sessions are included, while they are stored.
    pub ended: bool,
    /// The last session of the page before.
    pub after: Option<&'a SessionId>,
    /// The maximum number.
    pub limit: u32,
}

/// Counts of sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// How many are live.
    pub live_sessions: u64,
    /// How many users have a live one.
    pub live_users: u64,
    /// How many began since the given moment.
    pub sign_ins: u64,
    /// How many ended since then for each reason, in the order of [`EndedReason::ALL`]. An expired session counts once
    /// a sweep has marked it.
    pub ended: Vec<(EndedReason, u64)>,
}

/// Why a change was refused. Nothing of it is stored.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The user has as many sessions as allowed.
    #[error("the user has as many sessions as allowed")]
    LimitReached,
    /// The browser holds as many accounts as allowed.
    #[error("the browser holds as many accounts as allowed")]
    BrowserFull,
    /// A credential of the user has changed since the proof was checked.
    #[error("a credential has changed since the proof was checked")]
    ProofOutdated,
    /// A sign-in was reported, and no credential has changed since.
    #[error("the user is locked")]
    UserLocked,
    /// An operator has disabled the user.
    #[error("the user is disabled")]
    UserDisabled,
    /// The caller's own work in the transaction refused it.
    #[error("refused by the caller: {0}")]
    Alongside(#[source] Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a store failed; it keeps the cause for the log.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database does not answer or cannot write (lost, busy, locked, full). Try again later.
    #[error("the database is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The database returned something unexpected.
    #[error("the database returned something unexpected")]
    Corrupt(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

/// Stores users and sessions. Every method is one transaction, and returns only when it is durable.
///
/// Your own store implements it with public items only, and is tested by `store_contract!` (feature `test-support`).
///
/// A caller may drop a method's future at any await. The change is then made or not, but a change that is made is
/// always announced: see [`Store::changes`].
///
/// *Live* means not ended and not expired at `now`. An ended session stays ended; only [`Store::undo_revoke`] can
/// restore it. Absence is `None` or an empty list, failure is an `Err`. The caller decides what absence means.
///
/// # Errors
///
/// [`StoreError`] when the store fails; so for every method.
#[async_trait]
pub trait Store: AccountStore + OperatorStore + OutboxStore + Send + Sync {
    /// Finds the live sessions of these handles, in no order.
    async fn live_by_handles(
        &self,
        handles: &[&Handle],
        now: Timestamp,
    ) -> Result<Vec<Arc<StoredSession>>, StoreError>;

    /// Lists the live sessions of a user, newest first.
    async fn live_of_user(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<Arc<StoredSession>>, StoreError>;

    /// Finds these sessions, including ended ones while they are stored, in no order.
    async fn find(&self, ids: &[&SessionId]) -> Result<Vec<Found>, StoreError>;

    /// Finds the session of a handle, including an ended one while it is stored.
    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Found>, StoreError>;

    /// Lists sessions of a user, newest first. After an unknown session the list is empty.
    async fn of_user(&self, user: &UserId, page: Page<'_>, now: Timestamp) -> Result<Vec<Found>, StoreError>;

    /// Lists sessions of a user that ended after a moment, except those that a new sign-in replaced: latest first, at
    /// most `limit`.
    async fn ended_of_user(
        &self,
        user: &UserId,
        after: Timestamp,
        limit: u32,
    ) -> Result<Vec<Found>, StoreError>;

    /// Lists the keys by which a user's browsers are recognized, in no order: the last hundred.
    async fn known_devices(&self, user: &UserId) -> Result<Vec<KnownDevice>, StoreError>;

    /// Finds the user of an id.
    async fn find_user(&self, id: &UserId) -> Result<Option<User>, StoreError>;

    /// Counts the sessions that are live, and those that began or ended after `since`.
    async fn statistics(&self, now: Timestamp, since: Timestamp) -> Result<Statistics, StoreError>;

    /// The credential epoch of a user: [`Epoch::UNKNOWN`] if they are not stored, otherwise at least [`Epoch::FIRST`].
    async fn epoch(&self, user: &UserId) -> Result<Epoch, StoreError>;

    /// Whether a user is locked, and how many sign-ins with a wrong proof their history has since `refused_after`. An
    /// unknown user is not locked and has none.
    async fn account_status(
        &self,
        user: &UserId,
        refused_after: Timestamp,
    ) -> Result<AccountStatus, StoreError>;

    /// Stores a session, and its user if they are new, and makes it fit: the browser's other session of the same user
    /// is replaced, then the oldest sessions by creation are evicted, or nothing is stored. The stored profile of a
    /// user without an account is updated from `subject`.
    ///
    /// A live session of the user that the limit names as chosen is evicted first, whether there is room or not. The
    /// new session takes its place, so that no other is evicted and the number stays the same.
    ///
    /// It is exact under simultaneous calls: there are never more sessions than the limit allows, and no session begins
    /// for a user who was disabled or locked before, or with a proof from an earlier epoch.
    ///
    /// `alongside` runs in the same transaction, once the user is stored and before the session is.
    async fn begin(
        &self,
        subject: &Subject,
        session: &NewSession,
        limit: &Limit,
        alongside: Option<&dyn Alongside>,
    ) -> Result<Begun, ChangeError>;

    /// Stores the ticket of a refused sign-in.
    async fn put_ticket(&self, ticket: &StoredTicket) -> Result<(), StoreError>;

    /// Finds a ticket, unless it has expired or the user's epoch has changed. This does not use it up.
    async fn find_ticket(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<StoredTicket>, StoreError>;

    /// Uses a ticket up in the transaction of a change; `false` if it was used or has expired. Of two simultaneous uses
    /// one succeeds.
    async fn use_ticket(
        &self,
        tx: &mut Transaction<'_>,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Extends the actor's own session if it is live and still expires at `from`; `false` if it ended or was extended
    /// meanwhile.
    async fn extend(
        &self,
        actor: Actor<'_>,
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Finds the live sessions that had these handles before their current one, in no order. The last eight credentials
    /// of each session are known.
    async fn superseded_by_handles(
        &self,
        handles: &[&Handle],
        now: Timestamp,
    ) -> Result<Vec<Superseded>, StoreError>;

    /// Records that a request has used the current credential of the actor's own session, and announces it, once. Does
    /// nothing if the session has another handle by now.
    async fn use_credential(&self, actor: Actor<'_>, handle: &Handle) -> Result<(), StoreError>;

    /// Gives the actor's own session a new credential and expiry, and records that its person proved at `now` who they
    /// are; `false` if it is not live. The old credential is superseded, as by every change that replaces one, and the
    /// new one is new until [`Store::use_credential`]. Of two simultaneous calls the later one's credential is current.
    ///
    /// A proof from another epoch, or of a user who is disabled or locked, is refused as by [`Store::begin`].
    async fn prove(
        &self,
        actor: Actor<'_>,
        renewal: &Renewal,
        epoch: Option<Epoch>,
        now: Timestamp,
    ) -> Result<bool, ChangeError>;

    /// Names the device of a live session of the actor's user, or removes the name with `None`; `false` if it or the
    /// actor is not live.
    async fn rename(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Clears the mark of a new device from a live session of the actor's user, and announces it; does nothing if there
    /// is no mark. The actor's session must have begun before that session, and must not have the mark itself unless it
    /// began at `new_since` or earlier.
    ///
    /// Returns whether the mark is gone afterwards; `None` if that session or the actor is not live.
    async fn recognize(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        new_since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError>;

    /// Ends one live session of the actor's user.
    async fn end_by_id(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>, StoreError>;

    /// Ends one live session of the actor's user, named by its handle.
    async fn end_by_handle(
        &self,
        actor: Actor<'_>,
        handle: &Handle,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>, StoreError>;

    /// Ends all live sessions of the actor's user, the actor's own only with `own`; `None` if the actor is not live.
    ///
    /// Without `own` the actor stays live. For all other sessions the revocation, now or earlier, is final and cannot
    /// be undone.
    async fn end_all(
        &self,
        actor: Actor<'_>,
        own: bool,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, StoreError>;

    /// Restores a session whose revocation is undone, and announces it; `false` if it stays ended. A session whose
    /// revocation is further in the future than `ended_after` is in the past stays ended too: the clock was set back
    /// since.
    ///
    /// Exact under simultaneous calls, as [`Store::begin`] is.
    async fn undo_revoke(&self, undo: Undo<'_>, now: Timestamp) -> Result<bool, StoreError>;

    /// Finds, of these handles, the sessions that another live session of their user has revoked after `ended_after`,
    /// and those that are live, because a revocation may have been undone meanwhile; in no order.
    async fn undoable_by_handles(
        &self,
        handles: &[&Handle],
        ended_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Undoable>, StoreError>;

    /// Makes revocations of the user's sessions after `ended_after` final: they can no longer be undone.
    async fn make_ends_final(&self, user: &UserId, ended_after: Timestamp) -> Result<(), StoreError>;

    /// The same for the sessions of all users.
    async fn make_all_ends_final(&self, ended_after: Timestamp) -> Result<(), StoreError>;

    /// Ends these live sessions, of any users. The caller has verified their secrets.
    async fn end_held(
        &self,
        ids: &[&SessionId],
        by: Option<&SessionId>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>, StoreError>;

    /// Records that a credential of the actor's user has changed, and stores the next session of the actor's browser:
    /// its own session renewed as by [`Store::prove`], or a new one, for which all others of the user end. Proofs from
    /// an earlier epoch are no longer valid, and a locked user is unlocked. `None` if the actor is not live.
    ///
    /// `alongside` runs in the same transaction, before anything ends.
    async fn credentials_changed(
        &self,
        actor: Actor<'_>,
        next: NextSession<'_>,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError>;

    /// The same if no session acts: all sessions of the user end. `None` if the user is unknown.
    async fn credentials_changed_of(
        &self,
        user: &UserId,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError>;

    /// Reports a session of the actor's user, live or ended, as somebody else's. It ends every session except the
    /// actor's own, gives that one a new credential (earlier ones are dead at once), and forgets the keys by which the
    /// user's browsers are recognized. With `lock` it locks the user: no session begins until a credential changes.
    /// `None` if the actor is not live, or the session is not another one of its user.
    ///
    /// `alongside` runs in the same transaction, before anything ends.
    async fn report(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        rotation: &Rotation,
        lock: bool,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError>;

    /// The same if no session acts: all sessions of the user end. `id` is the reported session, if known. `None` if the
    /// user is unknown.
    async fn report_of(
        &self,
        user: &UserId,
        id: Option<&SessionId>,
        lock: bool,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError>;

    /// Writes when sessions were last active, from where and by which browser. A later time in the store stays.
    ///
    /// Another address and another browser are written into the history; an updated browser is not. A session may be in
    /// the batch more than once, in the order of its requests: then each address is in the history.
    async fn touch(&self, batch: &[Touch]) -> Result<(), StoreError>;

    /// Marks expired sessions as ended, and deletes sessions that ended at or before `delete_before` and expired
    /// tickets, at most `limit` each.
    async fn sweep(
        &self,
        now: Timestamp,
        delete_before: Timestamp,
        limit: u32,
    ) -> Result<(u64, u64), StoreError>;

    /// Lists the history of a user's account, latest first.
    ///
    /// Each entry is written in the transaction of its change: a session that begins, ends, is re-authenticated, named,
    /// recognized or used from another address, and a changed credential.
    async fn history(
        &self,
        user: &UserId,
        query: HistoryQuery<'_>,
    ) -> Result<Vec<StoredHistoryEntry>, StoreError>;

    /// Writes history entries that no other change writes, and announces `change` if there is one, in one transaction.
    /// Entries about unknown users are left out.
    async fn record(&self, entries: &[NewHistoryEntry], change: Option<Change>) -> Result<(), StoreError>;

    /// Deletes history entries from a moment or earlier, at most `limit`; returns the number.
    async fn forget_history(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Returns the changes from now on, of all nodes: every session that begins or ends, and activity.
    ///
    /// A change is announced after its commit, never if it was rolled back. Changes from just before the call may be
    /// announced as well.
    fn changes(&self) -> Changes;

    /// Announces a change that is in no row to all nodes.
    async fn announce(&self, change: Change) -> Result<(), StoreError>;

    /// Checks that the store answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Makes a small write and waits until it is durable, because a full disk or a read-only database still answers
    /// reads.
    async fn check_writes(&self) -> Result<(), StoreError>;

    /// Tells what the store does now, for metrics, without asking the database. By default it tells nothing.
    fn load(&self) -> StoreLoad {
        StoreLoad::default()
    }

    /// Finishes running calls and closes the store.
    async fn close(&self);
}

/// How many entries of one kind a user's history keeps. The SQL databases have the same limit in a migration.
#[cfg(feature = "test-support")]
const HISTORY_OF_A_KIND: usize = 1_000;

/// How many keys of known browsers are kept for each user.
#[cfg(feature = "test-support")]
const KNOWN_DEVICES: usize = 100;

/// The change that announces a re-authentication.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn reauthenticated(actor: Actor<'_>) -> Change {
    Change::Reauthenticated { user: actor.user.clone(), id: actor.session.clone() }
}

/// The change that announces an undone revocation: the session is live again.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn undone(undo: Undo<'_>) -> Change {
    Change::Sessions { user: undo.actor.user.clone(), ids: vec![undo.id.clone()] }
}

/// The change that announces a new name.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn renamed(actor: Actor<'_>, id: &SessionId) -> Change {
    Change::Renamed { user: actor.user.clone(), id: id.clone() }
}

/// The history entry about a confirmed new device.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn recognition(actor: Actor<'_>, id: &SessionId, now: Timestamp) -> NewHistoryEntry {
    NewHistoryEntry {
        by_session: Some(actor.session.clone()),
        ..NewHistoryEntry::new(HistoryKind::Recognized, actor.user.clone(), Some(id.clone()), now)
    }
}

/// The change that announces a confirmed new device.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn recognized(actor: Actor<'_>, id: &SessionId) -> Change {
    Change::Recognized { user: actor.user.clone(), id: id.clone() }
}

/// Splits a batch of activity so that no part has the same session twice. The parts are written one after the
/// other.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn rounds(batch: &[Touch]) -> Vec<Vec<&Touch>> {
    let mut written = std::collections::HashMap::new();
    let mut rounds: Vec<Vec<&Touch>> = Vec::new();
    for touch in batch {
        let round = written.entry(&touch.session).or_insert(0_usize);
        match rounds.get_mut(*round) {
            Some(others) => others.push(touch),
            None => rounds.push(vec![touch]),
        }
        *round += 1;
    }
    rounds
}

/// The changes that announce activity: the times, and the rows whose other fields have changed.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn touches(batch: &[Touch], touched: Vec<(UserId, SessionId, Timestamp)>) -> Vec<Change> {
    let news: std::collections::HashSet<&SessionId> =
        batch.iter().filter(|touch| touch.is_news()).map(|touch| &touch.session).collect();
    let news = touched.iter().filter(|(_, id, _)| news.contains(id));
    let news: Vec<_> =
        news.map(|(user, id, _)| Change::Renamed { user: user.clone(), id: id.clone() }).collect();
    std::iter::once(Change::Touched(touched)).chain(news).collect()
}

/// The history entry about a changed credential.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn credential_changed(user: &UserId, by: Option<&SessionId>, now: Timestamp) -> NewHistoryEntry {
    NewHistoryEntry {
        by_session: by.cloned(),
        ..NewHistoryEntry::new(HistoryKind::PasswordChanged, user.clone(), by.cloned(), now)
    }
}

/// The history entry about a reported sign-in.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn reported(
    user: &UserId,
    session: Option<&SessionId>,
    by: Option<&SessionId>,
    now: Timestamp,
) -> NewHistoryEntry {
    NewHistoryEntry {
        by_session: by.cloned(),
        ..NewHistoryEntry::new(HistoryKind::Reported, user.clone(), session.cloned(), now)
    }
}

/// The history entry about a user whom an operator has disabled or enabled.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn by_operator(kind: HistoryKind, user: &UserId, now: Timestamp) -> NewHistoryEntry {
    NewHistoryEntry::new(kind, user.clone(), None, now)
}

/// The changes that announce the sessions that began or ended, one for each user.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn changes_of(new: Option<&Session>, ended: &[Ended]) -> Vec<Change> {
    let mut by_user: Vec<(&UserId, Vec<SessionId>)> = Vec::new();
    let ended = ended.iter().map(|ended| (&ended.user_id, &ended.id));
    for (user, id) in ended.chain(new.map(|new| (&new.user_id, &new.id))) {
        match by_user.iter_mut().find(|(known, _)| *known == user) {
            Some((_, ids)) => ids.push(id.clone()),
            None => by_user.push((user, vec![id.clone()])),
        }
    }
    by_user.into_iter().map(|(user, ids)| Change::Sessions { user: user.clone(), ids }).collect()
}

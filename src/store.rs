//! Where users and sessions are kept.
//!
//! # Another store
//!
//! A store of your own, in your own crate, implements [`Store`], [`AccountStore`], [`OperatorStore`] and [`OutboxStore`]
//! with public items only, one method for each operation, and every method is one transaction unless it says that it is several. With the feature
//! `test-support` you hold it to [`store_contract!`](crate::store_contract), one test for each promise;
//! [`MemoryStore`](crate::MemoryStore) is the reference. `tests/stores/counting.rs` is a small one, in a crate that is not this one.
//!
//! [`Store`] includes [`AccountStore`] also where nobody uses `Accounts`: sign-ins, resets and reports change sessions and
//! passwords in one transaction, so one store must keep both. With your own login its tables stay empty.
//!
//! What stores take and give grows with minor versions: their types gain fields, and the traits gain methods. So a store
//! of your own is built for one minor version, and the compiler says what the next one asks of it.
//!
//! Another SQL database needs less: `src/store/sql.rs` has all of that once, over about ten methods for each database.

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

// First: its macros are known to what follows.
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

pub use accounts::{AccountStore, DueMail, NewMail, PasswordOf, StoredToken};
pub use alongside::{Alongside, ChangeContext, Transaction};
pub use history::{HistoryQuery, NewHistoryEntry, StoredHistoryEntry};
pub use operating::{NewOperatorAct, OperatorAct, OperatorActKind, OperatorStore};
pub use outbox::{ConsumerLease, Deliverer, DueEvent, OutboxStore};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use session_cache::SessionCacheStatistics;

/// Locks what is changed without a way to panic between.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session as it is stored.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// What its owner may see.
    pub session: Session,
    /// Whose it is.
    pub user: User,
    /// What the cookie's secret is compared with.
    pub secret_hash: SecretHash,
    /// Whether the cookie outlives the browser's window.
    pub remember: bool,
    /// Whether others use the computer too.
    pub shared_computer: bool,
    /// Whether its user had never signed in from this browser before, and has not said since that it was them.
    pub new_device: bool,
    /// When its person last proved who they are: at its creation, or since by [`Store::prove`] or
    /// [`Store::credentials_changed`].
    pub authenticated_at: Timestamp,
    /// How the person signed in; none for a session that is older than that is kept.
    pub signed_in_with: Option<SignInMethod>,
    /// When it last made a request.
    pub last_active_at: Timestamp,
    /// What the person calls the device.
    pub device_name: Option<String>,
    /// The address that it last made a request from, as far as the store knows; empty when unknown.
    pub last_ip_address: String,
    /// What its browser says of itself, with the updates since the sign-in: its user agent, and its client hints where
    /// it sent some; empty when unknown.
    pub last_user_agent: String,
    /// The last user agent of another browser that used the session, if one did.
    pub other_user_agent: Option<String>,
    /// When an import last found it in the system that it came from; none for a session that began here.
    pub imported_at: Option<Timestamp>,
    /// Whether no request has used its credential since it took another one's place, so that those before it act too.
    pub credential_is_new: bool,
}

impl StoredSession {
    /// What is stored of a session that begins.
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
            last_ip_address: new.session.ip_address.clone(),
            last_user_agent: new.session.agent(),
            other_user_agent: None,
            imported_at: None,
            credential_is_new: false,
            session: new.session,
        }
    }
}

/// A credential that a live session had before its present one.
#[derive(Clone, Debug)]
pub struct Superseded {
    /// The handle that the session had then.
    pub handle: Handle,
    /// What the secret of then is compared with.
    pub secret_hash: SecretHash,
    /// Whether a later credential was used, so that this one never acts again.
    pub is_dead: bool,
    /// The session as it is now.
    pub session: StoredSession,
}

/// That a session made requests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(any(feature = "postgres", feature = "sqlite"), derive(serde::Serialize))]
pub struct Touch {
    /// The session.
    pub session: SessionId,
    /// When it last did.
    #[cfg_attr(any(feature = "postgres", feature = "sqlite"), serde(serialize_with = "history::unix_ms"))]
    pub at: Timestamp,
    /// From which address, where it is another one than the store knows.
    pub ip_address: Option<String>,
    /// What its browser calls itself since an update, where the store does not know that.
    pub user_agent: Option<String>,
    /// The user agent of another browser that used the session, where the store does not know that.
    pub other_user_agent: Option<String>,
}

impl Touch {
    /// That a session made a request from where the store knows it to be.
    pub fn new(session: SessionId, at: Timestamp) -> Self {
        Self { session, at, ip_address: None, user_agent: None, other_user_agent: None }
    }

    /// Whether it changes more than the time.
    pub(crate) fn is_news(&self) -> bool {
        self.ip_address.is_some() || self.user_agent.is_some() || self.other_user_agent.is_some()
    }
}

/// A session to be stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// What the cookie's secret will be compared with.
    pub secret_hash: SecretHash,
    /// Whether the cookie outlives the browser's window.
    pub remember: bool,
    /// Whether others use the computer too.
    pub shared_computer: bool,
    /// Whether its user has never signed in from this browser before.
    pub new_device: bool,
    /// What its user's later sign-ins from this browser are recognised by.
    pub device_keys: Vec<DeviceKey>,
    /// How the person signed in.
    pub signed_in_with: Option<SignInMethod>,
}

/// What a session has from a new proof on.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// The public half of the new cookie.
    pub handle: Handle,
    /// What the new cookie's secret will be compared with.
    pub secret_hash: SecretHash,
    /// When it ends unless activity extends it.
    pub expires_at: Timestamp,
    /// How the person was verified; none where that is not known.
    pub verified_with: Option<SignInMethod>,
}

/// Another credential for a session, with all else as it was.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The public half of the new cookie.
    pub handle: Handle,
    /// What the new cookie's secret will be compared with.
    pub secret_hash: SecretHash,
}

/// What a browser goes on with once a credential of its person has changed.
#[derive(Clone, Copy, Debug)]
pub enum NextSession<'a> {
    /// Its session stays and is renewed, as by a proof; the user's other sessions stay too.
    Renewed(&'a Renewal),
    /// A new session takes the place of every one of the user.
    New(&'a NewSession),
}

/// How a new session must fit.
#[derive(Clone, Debug)]
pub struct Limit {
    /// How many live sessions the user may have, and how many accounts the browser may hold.
    pub maximum: u32,
    /// Whether the oldest gives way; otherwise the new one is refused.
    pub revoke_oldest: bool,
    /// The verified sessions that the signing-in browser holds.
    pub held: Vec<SessionId>,
    /// The epoch of the proof; `None` is not compared.
    pub epoch: Option<Epoch>,
    /// The session of the user that the person chose to give way.
    pub chosen: Option<SessionId>,
}

/// A sign-in that the limit has refused, as its ticket stands for it.
#[derive(Clone, Debug)]
pub struct StoredTicket {
    /// What the ticket is looked up by.
    pub hash: SecretHash,
    /// Who has proved who they are.
    pub user_id: UserId,
    /// The epoch of the proof: the ticket counts in no other.
    pub epoch: Epoch,
    /// How long the browser is to keep the sign-in.
    pub keep: Keep,
    /// How the person signed in.
    pub signed_in_with: SignInMethod,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// A session that was stored.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Its user, as stored.
    pub user: User,
    /// What ended so that it fits.
    pub ended: Vec<Ended>,
}

/// What decides whether a proof of a stored user counts.
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
    /// Checks a proof that was made at `epoch`; of a user who is not stored it must not be from when they were.
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

/// A session that an act ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The session.
    pub id: SessionId,
    /// Whose it was.
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
    pub by: Option<Ender>,
}

/// The session that ended another one; of what it was there is only what is still kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ender {
    /// Names it.
    pub id: SessionId,
    /// What the browser said of itself: its user agent, and its client hints where it sent some.
    pub user_agent: String,
    /// What the person calls the device.
    pub device_name: Option<String>,
}

/// A session in whatever state it is.
#[derive(Clone, Debug)]
pub struct Found {
    /// The session.
    pub stored: StoredSession,
    /// How it ended, if it has; an expired one may not be marked yet.
    pub end: Option<End>,
}

/// The session that ends others: the store checks in the same statement that it is live itself, so that
/// a session which is being ended ends no others on its way out.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// The acting session.
    pub session: &'a SessionId,
    /// Its user: only sessions of this user are touched.
    pub user: &'a UserId,
}

/// What makes a session live again that has ended: the one exception to "never".
///
/// It does so only where the actor itself has revoked it after `ended_after`, it has not expired, nothing was reported
/// and no password set since, and the user has room for it.
#[derive(Clone, Copy, Debug)]
pub struct Undo<'a> {
    /// The session that revoked it, live itself.
    pub actor: Actor<'a>,
    /// The session that is to live again.
    pub id: &'a SessionId,
    /// Not what was revoked at this moment or before.
    pub ended_after: Timestamp,
    /// How many live sessions the user may have, this one too.
    pub maximum: u32,
}

/// A session that has ended and may live again for a moment.
#[derive(Clone, Debug)]
pub struct Undoable {
    /// Its handle.
    pub handle: Handle,
    /// Whose session it was.
    pub user_id: UserId,
    /// What its secret is compared with.
    pub secret_hash: SecretHash,
}

/// Which part of a user's sessions is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Whether those that have ended are asked for too, while they are kept.
    pub ended: bool,
    /// The last session of the page before.
    pub after: Option<&'a SessionId>,
    /// How many there may be.
    pub limit: u32,
}

/// How many sessions there are and what happened to them lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// How many are live.
    pub live_sessions: u64,
    /// How many users have a live one.
    pub live_users: u64,
    /// How many began since the moment that was asked for.
    pub sign_ins: u64,
    /// How many ended since then for each reason, in the order of [`EndedReason::ALL`]; an expired one counts once a
    /// sweep has marked it.
    pub ended: Vec<(EndedReason, u64)>,
}

/// Why a change was refused: nothing of it is stored.
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
    /// The database does not answer, or cannot write (lost, busy, locked, full): try again later.
    #[error("the database is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The database answered something that cannot be.
    #[error("the database returned something unexpected")]
    Corrupt(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

/// Keeps users and sessions; every method is one transaction, answered only when it is durable.
///
/// A store of your own implements it with public items only, and is held to it by
/// `store_contract!` (feature `test-support`).
///
/// A caller may drop a method's future at any await. The change is then made or not, but a change that is made is
/// always told: see [`Store::changes`].
///
/// *Live* means not ended and not expired at `now`. A session that has ended stays ended, whatever is called but
/// [`Store::undo_revoke`].
/// Absence is `None` or an empty list, failure is an `Err`: what absence means is for the caller to say.
#[async_trait]
pub trait Store: AccountStore + OperatorStore + OutboxStore + Send + Sync {
    /// Finds the live sessions of these handles, in no order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails; so for every method.
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

    /// Finds these sessions, ended ones too while they are kept, in no order.
    async fn find(&self, ids: &[&SessionId]) -> Result<Vec<Found>, StoreError>;

    /// Finds the session of a handle, an ended one too while it is kept.
    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Found>, StoreError>;

    /// Lists sessions of a user, the newest first; after a session that is not known there is none.
    async fn of_user(&self, user: &UserId, page: Page<'_>, now: Timestamp) -> Result<Vec<Found>, StoreError>;

    /// Lists sessions of a user that ended after a moment, but for those that a new sign-in replaced: the latest end first,
    /// at most `limit`.
    async fn ended_of_user(
        &self,
        user: &UserId,
        after: Timestamp,
        limit: u32,
    ) -> Result<Vec<Found>, StoreError>;

    /// Lists what a user's browsers are recognised by, in no order: the hundred that were seen last.
    async fn known_devices(&self, user: &UserId) -> Result<Vec<KnownDevice>, StoreError>;

    /// Finds the user of an id.
    async fn find_user(&self, id: &UserId) -> Result<Option<User>, StoreError>;

    /// Counts the sessions that are live, and those that began or ended after `since`.
    async fn statistics(&self, now: Timestamp, since: Timestamp) -> Result<Statistics, StoreError>;

    /// The credential epoch of a user: [`Epoch::UNKNOWN`] for one who is not stored, otherwise at least [`Epoch::FIRST`].
    async fn epoch(&self, user: &UserId) -> Result<Epoch, StoreError>;

    /// Whether a user is locked, and how many sign-ins with a wrong proof their history has since `refused_after`; an unknown
    /// user is not locked and has none.
    async fn account_status(
        &self,
        user: &UserId,
        refused_after: Timestamp,
    ) -> Result<AccountStatus, StoreError>;

    /// Stores a session, and before it its user where it is a new one, and makes it fit: the browser's other session of
    /// the same user is replaced, then the oldest sessions by creation give way, or nothing is stored. The stored profile
    /// of a user without an account follows `subject`.
    ///
    /// A live session of the user that the limit names as chosen is evicted first, whether there is room or not. The new
    /// session takes its place, so that nobody else has to give way: the number stays as it is.
    ///
    /// Exact under simultaneous calls: no moment sees more than the limit allows, and no session begins for a user who was
    /// disabled or locked before it, or with a proof of an epoch that was over before it.
    ///
    /// `alongside` runs in the same transaction, once the user is stored and before the session is.
    async fn begin(
        &self,
        subject: &Subject,
        session: &NewSession,
        limit: &Limit,
        alongside: Option<&dyn Alongside>,
    ) -> Result<Begun, ChangeError>;

    /// Stores what the ticket of a refused sign-in stands for.
    async fn put_ticket(&self, ticket: &StoredTicket) -> Result<(), StoreError>;

    /// Finds what a ticket stands for, unless it is too late or the user's epoch is another one by now; it is not used up
    /// by that.
    async fn find_ticket(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<StoredTicket>, StoreError>;

    /// Uses a ticket up in the transaction of a change; `false` where it was used or is too late: of two who use one at
    /// the same time one succeeds.
    async fn use_ticket(
        &self,
        tx: &mut Transaction<'_>,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Extends the actor's own session, live and still expiring at `from`; `false` if it ended or was extended meanwhile.
    async fn extend(
        &self,
        actor: Actor<'_>,
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Finds the live sessions that had these handles before their present one, in no order. Of each session the last
    /// eight credentials are known.
    async fn superseded_by_handles(
        &self,
        handles: &[&Handle],
        now: Timestamp,
    ) -> Result<Vec<Superseded>, StoreError>;

    /// Notes that a request has used the present credential of the actor's own session, and tells of it, once; nothing
    /// if it has another handle by now.
    async fn use_credential(&self, actor: Actor<'_>, handle: &Handle) -> Result<(), StoreError>;

    /// Gives the actor's own session another credential and expiry, and notes that its person proved at `now` who they
    /// are; `false` if it is not live. The credential so far is superseded from then on, as by every change that replaces
    /// one, and the present one is new until [`Store::use_credential`]. Of two calls at once the later one's is present.
    ///
    /// A proof of another epoch than `epoch`, or of a user who is disabled or locked, is refused as by [`Store::begin`].
    async fn prove(
        &self,
        actor: Actor<'_>,
        renewal: &Renewal,
        epoch: Option<Epoch>,
        now: Timestamp,
    ) -> Result<bool, ChangeError>;

    /// Names the device of a live session of the actor's user, or with `None` calls it by its user agent again; `false`
    /// if it or the actor is not live.
    async fn rename(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Clears the mark of a new device from a live session of the actor's user, and tells of it; does nothing where there is
    /// none. The actor's session must have begun before that session, and must not carry the mark itself unless it began at
    /// `new_since` or earlier.
    ///
    /// Gives whether the mark is gone afterwards; `None` if that session or the actor is not live.
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
    /// Without `own` the actor lives on, and it is final for all others that they were revoked, now or before: none of
    /// them lives again.
    async fn end_all(
        &self,
        actor: Actor<'_>,
        own: bool,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, StoreError>;

    /// Lets a session live again whose revocation is taken back, and tells of it; `false` where it stays ended. What was
    /// revoked further ahead of `now` than `ended_after` is behind it stays ended too: the clock was set back since.
    ///
    /// Exact under simultaneous calls, as [`Store::begin`] is.
    async fn undo_revoke(&self, undo: Undo<'_>, now: Timestamp) -> Result<bool, StoreError>;

    /// Of these handles finds the sessions that another live session of their user has revoked after `ended_after`, and
    /// those that are live, as one may have come back since they were looked for; in no order.
    async fn undoable_by_handles(
        &self,
        handles: &[&Handle],
        ended_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Undoable>, StoreError>;

    /// Makes it final that sessions of the user were revoked after `ended_after`: none of them lives again, as something
    /// else has happened since.
    async fn make_ends_final(&self, user: &UserId, ended_after: Timestamp) -> Result<(), StoreError>;

    /// The same for the sessions of all users.
    async fn make_all_ends_final(&self, ended_after: Timestamp) -> Result<(), StoreError>;

    /// Ends these live sessions, of whichever users: the caller has verified their secrets.
    async fn end_held(
        &self,
        ids: &[&SessionId],
        by: Option<&SessionId>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>, StoreError>;

    /// Notes that a credential of the actor's user has changed, and gives the actor's browser what it goes on with: its
    /// own session renewed as by [`Store::prove`], or a new one, for which all others of the user end. Proofs of an
    /// earlier epoch count no more, and a user who was locked is not any more. `None` if the actor is not live.
    ///
    /// `alongside` runs in the same transaction, before anything ends.
    async fn credentials_changed(
        &self,
        actor: Actor<'_>,
        next: NextSession<'_>,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError>;

    /// The same where no session acts: all of the user end. `None` if the user is not known.
    async fn credentials_changed_of(
        &self,
        user: &UserId,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError>;

    /// Takes a session of the actor's user, live or ended, as somebody else's: ends every session but the actor's own,
    /// which gets another credential (those before it are dead at once), forgets what the user's browsers are recognised
    /// by, and with `lock` locks the user: no session begins until a credential has changed. `None` where the actor is
    /// not live, or the session not another one of its user.
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

    /// The same where no session acts: all of the user end. `id` is the session that is reported, where it is known.
    /// `None` if the user is not known.
    async fn report_of(
        &self,
        user: &UserId,
        id: Option<&SessionId>,
        lock: bool,
        alongside: Option<&dyn Alongside>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, ChangeError>;

    /// Writes when sessions were last active, from where and by which browser; a later time already there stays.
    ///
    /// Another address and another browser are written into the history; an updated browser is not. A session may be in
    /// it more than once, in the order of its requests: each address is in the history then.
    async fn touch(&self, batch: &[Touch]) -> Result<(), StoreError>;

    /// Marks the expired sessions as ended, and deletes those that ended at or before `delete_before` and the tickets that
    /// are too late, at most `limit` each.
    async fn sweep(
        &self,
        now: Timestamp,
        delete_before: Timestamp,
        limit: u32,
    ) -> Result<(u64, u64), StoreError>;

    /// Lists what happened to a user's account, the latest first.
    ///
    /// Each thing is written in the transaction of the change that it is about, whichever change that is: a session that
    /// begins, ends, is re-authenticated, named, recognized or used from another address, and a changed credential.
    async fn history(
        &self,
        user: &UserId,
        query: HistoryQuery<'_>,
    ) -> Result<Vec<StoredHistoryEntry>, StoreError>;

    /// Writes what happened to accounts and is in no other row, and tells of the change where there is one: both or
    /// neither. What is about a user that is not there is left out.
    async fn record(&self, entries: &[NewHistoryEntry], change: Option<Change>) -> Result<(), StoreError>;

    /// Deletes what happened at or before a moment, at most `limit`; gives the number.
    async fn forget_history(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Gives what changes from now on, on whichever node: every session that begins or ends, and what was touched.
    ///
    /// A change is told once it is committed, never one that was rolled back; what was committed a moment before may
    /// be told as well.
    fn changes(&self) -> Changes;

    /// Tells all nodes of a change that is in no row.
    async fn announce(&self, change: Change) -> Result<(), StoreError>;

    /// Tells whether the store answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Makes a small write and waits until it is durable: a full disk or a read-only database still answers reads.
    async fn check_writes(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and lets go of the store.
    async fn close(&self);
}

/// How many entries of one kind a user's history keeps; the databases' own limit is in a migration.
#[cfg(feature = "test-support")]
const HISTORY_OF_A_KIND: usize = 1_000;

/// How many keys are kept by which a user's browsers are recognised.
#[cfg(feature = "test-support")]
const KNOWN_DEVICES: usize = 100;

/// What a committed re-authentication is told as.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn reauthenticated(actor: Actor<'_>) -> Change {
    Change::Reauthenticated { user: actor.user.clone(), id: actor.session.clone() }
}

/// What a revocation that was taken back is told as: the session is there again.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn undone(undo: Undo<'_>) -> Change {
    Change::Sessions { user: undo.actor.user.clone(), ids: vec![undo.id.clone()] }
}

/// What a committed new name is told as.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn renamed(actor: Actor<'_>, id: &SessionId) -> Change {
    Change::Renamed { user: actor.user.clone(), id: id.clone() }
}

/// What the history says of a new device that its person knows.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn recognition(actor: Actor<'_>, id: &SessionId, now: Timestamp) -> NewHistoryEntry {
    NewHistoryEntry {
        by_session: Some(actor.session.clone()),
        ..NewHistoryEntry::new(HistoryKind::Recognized, actor.user.clone(), Some(id.clone()), now)
    }
}

/// What that is told as.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn recognized(actor: Actor<'_>, id: &SessionId) -> Change {
    Change::Recognized { user: actor.user.clone(), id: id.clone() }
}

/// The parts in which activity is written, one after the other: a session is in each of them once.
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

/// What committed activity is told as: the times, and the rows that show something else.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn touches(batch: &[Touch], touched: Vec<(UserId, SessionId, Timestamp)>) -> Vec<Change> {
    let news: std::collections::HashSet<&SessionId> =
        batch.iter().filter(|touch| touch.is_news()).map(|touch| &touch.session).collect();
    let news = touched.iter().filter(|(_, id, _)| news.contains(id));
    let news: Vec<_> =
        news.map(|(user, id, _)| Change::Renamed { user: user.clone(), id: id.clone() }).collect();
    std::iter::once(Change::Touched(touched)).chain(news).collect()
}

/// What the history says of a changed credential.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn credential_changed(user: &UserId, by: Option<&SessionId>, now: Timestamp) -> NewHistoryEntry {
    NewHistoryEntry {
        by_session: by.cloned(),
        ..NewHistoryEntry::new(HistoryKind::PasswordChanged, user.clone(), by.cloned(), now)
    }
}

/// What the history says of a sign-in that was not the person's.
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

/// What the history says of a user whom an operator has disabled, or lets sign in again.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
fn by_operator(kind: HistoryKind, user: &UserId, now: Timestamp) -> NewHistoryEntry {
    NewHistoryEntry::new(kind, user.clone(), None, now)
}

/// What a committed change is told as: the sessions that began or ended, a user at a time.
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

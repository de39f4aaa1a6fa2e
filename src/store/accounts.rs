//! Stored accounts, the queue of mails about them, and the links in those mails.

#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
use std::time::Duration;

use async_trait::async_trait;

use super::{StoreError, Transaction};
use crate::{DeviceKey, Epoch, MailKind, Purpose, Refusal, SecretHash, SessionId, Timestamp, User, UserId};

/// The account of an email address, with its password.
#[derive(Clone, Debug)]
pub struct StoredPassword {
    /// The user.
    pub user: User,
    /// The password's hash, in PHC format or as it was imported; `None` if the user has no password.
    pub password_hash: Option<String>,
    /// The credential epoch at which it was read.
    pub epoch: Epoch,
    /// Whether the account is locked because a sign-in was reported, until a credential changes.
    pub is_locked: bool,
    /// Whether an operator has disabled the user.
    pub is_disabled: bool,
    /// Whether the user was imported with two-factor authentication and no operator has waived it.
    pub needs_two_factor: bool,
}

impl StoredPassword {
    /// Why a right password is refused.
    pub fn refusal(&self) -> Option<Refusal> {
        if self.is_disabled {
            return Some(Refusal::Disabled);
        }
        self.is_locked.then_some(Refusal::Locked)
    }

    /// Why a right password does not start a session. Within a live session it still proves who acts.
    pub fn refusal_to_sign_in(&self) -> Option<Refusal> {
        self.refusal().or(self.needs_two_factor.then_some(Refusal::TwoFactor))
    }
}

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// The user.
    pub user_id: UserId,
    /// What it is about.
    pub kind: MailKind,
    /// The session that it is about.
    pub session_id: Option<SessionId>,
    /// When the event happened.
    pub at: Timestamp,
}

/// A mail that the caller may send until its lease is over.
#[derive(Clone, Debug)]
pub struct DueMail {
    /// Its id.
    pub seq: i64,
    /// The user.
    pub user: User,
    /// What it is about.
    pub kind: MailKind,
    /// The session that it is about.
    pub session_id: Option<SessionId>,
    /// Where the link leads.
    pub redirect_to: Option<String>,
    /// When the event happened.
    pub created_at: Timestamp,
    /// How many attempts there were, including this one.
    pub attempts: u32,
}

/// The stored link of a mail.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// The hash by which the link's secret is looked up.
    pub hash: SecretHash,
    /// The user.
    pub user_id: UserId,
    /// What it is for.
    pub purpose: Purpose,
    /// The session that its mail was about.
    pub session_id: Option<SessionId>,
    /// Where the link leads; none for our own page.
    pub redirect_to: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// How many password resets an hour are mailed to a user.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
const MAX_RESETS_PER_HOUR: usize = 5;
/// The shortest time between two resets that lead to the same address.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
const RESET_INTERVAL: Duration = Duration::from_secs(60);
/// After too many resets, how long a mailed link counts as sufficient: half of its lifetime.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
const LINK_SUFFICES_FOR: Duration = Duration::from_secs(15 * 60);
/// Longer than any mail is postponed, even if the clocks of nodes differ.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
pub(crate) const MAX_MAIL_DELAY: Duration = Duration::from_secs(2 * 60 * 60);
/// How long after its creation a link counts for these limits.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
pub(super) const COUNTED_FOR: Duration = Duration::from_secs(60 * 60);

/// A reset mail that waits to be sent or was sent in the last hour.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reset {
    /// The address that its link leads to; `None` for our own page.
    pub(super) redirect_to: Option<String>,
    /// When it was sent; `None` while it waits.
    pub(super) sent_at: Option<Timestamp>,
}

/// Decides where the link of another reset mail leads; `None` if no mail is needed, because a usable link is
/// queued or was sent.
///
/// Anybody can request a reset for anybody and choose where the link leads. So a request is only covered by a
/// link to the same address or to our own page. After too many mails, links lead to our own page, which works
/// for everybody.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
pub(super) fn next_reset<'a>(
    asked: Option<&'a str>,
    so_far: &[Reset],
    now: Timestamp,
) -> Option<Option<&'a str>> {
    let is_there = |place: Option<&str>, since: Duration| {
        let mut leads_there = so_far.iter().filter(|reset| reset.redirect_to.as_deref() == place);
        leads_there.any(|reset| reset.sent_at.is_none_or(|at| at > now.minus(since) && at <= now))
    };
    if is_there(asked, RESET_INTERVAL) {
        return None;
    }
    // Mails from the future were sent before the clock was set back.
    let is_counted = |reset: &&Reset| reset.sent_at.is_none_or(|at| at > now.minus(COUNTED_FOR) && at <= now);
    if so_far.iter().filter(is_counted).count() < MAX_RESETS_PER_HOUR {
        return Some(asked);
    }
    let has_enough = is_there(asked, LINK_SUFFICES_FOR) || is_there(None, LINK_SUFFICES_FOR);
    (!has_enough).then_some(None)
}

/// Stores accounts with an email address and a password, and the mails about them, without their text, address or
/// secret. Users of another system ([`Store::begin`](super::Store::begin)) have no account, and no address finds them.
///
/// Methods without a [`Transaction`] are one transaction each. The others are part of the caller's: see
/// [`Alongside`](super::Alongside).
///
/// # Errors
///
/// [`StoreError`] when the store fails; so for every method.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Finds the account of a normalised email: the one with this spelling, or else the one whose email has the same
    /// [`email_key`](crate::email_key).
    async fn password_of(&self, email: &str) -> Result<Option<StoredPassword>, StoreError>;

    /// Whether a user has a password.
    async fn has_password(&self, user: &UserId) -> Result<bool, StoreError>;

    /// Whether the account of a normalised email knows this key and has not forgotten it. It looks up one
    /// row, so it takes as long if the key or the account is unknown.
    async fn is_known_device(&self, email: &str, key: &DeviceKey) -> Result<bool, StoreError>;

    /// Stores another hash of the same password, if the hash is still `from` and the user is not locked.
    async fn rehash_password(
        &self,
        user: &UserId,
        from: &str,
        to: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Makes a stored user an account with a password; `false` if an account has the email, or the user has an account.
    async fn add_account(
        &self,
        tx: &mut Transaction<'_>,
        user: &UserId,
        email: &str,
        hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Changes a user's password hash; `false` unless it is `from`.
    async fn change_password(
        &self,
        tx: &mut Transaction<'_>,
        user: &UserId,
        from: &str,
        to: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Sets a user's password hash, whether there was one or not.
    async fn set_password(
        &self,
        tx: &mut Transaction<'_>,
        user: &UserId,
        to: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Uses a link up, and with it every other link of its user; returns what it was. `None` if it is not valid, as for
    /// [`AccountStore::find_token`]. Of two simultaneous uses one succeeds.
    async fn use_token(
        &self,
        tx: &mut Transaction<'_>,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>, StoreError>;

    /// Stores a link in the transaction that creates it.
    async fn add_token(&self, tx: &mut Transaction<'_>, token: &StoredToken) -> Result<(), StoreError>;

    /// Puts a mail into the queue.
    async fn add_mail(&self, tx: &mut Transaction<'_>, mail: &NewMail) -> Result<(), StoreError>;

    /// Removes the mails from the queue whose links set a password, because it was set.
    async fn drop_resets(&self, tx: &mut Transaction<'_>, user: &UserId) -> Result<(), StoreError>;

    /// Queues a reset mail for the user of a normalised email. `false` if the user is unknown or disabled, or
    /// needs no mail: one to the same address is queued or was sent less than a minute ago, or five were sent
    /// in the last hour and a usable one less than a quarter of an hour ago. After five in an hour the link
    /// leads to our own page.
    async fn request_reset(
        &self,
        email: &str,
        redirect_to: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Returns mails that are due, oldest first, and postpones them until `lease_until`, so that nobody else gets them
    /// before. A mail that only a later version knows is left to the nodes of that version. A mail that is postponed by
    /// more than two hours is due, because the clock was set back since.
    async fn claim_mails(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueMail>, StoreError>;

    /// Counts the mails in the queue.
    async fn waiting_mails(&self) -> Result<u64, StoreError>;

    /// Removes a mail from the queue.
    async fn drop_mail(&self, seq: i64) -> Result<(), StoreError>;

    /// Postpones a mail.
    async fn put_off_mail(&self, seq: i64, due_at: Timestamp) -> Result<(), StoreError>;

    /// Stores a link.
    async fn put_token(&self, token: &StoredToken) -> Result<(), StoreError>;

    /// Finds a link, unless it is for something else, has expired or was used, or its user is disabled. This does not
    /// use it up.
    async fn find_token(
        &self,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>, StoreError>;

    /// Deletes at most `limit` links that expired an hour before `now`; until then they count as mailed.
    async fn sweep_tokens(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

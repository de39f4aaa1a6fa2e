//! Mails that are to be sent, and what their links prove.

use std::time::Duration;

use async_trait::async_trait;

use super::{Actor, Ended, StoreError};
use crate::{Handle, MailKind, Purpose, SecretHash, SessionId, Timestamp, User, UserId};

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// Whom it is for.
    pub user_id: UserId,
    /// What it is about.
    pub kind: MailKind,
    /// The session that it is about.
    pub session_id: Option<SessionId>,
    /// When what it tells of happened.
    pub at: Timestamp,
}

#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
impl NewMail {
    /// A mail about a session that begins.
    pub(super) fn of(session: &crate::Session, kind: MailKind) -> Self {
        let (user_id, id) = (session.user_id.clone(), session.id.clone());
        Self { user_id, kind, session_id: Some(id), at: session.created_at }
    }

    /// A mail that the actor has changed the password.
    pub(super) fn password_changed(actor: Actor<'_>, at: Timestamp) -> Self {
        let (user_id, id) = (actor.user.clone(), actor.session.clone());
        Self { user_id, kind: MailKind::PasswordChanged, session_id: Some(id), at }
    }
}

/// A mail that the caller may send until its lease is over.
#[derive(Clone, Debug)]
pub struct DueMail {
    /// Names it.
    pub seq: i64,
    /// Whom it is for.
    pub user: User,
    /// What it is about.
    pub kind: MailKind,
    /// The session that it is about.
    pub session_id: Option<SessionId>,
    /// Where the person goes on from the link.
    pub redirect_to: Option<String>,
    /// When what it tells of happened.
    pub created_at: Timestamp,
    /// How often it was tried, this time too.
    pub attempts: u32,
}

/// What the link of a mail proves.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// What the link's secret is looked up by.
    pub hash: SecretHash,
    /// Whom it was mailed to.
    pub user_id: UserId,
    /// What it is for.
    pub purpose: Purpose,
    /// The session that its mail was about.
    pub session_id: Option<SessionId>,
    /// Where the person goes on from the link; none for our own page.
    pub redirect_to: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl StoredToken {
    /// The token that resets the password, in place of this one.
    pub(super) fn exchanged(self, hash: &SecretHash, now: Timestamp, expires_at: Timestamp) -> Self {
        Self { hash: *hash, purpose: Purpose::ResetPassword, created_at: now, expires_at, ..self }
    }
}

/// Another credential for a session, with all else as it was.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The public half of the new cookie.
    pub handle: Handle,
    /// What the new cookie's secret will be compared with.
    pub secret_hash: SecretHash,
}

/// How many links to reset a password a user is mailed in an hour.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
const RESETS_AN_HOUR: usize = 5;
/// How long it takes at least from one to the next that leads to the same place.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
const RESETS_APART: Duration = Duration::from_secs(60);
/// For how long a mailed link is taken as enough where there were too many: half of its life.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
const ENOUGH_FOR: Duration = Duration::from_secs(15 * 60);
/// Further than any mail is put off, also where the clocks of nodes differ.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
pub(crate) const TOO_FAR: Duration = Duration::from_secs(2 * 60 * 60);
/// How long tokens are kept to be counted.
pub(crate) const COUNTED_FOR: Duration = Duration::from_secs(60 * 60);

/// A mail to reset a password that waits to be sent or was sent in the last hour.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reset {
    /// Where its link leads; none for our own page.
    pub(super) redirect_to: Option<String>,
    /// When it was sent; none while it waits.
    pub(super) sent_at: Option<Timestamp>,
}

/// Decides where the link of another mail leads; `None` where the mailbox needs none, as a link that works waits for it
/// or is there.
///
/// Anybody can ask in anybody's name, and choose where the link leads. So only a link to the same place, or to our own
/// page, is enough for whoever asks; and once a mailbox was sent too many, nobody chooses any more: a link to our own
/// page works for everybody.
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
    if is_there(asked, RESETS_APART) {
        return None;
    }
    // What was sent in the future was sent before the clock was set back.
    let is_counted = |reset: &&Reset| reset.sent_at.is_none_or(|at| at > now.minus(COUNTED_FOR) && at <= now);
    if so_far.iter().filter(is_counted).count() < RESETS_AN_HOUR {
        return Some(asked);
    }
    let has_enough = is_there(asked, ENOUGH_FOR) || is_there(None, ENOUGH_FOR);
    (!has_enough).then_some(None)
}

/// Keeps what is to be mailed, without its text, its address or a secret; every method is one transaction.
///
/// # Errors
///
/// [`StoreError`] when the store fails; so for every method.
#[async_trait]
pub trait MailStore: Send + Sync {
    /// Puts a mail to reset the password into the outbox for the user of a normalised e-mail; `false` where there is no
    /// such user or it is disabled, or its mailbox needs none: one to the same place waits or was sent less than a minute
    /// ago, or five in the last hour and a usable one less than a quarter of an hour ago. After five in an hour the link
    /// leads to our own page.
    async fn request_reset(
        &self,
        email: &str,
        redirect_to: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives mails that are due, the oldest first, and puts them off until `lease_until`: nobody else is given them
    /// before. A mail that only a later version knows is left to the nodes of that version. One that is put off for more than
    /// two hours is due: the clock was set back since.
    async fn claim_mails(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueMail>, StoreError>;

    /// Takes a mail out of the outbox.
    async fn drop_mail(&self, seq: i64) -> Result<(), StoreError>;

    /// Puts a mail off.
    async fn put_off_mail(&self, seq: i64, due_at: Timestamp) -> Result<(), StoreError>;

    /// Stores what a link proves.
    async fn put_token(&self, token: &StoredToken) -> Result<(), StoreError>;

    /// Finds what a link proves, unless it is for something else, too late or used, or its user is disabled, whose links
    /// prove nothing meanwhile; it is not used up by that.
    async fn find_token(
        &self,
        hash: &SecretHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>, StoreError>;

    /// Uses a link to set the password, whether it was locked or not, and ends every session of the user. Every other
    /// link of the user is dead from then on. With `tell` the user is told of it by mail. `None` where the link proves
    /// nothing.
    async fn reset_password(
        &self,
        hash: &SecretHash,
        to: &str,
        tell: bool,
        now: Timestamp,
    ) -> Result<Option<(UserId, Vec<Ended>)>, StoreError>;

    /// Takes a session of the actor's user, live or ended, as somebody else's: ends every session but the actor's own,
    /// which gets another credential (those before it are dead at once), forgets what the user's browsers are recognised by, and with `lock` locks the password and puts a mail to reset it into the outbox
    /// unless it was locked before. `None` where the actor is not live, or the session not another one of its user.
    async fn report(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        rotation: &Rotation,
        lock: bool,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>, StoreError>;

    /// Uses a link to say "This wasn't me": ends every session of the user, forgets what its browsers are recognised
    /// by, locks the password, and stores the link that resets it; every other one of the user is dead from then on. `None` where the link proves nothing.
    async fn report_by_mail(
        &self,
        hash: &SecretHash,
        reset: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(UserId, Vec<Ended>)>, StoreError>;

    /// Deletes at most `limit` tokens that were too late at `before`.
    async fn sweep_tokens(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

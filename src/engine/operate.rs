//! What operators do, without a browser: look at a user's sessions, end them, and count.
//!
//! Nobody acts here: whoever calls these has been authorised otherwise, as by a shell on the machine or by a token. A
//! product with roles of its own calls them once it has checked the role.

use std::time::Duration;

use crate::engine::list::named;
use crate::engine::watch::ending_of;
use crate::store::{Page, Statistics};
use crate::{
    Code, Device, EndedCount, EndedReason, Ending, Engine, Result, Session, SessionId, Timestamp, User,
    UserId, device_of, email,
};

/// How many sessions end in one transaction when everybody's do, so that sign-ins never wait long behind it.
const AT_ONCE: u32 = 1_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A session as operators see it.
#[derive(Clone, Debug)]
pub struct KnownSession {
    /// The session.
    pub session: Session,
    /// The user agent in a person's words.
    pub device: Device,
    /// When it last made a request, right to the minute.
    pub last_active_at: Timestamp,
    /// How it ended; `None` while it is live.
    pub ending: Option<Ending>,
}

impl Engine {
    /// Finds a user by an e-mail or by an id, as people name one.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn find_user(&self, name: &str) -> Result<Option<User>> {
        if name.contains('@') {
            let Ok(email) = email::normalise(name) else { return Ok(None) };
            return Ok(self.0.store.password_of(&email).await?.map(|known| known.user));
        }
        let Ok(id) = UserId::new(name) else { return Ok(None) };
        Ok(self.0.store.find_user(&id).await?)
    }

    /// Lists sessions of a user a page at a time, the newest first.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn sessions_of(&self, user: &UserId, page: Page<'_>) -> Result<Vec<KnownSession>> {
        let now = self.now();
        let found = self.0.store.of_user(user, page, now).await?;
        let known = found.into_iter().map(|found| {
            let ending = ending_of(&found, now);
            let session = found.stored.session;
            KnownSession {
                device: named(device_of(&session.user_agent), found.stored.device_name.as_deref()),
                last_active_at: self.0.activity.latest(&session.id, found.stored.last_active_at),
                session,
                ending,
            }
        });
        Ok(known.collect())
    }

    /// Ends one session, whosever it is.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidSessionToken`] when it has ended or never was; when the store fails.
    pub async fn end_session(&self, id: &SessionId) -> Result<()> {
        let ended = self.0.store.end_held(&[id], None, EndedReason::Operator, self.now()).await?;
        if ended.is_empty() {
            return Err(Code::InvalidSessionToken.into());
        }
        self.log_ended(&ended);
        Ok(())
    }

    /// Ends every session of a user; none for a user who is not known.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn end_sessions_of(&self, user: &UserId) -> Result<EndedCount> {
        let ended = self.0.store.end_of_user(user, EndedReason::Operator, self.now()).await?;
        self.log_ended(&ended);
        Ok(EndedCount(ended.len()))
    }

    /// Ends every session there is, a thousand at a time; those too that begin while it runs, until none is left.
    ///
    /// # Errors
    ///
    /// When the store fails: then some have ended and others not; call it again.
    pub async fn end_sessions_of_everybody(&self) -> Result<EndedCount> {
        let mut count = 0;
        loop {
            let ended = self.0.store.end_of_everybody(EndedReason::Operator, self.now(), AT_ONCE).await?;
            if ended.is_empty() {
                return Ok(EndedCount(count));
            }
            self.log_ended(&ended);
            count += ended.len();
        }
    }

    /// Erases a user with everything that is kept of them, and ends their sessions (ASVS 5.0, 7.4.2); gives how many were
    /// live, and nothing for a user who is not known.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn forget(&self, user: &UserId) -> Result<Option<EndedCount>> {
        let gone = self.0.store.forget_user(user, self.now()).await?;
        if gone.is_some() {
            tracing::info!(user.id = %user, "user {user} was erased");
        }
        Ok(gone.map(|gone| EndedCount(gone.len())))
    }

    /// Counts the live sessions, and what began and ended in the last day.
    ///
    /// It walks the index of the live sessions: no call for every request.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn statistics(&self) -> Result<Statistics> {
        let now = self.now();
        Ok(self.0.store.statistics(now, now.minus(DAY)).await?)
    }
}

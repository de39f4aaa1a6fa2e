//! Methods for operators: list and end sessions, disable and erase users, and count.
//!
//! No browser acts here: the caller has authorised the operator in another way, such as a shell on the machine, a
//! token, or a role in your product. Each act is stored with the [`Operator`] in its own transaction.

use std::time::Duration;

use crate::metrics;
use crate::sessions::list::{LastUse, named};
use crate::sessions::watch::ending_of;
use crate::store::{NewOperatorAct, OperatorAct, OperatorActKind, Page, Statistics};
use crate::user_agent::as_sent;
use crate::{
    Code, Device, EndedCount, Ending, Found, Operator, Result, Session, SessionId, Sessions, SignInMethod,
    SignedInFrom, StoredSession, Timestamp, User, UserId, device_of,
};

/// How many sessions end in one transaction when all sessions end, so that sign-ins never wait long.
const AT_ONCE: u32 = 1_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A session as operators see it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KnownSession {
    /// The session.
    pub session: Session,
    /// The user agent in plain words. Its label is the name, if the person gave one.
    pub device: Device,
    /// What the person calls the device.
    pub name: Option<String>,
    /// The browser's user agent, with its updates since the sign-in; empty when unknown.
    pub user_agent: String,
    /// The address that it was last used from; empty when unknown.
    pub ip_address: String,
    /// Where that address is; `None` if unknown.
    pub place: Option<String>,
    /// Where it was signed in from.
    pub signed_in_from: SignedInFrom,
    /// When it last made a request, accurate to the minute.
    pub last_active_at: Timestamp,
    /// How the person signed in; `None` if unknown.
    pub signed_in_with: Option<SignInMethod>,
    /// How it ended; `None` while it is live.
    pub ending: Option<Ending>,
}

impl Sessions {
    /// Finds the user of an id.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn find_user(&self, id: &UserId) -> Result<Option<User>> {
        Ok(self.0.store.find_user(id).await?)
    }

    /// Lists sessions of a user a page at a time, the newest first.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn sessions_of(&self, user: &UserId, page: Page<'_>) -> Result<Vec<KnownSession>> {
        let now = self.now();
        let found = self.0.store.of_user(user, page, now).await?;
        Ok(found.into_iter().map(|found| self.known(found, now)).collect())
    }

    pub(super) fn known(&self, found: Found, now: Timestamp) -> KnownSession {
        let ending = ending_of(&found, now);
        let last_use = self.last_use(&found.stored.session.id, LastUse::of(&found.stored));
        let StoredSession { session, device_name, signed_in_with, .. } = found.stored;
        KnownSession {
            device: named(device_of(&last_use.user_agent), device_name.as_deref()),
            name: device_name.map(Into::into),
            user_agent: as_sent(&last_use.user_agent).to_owned(),
            place: self.place_of(&last_use.ip_address),
            ip_address: last_use.ip_address,
            signed_in_from: self.signed_in_from(&session),
            last_active_at: last_use.at,
            signed_in_with,
            session,
            ending,
        }
    }

    /// Ends one session of any user.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidSessionToken`] when it has ended or does not exist; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn end_session(&self, by: &Operator, id: &SessionId) -> Result<()> {
        let ended = self.0.store.end_by_operator(by, id, self.now()).await?;
        let ended = ended.ok_or(Code::InvalidSessionToken)?;
        self.log_ended(std::slice::from_ref(&ended));
        Ok(())
    }

    /// Ends every session of a user; none if the user is unknown.
    ///
    /// # Errors
    ///
    /// When the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn end_sessions_of(&self, by: &Operator, user: &UserId) -> Result<EndedCount> {
        let ended = self.0.store.end_of_user(by, user, self.now()).await?;
        self.log_ended(&ended);
        Ok(EndedCount(ended.len()))
    }

    /// Ends every session, a thousand at a time, including sessions that begin while it runs, until none is left.
    ///
    /// The act is stored when it begins, and again with the count when it is done. If it is interrupted, only the
    /// beginning is stored, and each user's history has what ended.
    ///
    /// # Errors
    ///
    /// When the store fails. Some sessions may have ended; call it again.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn end_sessions_of_everybody(&self, by: &Operator) -> Result<EndedCount> {
        let store = &self.0.store;
        let begun = NewOperatorAct::new(by, OperatorActKind::RevokeEverybodyBegun, self.now());
        store.record_act(&begun).await?;
        let mut count = 0;
        loop {
            let ended = store.end_of_everybody(self.now(), AT_ONCE).await?;
            if ended.is_empty() {
                break;
            }
            self.log_ended(&ended);
            count += ended.len();
        }
        let done = NewOperatorAct::new(by, OperatorActKind::RevokeEverybody, self.now());
        store.record_act(&NewOperatorAct { ended: count, ..done }).await?;
        Ok(EndedCount(count))
    }

    /// Disables a user. Every session ends (ASVS 5.0, 7.4.2), and no session begins from the same moment on. No
    /// password reset is mailed, and earlier links stop working. A user who is already disabled stays disabled.
    ///
    /// # Errors
    ///
    /// [`Code::UserNotFound`] for an unknown user; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn disable_user(&self, by: &Operator, user: &UserId) -> Result<EndedCount> {
        let ended = self.0.store.disable_user(by, user, self.now()).await?.ok_or(Code::UserNotFound)?;
        tracing::info!(user.id = %user, "user {user} was disabled");
        self.log_ended(&ended);
        Ok(EndedCount(ended.len()))
    }

    /// Lets a disabled user sign in again. Ended sessions stay ended. For other users nothing changes.
    ///
    /// # Errors
    ///
    /// [`Code::UserNotFound`] for an unknown user; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn enable_user(&self, by: &Operator, user: &UserId) -> Result<()> {
        if !self.0.store.enable_user(by, user, self.now()).await? {
            return Err(Code::UserNotFound.into());
        }
        tracing::info!(user.id = %user, "user {user} was enabled");
        Ok(())
    }

    /// Lets a user who was imported with two-factor authentication sign in by password alone. For other users nothing
    /// changes.
    ///
    /// # Errors
    ///
    /// [`Code::UserNotFound`] for an unknown user; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn allow_password_alone(&self, by: &Operator, user: &UserId) -> Result<()> {
        if !self.0.store.allow_password_alone(by, user, self.now()).await? {
            return Err(Code::UserNotFound.into());
        }
        tracing::info!(user.id = %user, "user {user} may sign in by password alone");
        Ok(())
    }

    /// Lists what operators did, latest first, only acts before the given number. Acts are stored as long as histories.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn operator_acts(&self, before: Option<i64>, limit: u32) -> Result<Vec<OperatorAct>> {
        Ok(self.0.store.operator_acts(before, limit).await?)
    }

    /// Erases a user with everything that is stored about them, and ends their sessions (ASVS 5.0, 7.4.2). Returns how
    /// many were live; none for an unknown user. Only the act itself stays stored, with the user's id.
    ///
    /// # Errors
    ///
    /// When the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn forget(&self, by: &Operator, user: &UserId) -> Result<Option<EndedCount>> {
        let gone = self.0.store.forget_user(by, user, self.now()).await?;
        if let Some(gone) = &gone {
            metrics::sessions_erased(gone.len());
            tracing::info!(user.id = %user, "user {user} was erased");
        }
        Ok(gone.map(|gone| EndedCount(gone.len())))
    }

    /// Counts the live sessions, and those that began or ended in the last day.
    ///
    /// It scans the index of the live sessions, so do not call it for every request.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn statistics(&self) -> Result<Statistics> {
        let now = self.now();
        Ok(self.0.store.statistics(now, now.minus(DAY)).await?)
    }

    /// Sets the gauges of what this node does now, for the [metrics](crate::metrics): streams, the session cache and the
    /// connections of the store. Call it before metrics are exported; it asks no database.
    pub fn measure(&self) {
        metrics::set_load(self.0.hub.streams(), &self.0.store.load());
    }

    /// Counts the live sessions and the events of the outbox in the store for their gauges. It scans the index of the live
    /// sessions: call it every minute.
    ///
    /// # Errors
    ///
    /// When the store fails. The gauges stay as they were.
    pub async fn measure_store(&self) -> Result<()> {
        let now = self.now();
        metrics::set_live(&self.0.store.statistics(now, now).await?);
        // Last: among very many events that wait it may take too long.
        metrics::set_outbox(&self.outbox_consumers().await?);
        Ok(())
    }
}

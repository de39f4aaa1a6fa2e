//! The queue of mails, and the interface to the sender.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use scopeguard::{ScopeGuard, guard};
use tokio::sync::Notify;

use super::metrics::{self, MailOutcome};
use super::{Accounts, email};
use crate::{
    Device, DueMail, Error, MailKind, MailToken, Purpose, Result, SessionId, StoredToken, Timestamp, UserId,
    device_of,
};

/// How many mails the sender gets at once.
const AT_ONCE: u32 = 10;
/// How long the sender has to send a mail.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// How long after its first failure a mail is tried again. Each further failure doubles the delay.
const FIRST_DELAY: Duration = Duration::from_secs(60);
const LONGEST_DELAY: Duration = Duration::from_secs(60 * 60);
/// When a mail is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// How many links one sweep deletes at most, so that sign-ins never wait long.
const SWEEP_LIMIT: u32 = 1_000;
/// How many requests may wait to be looked up.
const REQUESTS: usize = 1_000;

/// A mail that is due, with everything it should say. The sender writes the text.
#[derive(Clone)]
#[non_exhaustive]
pub struct Mail {
    seq: i64,
    created_at: Timestamp,
    attempts: u32,
    /// What it is about.
    pub kind: MailKind,
    /// The address that it goes to.
    pub to: String,
    /// The token of its link.
    pub token: MailToken,
    /// Where the link leads afterwards, if that was requested.
    pub redirect_to: Option<String>,
    /// The device that it is about, if known.
    pub device: Option<Device>,
    /// The address of that device; empty when unknown.
    pub ip_address: String,
    /// Where that address is; `None` if unknown.
    pub place: Option<String>,
    /// When the event happened.
    pub at: Timestamp,
}

impl Mail {
    /// The id of this attempt to send it. No other mail has the same.
    pub fn id(&self) -> String {
        format!("{}.{}.{}", self.created_at.unix_ms(), self.seq, self.attempts)
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The requests that wait to be looked up, and the signal for the sender.
#[derive(Debug, Default)]
pub(super) struct MailQueue {
    requests: Mutex<Vec<Request>>,
    wake: Notify,
}

/// A request for a mail to an address, which may be unknown.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) email: String,
    pub(super) redirect_to: Option<String>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").finish_non_exhaustive()
    }
}

impl MailQueue {
    /// Queues a request, unless too many wait already.
    pub(super) fn ask(&self, request: Request) -> Result<()> {
        let mut requests = self.lock();
        if requests.len() >= REQUESTS {
            return Err(Error::Busy { retry_after: Duration::from_secs(1) });
        }
        requests.push(request);
        self.wake.notify_one();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Request>> {
        // A panic cannot leave a request half written.
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    /// How long the link of a mail is valid.
    pub const fn link_lifetime(purpose: Purpose) -> Duration {
        match purpose {
            Purpose::NotMe => Duration::from_secs(7 * 24 * 60 * 60),
            _ => Duration::from_secs(30 * 60),
        }
    }

    /// Whether mails are sent. Otherwise none are written, and features that need mail are not offered.
    pub fn sends_mail(&self) -> bool {
        self.0.mail
    }

    /// Waits until there may be a new mail to send. Postponed mails become due later without a signal.
    pub async fn wait_for_mails(&self) {
        self.0.mail_queue.wake.notified().await;
    }

    /// Looks up requests for mails, and returns the mails that are due, with links that are created now. Only the
    /// hashes of the links are stored. Nobody else gets these mails for fifteen minutes.
    ///
    /// A mail whose link cannot be created is postponed, like one that could not be sent.
    ///
    /// # Errors
    ///
    /// When the store fails. Nothing is lost: a later call returns the mails.
    pub async fn due_mails(&self) -> Result<Vec<Mail>> {
        self.look_up_requests().await?;
        let mut mails = Vec::new();
        while mails.is_empty() {
            let now = self.sessions().now();
            let claimed = self.store().claim_mails(now, now.plus(LEASE), AT_ONCE).await?;
            if claimed.is_empty() {
                break;
            }
            for due in claimed {
                match self.with_link(&due, now).await {
                    Ok(mail) => mails.push(mail),
                    Err(error) => self.put_off_broken(&due, &error).await,
                }
            }
        }
        Ok(mails)
    }

    /// Creates the link of a mail that is due, and collects the mail's content.
    async fn with_link(&self, due: &DueMail, now: Timestamp) -> Result<Mail> {
        let found = match &due.session_id {
            Some(id) => self.store().find(&[id]).await?.pop(),
            None => None,
        };
        let about = found.map(|found| found.stored);
        // For a changed password, use the session's last address; for a new device, the one of the sign-in.
        let ip_address = about.as_ref().map_or("", |stored| match due.kind {
            MailKind::PasswordChanged => stored.last_address(),
            _ => &stored.session.ip_address,
        });
        let token = MailToken::generate(&**self.sessions().random());
        self.store().put_token(&stored(due, &token, now)).await?;
        Ok(Mail {
            seq: due.seq,
            created_at: due.created_at,
            attempts: due.attempts,
            kind: due.kind,
            to: email::for_mail(&due.user.email).unwrap_or_else(|| due.user.email.clone()),
            token,
            redirect_to: due.redirect_to.clone(),
            device: about.as_ref().map(|stored| match due.kind {
                MailKind::PasswordChanged => device_of(&stored.last_agent()),
                _ => stored.session.device(),
            }),
            ip_address: ip_address.to_owned(),
            place: self.sessions().place_of(ip_address),
            at: due.created_at,
        })
    }

    /// Postpones a mail that cannot be created, so that it does not block others. If that fails too, its
    /// lease expires.
    async fn put_off_broken(&self, due: &DueMail, error: &Error) {
        let kind = due.kind.as_str();
        tracing::warn!(
            kind,
            cause = error as &dyn std::error::Error,
            "the link of a mail could not be created: retrying later"
        );
        let put_off = self.put_off(due.seq, due.kind, due.created_at, due.attempts).await;
        if let Err(error) = put_off {
            tracing::warn!(kind, cause = &error as &dyn std::error::Error, "a mail could not be postponed");
        }
    }

    /// Removes a sent mail from the queue.
    ///
    /// # Errors
    ///
    /// When the store fails. The mail may then be sent again.
    pub async fn mail_sent(&self, mail: &Mail) -> Result<()> {
        metrics::mail(mail.kind, MailOutcome::Sent);
        self.store().drop_mail(mail.seq).await?;
        tracing::info!(kind = mail.kind.as_str(), "a mail was sent");
        Ok(())
    }

    /// Postpones a mail that could not be sent: longer each time, up to an hour. After a day the mail is given up.
    ///
    /// # Errors
    ///
    /// When the store fails. The mail is then tried again after its lease has expired.
    pub async fn mail_failed(&self, mail: &Mail) -> Result<()> {
        self.put_off(mail.seq, mail.kind, mail.created_at, mail.attempts).await
    }

    async fn put_off(&self, seq: i64, kind: MailKind, created_at: Timestamp, attempts: u32) -> Result<()> {
        let now = self.sessions().now();
        metrics::mail(kind, MailOutcome::Failed);
        if now.since(created_at) >= GIVE_UP_AFTER {
            metrics::mail(kind, MailOutcome::GivenUp);
            tracing::warn!(kind = kind.as_str(), attempts, "a mail was given up");
            return Ok(self.store().drop_mail(seq).await?);
        }
        Ok(self.store().put_off_mail(seq, now.plus(delay(attempts))).await?)
    }

    /// Wakes the sender after a change with a mail was committed. If no mails are sent, it logs that.
    pub(super) fn mailed(&self, kind: MailKind, user: &UserId, session: &SessionId) {
        if self.sends_mail() {
            return self.wake_sender();
        }
        let kind = kind.as_str();
        tracing::info!(
            kind,
            user.id = %user,
            session.id = %session,
            "user {user} gets no mail about session {session} ({kind}) because no mail server is configured"
        );
    }

    /// Deletes links that expired over an hour ago, a bounded number at a time.
    pub(super) async fn sweep_links(&self) -> Result<()> {
        Ok(self.store().sweep_tokens(self.sessions().now(), SWEEP_LIMIT).await.map(drop)?)
    }

    /// Signals that there may be a mail to send.
    pub(super) fn wake_sender(&self) {
        self.0.mail_queue.wake.notify_one();
    }

    /// Looks up requests for mails and puts the mails into the queue. [`Accounts::due_mails`] does this too. Call it
    /// while you cannot take more mails, so that requests do not pile up in memory until they are refused.
    ///
    /// # Errors
    ///
    /// When the store fails. Nothing is lost: the next call continues. The same holds if the call is dropped
    /// before it ends.
    pub async fn look_up_requests(&self) -> Result<()> {
        let queue = &self.0.mail_queue;
        loop {
            let Some(request) = queue.lock().pop() else { return Ok(()) };
            let request = guard(request, |request| queue.lock().push(request));
            let to = request.redirect_to.as_deref();
            self.store().request_reset(&request.email, to, self.sessions().now()).await?;
            ScopeGuard::into_inner(request);
        }
    }
}

fn stored(due: &DueMail, token: &MailToken, now: Timestamp) -> StoredToken {
    let purpose = due.kind.purpose();
    StoredToken {
        hash: token.hash(),
        user_id: due.user.id.clone(),
        purpose,
        session_id: due.session_id.clone(),
        redirect_to: due.redirect_to.clone(),
        created_at: now,
        expires_at: now.plus(Accounts::link_lifetime(purpose)),
    }
}

fn delay(attempts: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1).min(16));
    FIRST_DELAY.saturating_mul(doubled).min(LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_an_hour() {
        let minutes: Vec<u64> = (1..=8).map(|attempts| delay(attempts).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(delay(u32::MAX), LONGEST_DELAY);
    }
}

//! The queue of mails, and the interface to the sender.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use scopeguard::{ScopeGuard, guard};
use tokio::sync::Notify;

use super::letter::Letter;
use super::metrics::{self, MailOutcome};
use super::{Accounts, email};
use crate::{
    DueMail, Error, MailKind, MailToken, Purpose, Result, SessionId, StoredToken, Timestamp, UserId,
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

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
    pub async fn wait_for_letters(&self) {
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
    pub async fn due_letters(&self) -> Result<Vec<Letter>> {
        self.look_up_requests().await?;
        let mut letters = Vec::new();
        while letters.is_empty() {
            let now = self.sessions().now();
            let due = self.store().claim_mails(now, now.plus(LEASE), AT_ONCE).await?;
            if due.is_empty() {
                break;
            }
            for mail in due {
                match self.letter(&mail, now).await {
                    Ok(letter) => letters.push(letter),
                    Err(error) => self.put_off_broken(&mail, &error).await,
                }
            }
        }
        Ok(letters)
    }

    /// Creates the link of a mail that is due, and collects the mail's content.
    async fn letter(&self, mail: &DueMail, now: Timestamp) -> Result<Letter> {
        let found = match &mail.session_id {
            Some(id) => self.store().find(&[id]).await?.pop(),
            None => None,
        };
        let about = found.map(|found| found.stored);
        // For a changed password, use the session's last address; for a new device, the one of the sign-in.
        let ip_address = about.as_ref().map_or("", |stored| match mail.kind {
            MailKind::PasswordChanged => &stored.last_ip_address,
            _ => &stored.session.ip_address,
        });
        let token = MailToken::generate(&**self.sessions().random());
        self.store().put_token(&stored(mail, &token, now)).await?;
        Ok(Letter {
            seq: mail.seq,
            created_at: mail.created_at,
            attempts: mail.attempts,
            kind: mail.kind,
            to: email::for_mail(&mail.user.email).unwrap_or_else(|| mail.user.email.clone()),
            token,
            redirect_to: mail.redirect_to.clone(),
            device: about.as_ref().map(|stored| match mail.kind {
                MailKind::PasswordChanged => device_of(&stored.last_agent()),
                _ => stored.session.device(),
            }),
            ip_address: ip_address.to_owned(),
            place: self.sessions().place_of(ip_address),
            at: mail.created_at,
        })
    }

    /// Postpones a mail that cannot be created, so that it does not block others. If that fails too, its
    /// lease expires.
    async fn put_off_broken(&self, mail: &DueMail, error: &Error) {
        let kind = mail.kind.as_str();
        tracing::warn!(
            kind,
            cause = error as &dyn std::error::Error,
            "the link of a mail could not be created: retrying later"
        );
        let put_off = self.put_off(mail.seq, mail.kind, mail.created_at, mail.attempts).await;
        if let Err(error) = put_off {
            tracing::warn!(kind, cause = &error as &dyn std::error::Error, "a mail could not be postponed");
        }
    }

    /// Removes a sent mail from the queue.
    ///
    /// # Errors
    ///
    /// When the store fails. The mail may then be sent again.
    pub async fn letter_sent(&self, letter: &Letter) -> Result<()> {
        metrics::mail(letter.kind, MailOutcome::Sent);
        self.store().drop_mail(letter.seq).await?;
        tracing::info!(kind = letter.kind.as_str(), "a mail was sent");
        Ok(())
    }

    /// Postpones a mail that could not be sent: longer each time, up to an hour. After a day the mail is given up.
    ///
    /// # Errors
    ///
    /// When the store fails. The mail is then tried again after its lease has expired.
    pub async fn letter_failed(&self, letter: &Letter) -> Result<()> {
        self.put_off(letter.seq, letter.kind, letter.created_at, letter.attempts).await
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

    /// Looks up requests for mails and puts the mails into the queue. [`Accounts::due_letters`] does this too. Call it
    /// while you cannot take more letters, so that requests do not pile up in memory until they are refused.
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

fn stored(mail: &DueMail, token: &MailToken, now: Timestamp) -> StoredToken {
    let purpose = mail.kind.purpose();
    StoredToken {
        hash: token.hash(),
        user_id: mail.user.id.clone(),
        purpose,
        session_id: mail.session_id.clone(),
        redirect_to: mail.redirect_to.clone(),
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

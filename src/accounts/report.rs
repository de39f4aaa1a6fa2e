//! "This wasn't me", and the mails about it.

use super::Accounts;
use super::stored::{MailAboutLock, ReportByMail};
use crate::{
    Alongside, Browser, Code, Error, MailKind, MailToken, Purpose, Reportable, Reported, Result, SessionId,
    User,
};

impl Accounts {
    /// Reports a session of the active user: see [`Sessions::report`](crate::Sessions::report). If mails are sent, it
    /// also locks the account and mails a link to set a new password.
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::report`](crate::Sessions::report).
    pub async fn report(&self, browser: &Browser, id: &SessionId) -> Result<(Browser, Reported)> {
        let (lock, tell) = (self.sends_mail(), MailAboutLock { store: &**self.store() });
        let work = lock.then_some(&tell as &dyn Alongside);
        let reported = self.sessions().report_alongside(browser, id, lock, work).await?;
        if let Some(active) = browser.active() {
            self.mailed(MailKind::PasswordLocked, &active.user.id, id);
        }
        Ok(reported)
    }

    /// The same with the link of a mail, which works once. No session is known to be the person's, so every session
    /// ends and the account is locked. Whoever has the link has the mailbox, so the result is the token to set a new
    /// password.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidToken`] when the link was used, is too old or another one of the user was used; when the store
    /// fails.
    pub async fn report_by_mail(&self, token: &str) -> Result<MailToken> {
        let (sessions, store) = (self.sessions(), self.store());
        let token = MailToken::parse(token).ok_or(Code::InvalidToken)?.hash();
        let now = sessions.now();
        let found = store.find_token(&token, Purpose::NotMe, now).await?.ok_or(Code::InvalidToken)?;
        let reset = MailToken::generate(&**sessions.random());
        let work = ReportByMail {
            store: &**store,
            token: &token,
            reset: &reset.hash(),
            expires_at: now.plus(Self::link_lifetime(Purpose::ResetPassword)),
        };
        let about = found.session_id.as_ref();
        let reported = sessions.report_of(&found.user_id, about, true, Some(&work)).await;
        reported.map_err(Self::link_refused)?;
        Ok(reset)
    }

    /// Returns the account that the link of a mail is about, and the session if it is still known, without using the
    /// link up: mail scanners open links too. `None` if the link is not valid.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn reportable_by_mail(&self, token: &str) -> Result<Option<(User, Option<Reportable>)>> {
        let (sessions, store) = (self.sessions(), self.store());
        let Some(token) = MailToken::parse(token) else { return Ok(None) };
        let Some(found) = store.find_token(&token.hash(), Purpose::NotMe, sessions.now()).await? else {
            return Ok(None);
        };
        let Some(user) = sessions.find_user(&found.user_id).await? else { return Ok(None) };
        let session = match &found.session_id {
            Some(id) => sessions.reportable_of(&user.id, id).await?,
            None => None,
        };
        Ok(Some((user, session)))
    }

    /// The link of an erased user is not valid.
    pub(super) fn link_refused(error: Error) -> Error {
        if error.code() == Code::UserNotFound { Code::InvalidToken.into() } else { error }
    }
}

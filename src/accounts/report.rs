//! "This wasn't me", and the mails about it.

use super::Accounts;
use super::stored::{ReportByMail, TellOfLock};
use crate::{
    Alongside, Browser, Code, Error, MailKind, MailToken, Purpose, Reportable, Reported, Result, SessionId,
    User,
};

impl Accounts {
    /// Reports a session of the active user: see [`Sessions::report`](crate::Sessions::report). Where mails are sent it
    /// locks the account, and a link is mailed that sets another password.
    ///
    /// # Errors
    ///
    /// As of [`Sessions::report`](crate::Sessions::report).
    pub async fn report(&self, browser: &Browser, id: &SessionId) -> Result<(Browser, Reported)> {
        let (lock, tell) = (self.sends_mail(), TellOfLock { store: &**self.store() });
        let work = lock.then_some(&tell as &dyn Alongside);
        let reported = self.sessions().report_alongside(browser, id, lock, work).await?;
        if let Some(active) = browser.active() {
            self.mailed(MailKind::PasswordLocked, &active.user.id, id);
        }
        Ok(reported)
    }

    /// The same by the link of a mail, once: nobody is known to be the person, so every session ends and the account is
    /// locked. Whoever holds the link has the mailbox too, and is given the token that sets a new password.
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

    /// Tells whose account the link of a mail is about, and which session if that is known still, without using it up:
    /// programs that look into mails open links too. `None` where the link is no good.
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

    /// A link of a user who is not there any more proves nothing.
    pub(super) fn link_refused(error: Error) -> Error {
        if error.code() == Code::UserNotFound { Code::InvalidToken.into() } else { error }
    }
}

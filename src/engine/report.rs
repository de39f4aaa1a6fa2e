//! "This wasn't me": a sign-in that the person does not know.

use crate::engine::list::named;
use crate::store::Rotation;
use crate::{
    Browser, Code, Credential, Device, Engine, MailKind, MailToken, Purpose, Result, SessionId, device_of,
};

/// What was done about a reported sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// How many sessions ended.
    pub ended: usize,
    /// Whether the password signs nobody in until another one is set by the link that is mailed.
    pub is_locked: bool,
}

impl Engine {
    /// Takes a session of the active user as somebody else's, live or ended while it is kept: ends every session of the
    /// user but the active one, whose cookie is replaced, so that a copy of it is dead too. Where mails are sent the
    /// password signs nobody in from then on, until another one is set by the link that is mailed.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::SessionNotFresh`] when the person proved longer ago than the
    /// fresh age who they are; [`Code::InvalidSessionToken`] when it is the active one, foreign or unknown, which all
    /// look the same; when the store fails.
    pub async fn report(&self, browser: &Browser, id: &SessionId) -> Result<(Browser, Reported)> {
        let actor = self.fresh_actor(browser)?;
        let credential = Credential::generate(&*self.0.random);
        let rotation = Rotation { handle: credential.handle.clone(), secret_hash: credential.secret.hash() };
        let is_locked = self.sends_mail();
        let ended = self.0.store.report(actor, id, &rotation, is_locked, self.now()).await?;
        let ended = ended.ok_or(Code::InvalidSessionToken)?;
        let user = actor.user;
        tracing::warn!(user.id = %user, session.id = %id, "session {id} was reported as somebody else's");
        self.log_ended(&ended);
        self.mailed(MailKind::PasswordLocked, user, id);
        let next =
            ended.iter().fold(browser.rotated(credential), |next, ended| next.without(&ended.id, false));
        Ok((next, Reported { ended: ended.len(), is_locked }))
    }

    /// Tells which device it would be that [`Engine::report`] is called for; `None` where it would be refused.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; when the store fails.
    pub async fn reportable(&self, browser: &Browser, id: &SessionId) -> Result<Option<Device>> {
        let actor = Self::actor(browser)?;
        let found = self.0.store.find(&[id]).await?.pop().map(|found| found.stored);
        let own = found.filter(|stored| stored.user.id == *actor.user && stored.session.id != *actor.session);
        Ok(own.map(|stored| named(device_of(&stored.last_user_agent), stored.device_name.as_deref())))
    }

    /// The same by the link of a mail, once: nobody is known to be the person, so every session ends. Whoever holds the
    /// link has the mailbox too, and is given the token that sets a new password.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidToken`] when the link was used, is too old or another one of the user was used; when the store
    /// fails.
    pub async fn report_by_mail(&self, token: &str) -> Result<MailToken> {
        let token = MailToken::parse(token).ok_or(Code::InvalidToken)?;
        let reset = MailToken::generate(&*self.0.random);
        let now = self.now();
        let expires_at = now.plus(Self::link_lifetime(Purpose::ResetPassword));
        let reported = self.0.store.report_by_mail(&token.hash(), &reset.hash(), expires_at, now).await?;
        let (user, ended) = reported.ok_or(Code::InvalidToken)?;
        tracing::warn!(user.id = %user, "a sign-in to the account of user {user} was reported by a mailed link");
        self.log_ended(&ended);
        Ok(reset)
    }
}

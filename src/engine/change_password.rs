//! Changing the password.

use crate::password::Passwords;
use crate::{Browser, Client, Code, Engine, Held, MailKind, Result, SessionId};

/// What a person types to change the password.
#[derive(Clone)]
pub struct ChangePassword {
    /// The password so far.
    pub current_password: String,
    /// The new one: 8 to 128 characters.
    pub new_password: String,
    /// Whether every session of the user ends; this browser gets a new one.
    pub revoke_other_sessions: bool,
}

impl Engine {
    /// Changes the active user's password, and where it is asked for ends every session of the user, this one too,
    /// which is replaced by a new one with new cookies: both or neither.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::PasswordTooShort`], [`Code::PasswordTooLong`],
    /// [`Code::InvalidPassword`], [`Code::CredentialAccountNotFound`], [`Code::PasswordResetRequired`],
    /// [`Code::UserDisabled`];
    /// [`Error::Throttled`](crate::Error::Throttled) after others have failed;
    /// [`Error::Busy`](crate::Error::Busy); when the store fails.
    pub async fn change_password(
        &self,
        browser: &Browser,
        client: &Client,
        form: ChangePassword,
    ) -> Result<Browser> {
        let active = browser.signed_in()?;
        Passwords::check_length(&form.new_password)?;
        let from = self.prove(browser, client, &form.current_password).await?;
        let hash = self.0.passwords.hash(&*self.0.random, &form.new_password).await?;

        let now = self.now();
        let new =
            form.revoke_other_sessions.then(|| self.new_session(&active.user.id, client, active.keep(), now));
        let new_session = new.as_ref().map(|(_, session)| session);
        let ended = self
            .0
            .store
            .change_password(Self::actor(browser)?, &from, &hash, new_session, self.sends_mail(), now)
            .await?
            // Signed out or changed again while the password was hashed.
            .ok_or(Code::Unauthorized)?;
        self.log_ended(&ended);
        tracing::info!(user.id = %active.user.id, "the password of user {} was changed", active.user.id);
        self.mailed(MailKind::PasswordChanged, &active.user.id, &active.session.id);
        let Some((credential, new)) = new else { return Ok(browser.clone()) };
        let ended: Vec<SessionId> = ended.into_iter().map(|ended| ended.id).collect();
        let mut user = active.user.clone();
        user.updated_at = now;
        Ok(browser.with(Held::issued(credential, new, user), &ended))
    }
}

impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangePassword").finish_non_exhaustive()
    }
}

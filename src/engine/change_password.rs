//! Changing the password.

use crate::password::Typed;
use crate::store::{Ended, NextSession};
use crate::{Browser, Client, Code, Engine, Held, MailKind, Result, SessionId, Timestamp};

/// What a person types to change the password.
#[derive(Clone)]
pub struct ChangePassword {
    /// The password so far: at most 128 characters.
    pub current_password: String,
    /// The new one: 8 to 128 characters.
    pub new_password: String,
    /// Whether every session of the user ends, and this browser gets a new one; otherwise they stay.
    pub revoke_other_sessions: bool,
}

impl Engine {
    /// Changes the active user's password, and where it is asked for ends every session of the user, this one too,
    /// which is replaced by a new one with new cookies: both or neither.
    ///
    /// It asks for the current password, which is as good as a fresh sign-in: so it needs none, and is one itself. Where
    /// the sessions stay, the active one is renewed as by [`Engine::reauthenticate`]: its cookie is replaced (ASVS 5.0,
    /// 7.2.4), and its times begin anew.
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
        let new = Typed::new(&form.new_password)?;
        // The hash may be another one by the time that the new one is there: since another sign-in has renewed it, or
        // since the password is not the current one any more, which is what the person is told then.
        for _ in 0..2 {
            if let Some(changed) = self.try_to_change_password(browser, client, &form, &new).await? {
                return Ok(changed);
            }
        }
        Err(Code::Unauthorized.into())
    }

    /// The same once; `None` where the password's hash is another one by now, or the session has ended.
    async fn try_to_change_password(
        &self,
        browser: &Browser,
        client: &Client,
        form: &ChangePassword,
        new: &Typed,
    ) -> Result<Option<Browser>> {
        let active = browser.signed_in()?;
        let from = self.prove(browser, client, &form.current_password).await?;
        let hash = self.0.passwords.hash(&*self.0.random, new).await?;

        let now = self.now();
        self.note_network(browser, client, now).await?;
        if !form.revoke_other_sessions {
            let (credential, renewal) = self.renewal_of(active, now);
            let next = NextSession::Renewed(&renewal);
            if self.store_password(browser, &from, &hash, next, now).await?.is_none() {
                return Ok(None);
            }
            let id = &active.session.id;
            let mut changed = Self::reauthenticated(browser, active, credential, &renewal, now);
            changed.held.iter_mut().filter(|held| held.session.id == *id).for_each(|held| {
                held.user.updated_at = now;
            });
            return Ok(Some(changed));
        }
        let (credential, new) = self.new_session(&active.user.id, client, active.keep(), now);
        let next = NextSession::New(&new);
        let Some(ended) = self.store_password(browser, &from, &hash, next, now).await? else {
            return Ok(None);
        };
        let ended: Vec<SessionId> = ended.into_iter().map(|ended| ended.id).collect();
        let mut user = active.user.clone();
        user.updated_at = now;
        Ok(Some(browser.with(Held::issued(credential, new, user), &ended)))
    }

    /// Stores another hash for the active user and what this browser goes on with, and tells of it; gives what ended.
    async fn store_password(
        &self,
        browser: &Browser,
        from: &str,
        to: &str,
        next: NextSession<'_>,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        let actor = Self::actor(browser)?;
        let changed = self.0.store.change_password(actor, from, to, next, self.sends_mail(), now).await?;
        // Signed out or changed again while the password was hashed.
        let Some(ended) = changed else { return Ok(None) };
        self.log_ended(&ended);
        tracing::info!(user.id = %actor.user, "the password of user {} was changed", actor.user);
        self.mailed(MailKind::PasswordChanged, actor.user, actor.session);
        Ok(Some(ended))
    }
}

impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangePassword").finish_non_exhaustive()
    }
}

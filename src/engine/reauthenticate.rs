//! Proving once more who one is.

use crate::password::Typed;
use crate::{Browser, Client, Code, Credential, Engine, Held, Renewal, Result, Timestamp};

/// What a person types to prove once more who they are.
#[derive(Clone)]
pub struct Reauthenticate {
    /// The account's password.
    pub password: String,
}

impl Engine {
    /// Verifies the password of the signed-in user, and gives its hash; one that is locked or of who is disabled proves
    /// nothing.
    pub(super) async fn prove(&self, browser: &Browser, client: &Client, password: &str) -> Result<String> {
        let active = browser.signed_in()?;
        let password = Typed::current(password)?;
        let known = self.0.store.password_of(&active.user.email).await?.ok_or(Code::Unauthorized)?;
        let refusal = known.refusal();
        let hash = known.password_hash.ok_or(Code::CredentialAccountNotFound)?;
        let attempt = self.admit(browser, client, &active.user.email).await?;
        if !attempt.ended(self.0.passwords.verify(&password, Some(&hash)).await)? {
            tracing::info!(user.id = %active.user.id, "a password was refused");
            self.note_refused(browser, client, &active.user.id, None);
            return Err(Code::InvalidPassword.into());
        }
        match refusal {
            Some(why) => Err(self.refuse(browser, client, &active.user.id, why)),
            None => Ok(hash),
        }
    }

    /// Verifies the active user's password and gives the active session another credential. The cookie so far is dead as
    /// soon as the browser uses the new one (ASVS 5.0, 7.2.4); until then its answer may be lost, and the old cookie acts
    /// as the session without being fresh. The session stays, and both its idle and its absolute time begin anew (NIST
    /// SP 800-63B-4, 5.2).
    ///
    /// Of two at once the later one's cookie is the new one.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::PasswordTooLong`], [`Code::InvalidPassword`],
    /// [`Code::CredentialAccountNotFound`], [`Code::PasswordResetRequired`], [`Code::UserDisabled`];
    /// [`Error::Throttled`](crate::Error::Throttled) after others have failed; [`Error::Busy`](crate::Error::Busy); when
    /// the store fails.
    pub async fn reauthenticate(
        &self,
        browser: &Browser,
        client: &Client,
        form: Reauthenticate,
    ) -> Result<Browser> {
        let active = browser.signed_in()?;
        self.prove(browser, client, &form.password).await?;

        let now = self.now();
        self.note_network(browser, client, now).await?;
        let (credential, renewal) = self.renewal_of(active, now);
        if !self.0.store.reauthenticate(Self::actor(browser)?, &renewal, now).await? {
            // It ended while the password was verified.
            return Err(Code::Unauthorized.into());
        }
        Ok(Self::reauthenticated(browser, active, credential, &renewal, now))
    }

    /// Another credential for a session, and what the store keeps of it.
    pub(super) fn renewal_of(&self, held: &Held, now: Timestamp) -> (Credential, Renewal) {
        let credential = Credential::generate(&*self.0.random);
        let renewal = Renewal {
            handle: credential.handle.clone(),
            secret_hash: credential.secret.hash(),
            expires_at: self.options().expires_at(now, now, held.keep()),
        };
        (credential, renewal)
    }

    /// What the browser holds once the store has the renewal of its active session.
    pub(super) fn reauthenticated(
        browser: &Browser,
        active: &Held,
        credential: Credential,
        renewal: &Renewal,
        now: Timestamp,
    ) -> Browser {
        let id = &active.session.id;
        tracing::info!(session.id = %id, user.id = %active.user.id, "session {id} was re-authenticated");
        browser.renewed(credential, renewal.expires_at, now)
    }
}

impl std::fmt::Debug for Reauthenticate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reauthenticate").finish_non_exhaustive()
    }
}

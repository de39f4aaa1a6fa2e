//! Re-authentication.

use crate::{
    Browser, Client, Code, Credential, Held, Proof, Renewal, Result, Sessions, SignInMethod, Timestamp,
};

impl Sessions {
    /// Records that the active user was verified again, and gives the active session another credential. The session is
    /// fresh from then on. The old cookie is dead as soon as the browser uses the new one (ASVS 5.0, 7.2.4). Until then
    /// the answer may be lost, so the old cookie still works, but is not fresh. The session stays, and its idle and
    /// absolute timeouts start again (NIST SP 800-63B-4, 5.2). Its sign-in method stays as well; the history says how
    /// the user was verified.
    ///
    /// Of two simultaneous calls the later one's cookie is the new one.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Error::ProofOutdated`](crate::Error::ProofOutdated) when a credential
    /// of the user has changed since the proof was checked; [`Code::PasswordResetRequired`], [`Code::UserDisabled`]; when
    /// the store fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{Browser, Client, Keep, MemoryStore, Proof, Sessions, Subject, UserId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Default::default());
    /// # let (browser, client, ada) = (Browser::default(), Client::default(), UserId::new("4711")?);
    /// # let browser =
    /// #     sessions.begin(&browser, &client, Subject::new(ada), Proof::by("code"), Keep::Remembered).await?;
    /// let epoch = sessions.epoch(&browser.signed_in()?.user.id).await?;
    /// // … check the passkey …
    /// let browser = sessions.prove(&browser, &client, Proof::by("passkey").at(epoch)).await?;
    /// assert!(sessions.options().is_fresh(browser.signed_in()?.authenticated_at, sessions.now()));
    /// # Ok(())
    /// # }
    /// ```
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn prove(&self, browser: &Browser, client: &Client, proof: Proof) -> Result<Browser> {
        let active = browser.signed_in()?;
        let now = self.now();
        self.note_network(browser, client, now).await?;
        let (credential, renewal) = self.renewal_of(active, Some(proof.method), now);
        let proved = self.0.store.prove(Self::actor(browser)?, &renewal, proof.epoch, now).await;
        if !proved.map_err(|error| self.not_changed(browser, client, &active.user.id, error))? {
            // The session ended while the proof was checked.
            return Err(Code::Unauthorized.into());
        }
        Ok(Self::renewed(browser, active, credential, &renewal, now))
    }

    /// Creates a new credential for a session, and the part of it that is stored.
    pub(super) fn renewal_of(
        &self,
        held: &Held,
        verified_with: Option<SignInMethod>,
        now: Timestamp,
    ) -> (Credential, Renewal) {
        let credential = Credential::generate(&*self.0.random);
        let renewal = Renewal {
            handle: credential.handle.clone(),
            secret_hash: credential.secret.hash(),
            expires_at: self.options().expires_at(now, now, held.keep()),
            verified_with,
        };
        (credential, renewal)
    }

    /// The browser's next state after the store has renewed its active session.
    pub(super) fn renewed(
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

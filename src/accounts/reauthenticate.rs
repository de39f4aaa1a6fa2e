//! Re-authentication with the password.

use super::Accounts;
use super::password::Typed;
use crate::{Browser, Client, Code, Error, Proof, Result, SignInMethod, StoredPassword};

/// The input to confirm the password again.
#[derive(Clone)]
pub struct Reauthenticate {
    /// The account's password.
    pub password: String,
}

impl Accounts {
    /// Verifies the active user's password and makes the active session fresh: see
    /// [`Sessions::prove`](crate::Sessions::prove).
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::PasswordTooLong`], [`Code::InvalidPassword`],
    /// [`Code::CredentialAccountNotFound`], [`Code::PasswordResetRequired`], [`Code::UserDisabled`];
    /// [`Error::Throttled`] after others have failed; [`Error::Busy`]; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn reauthenticate(
        &self,
        browser: &Browser,
        client: &Client,
        form: Reauthenticate,
    ) -> Result<Browser> {
        // Try again if a credential has changed meanwhile.
        for _ in 0..2 {
            let known = self.verify(browser, client, &form.password).await?.0;
            let proof = Proof::with(SignInMethod::PASSWORD).at(known.epoch);
            match self.sessions().prove(browser, client, proof).await {
                Err(Error::ProofOutdated) => {}
                proved => return proved,
            }
        }
        Err(Code::Unauthorized.into())
    }

    /// Verifies the password of the signed-in user and returns the account with its hash. If the user is
    /// locked or disabled, it is refused.
    pub(super) async fn verify(
        &self,
        browser: &Browser,
        client: &Client,
        password: &str,
    ) -> Result<(StoredPassword, String)> {
        let active = browser.signed_in()?;
        let password = Typed::current(password)?;
        let known = self.store().password_of(&active.user.email).await?;
        // A user without an account may show the email address of somebody else's account.
        let known = known.filter(|known| known.user.id == active.user.id);
        let known = known.ok_or(Code::CredentialAccountNotFound)?;
        let hash = known.password_hash.clone().ok_or(Code::CredentialAccountNotFound)?;
        let attempt = self.admit(browser, client, &active.user.email).await?;
        if !attempt.ended(self.0.passwords.verify(&password, Some(&hash)).await)? {
            self.sessions().note_refused(browser, client, &active.user.id, None);
            return Err(Code::InvalidPassword.into());
        }
        match known.refusal() {
            Some(why) => {
                self.sessions().note_refused(browser, client, &active.user.id, Some(why));
                Err(Code::from(why).into())
            }
            None => Ok((known, hash)),
        }
    }
}

impl std::fmt::Debug for Reauthenticate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reauthenticate").finish_non_exhaustive()
    }
}

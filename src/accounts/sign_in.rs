//! Signing in.

use super::password::{Typed, is_outdated};
use super::stored::MailAboutNewDevice;
use super::{Accounts, email};
use crate::{
    Browser, Client, Code, Error, Keep, MailKind, Proof, Refusal, Result, SessionId, SignInMethod,
    SignInTicket, StoredPassword, Subject, metrics,
};

/// The input for a sign-in.
#[derive(Clone)]
pub struct SignIn {
    /// The address of the account.
    pub email: String,
    /// Its password.
    pub password: String,
    /// Whether the cookie stays when the browser is closed.
    pub remember: bool,
    /// Whether the computer is shared: the sign-in is not remembered and ends soon.
    pub shared_computer: bool,
}

impl Accounts {
    /// Signs in; other accounts held by this browser stay, and an older session of the same user in it is replaced.
    ///
    /// At the maximum the user's oldest sessions are evicted so that the new one fits. The limit is exact, also under
    /// simultaneous sign-ins. The same holds for the accounts in this browser. If [`Options`](crate::Options) do not
    /// evict the oldest, the person may choose a device to sign out: [`Error::LimitReached`] has the input for
    /// [`Accounts::sign_in_instead`].
    ///
    /// A password that was checked and refused is in the account history: as wrong, or as right with the reason. An
    /// attempt that has to wait is not.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidEmail`], [`Code::PasswordTooLong`] or [`Code::InvalidEmailOrPassword`];
    /// [`Code::PasswordResetRequired`] when it is right but a sign-in was reported; [`Code::UserDisabled`] when it is
    /// right but an operator has disabled the user; [`Code::TwoFactorRequired`] when it is right but a second factor is
    /// required; [`Error::Throttled`] after others have failed; [`Error::LimitReached`] and
    /// [`Code::MaximumAccountsReached`] when the limit is reached and the oldest is not evicted; [`Error::Busy`]; when
    /// the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_in(&self, browser: &Browser, client: &Client, form: SignIn) -> Result<Browser> {
        let email = email::normalise(&form.email)?;
        let password = Typed::current(&form.password)?;
        let keep = Keep::of(form.remember, form.shared_computer);
        let (sessions, store) = (self.sessions(), self.store());
        let count = |error: &Error| metrics::sign_in_refused(&SignInMethod::PASSWORD, error);
        // Try again if the password was changed before the session is stored.
        for _ in 0..2 {
            let verified = self.verify_to_sign_in(browser, client, &email, &password).await;
            let Some(known) = verified.inspect_err(count)? else { break };
            let proof = Proof::with(SignInMethod::PASSWORD).at(known.epoch);
            let work = MailAboutNewDevice { store: &**store, tell: self.sends_mail() };
            let subject = Subject::from(&known.user);
            let begun = sessions.begin_alongside(browser, client, subject, proof, keep, Some(&work)).await;
            let next = match begun {
                Err(Error::ProofOutdated) => continue,
                // An import added the second factor while the password was verified.
                Err(error) if error.code() == Code::TwoFactorRequired => {
                    sessions.note_refused(browser, client, &known.user.id, Some(Refusal::TwoFactor));
                    return Err(error);
                }
                begun => begun?,
            };
            self.mailed_of_new_device(&next);
            self.renew_hash(&known, &password).await;
            return Ok(next);
        }
        tracing::info!("a sign-in was refused");
        let refused = Error::from(Code::InvalidEmailOrPassword);
        count(&refused);
        Err(refused)
    }

    /// Verifies the password and returns the account. `None` if there is no such account or the password is wrong.
    async fn verify_to_sign_in(
        &self,
        browser: &Browser,
        client: &Client,
        email: &str,
        password: &Typed,
    ) -> Result<Option<StoredPassword>> {
        let (sessions, store) = (self.sessions(), self.store());
        // Before the account is looked up, so that an attempt that has to wait learns nothing about it.
        let attempt = self.admit(browser, client, email).await?;
        let mut known = None;
        let verified = async {
            known = store.password_of(email).await?;
            let hash = known.as_ref().and_then(|known| known.password_hash.as_deref());
            self.0.passwords.verify(password, hash).await
        };
        let matches = attempt.ended(verified.await)?;
        if let (Some(known), false) = (&known, matches) {
            sessions.note_refused(browser, client, &known.user.id, None);
        }
        let Some(known) = known.filter(|_| matches) else { return Ok(None) };
        if let Some(why) = known.refusal_to_sign_in() {
            sessions.note_refused(browser, client, &known.user.id, Some(why));
            return Err(Code::from(why).into());
        }
        Ok(Some(known))
    }

    /// Signs in a person whom the limit of devices had refused after the right password, and signs out the device that
    /// they chose: see [`Sessions::begin_instead`](crate::Sessions::begin_instead).
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::begin_instead`](crate::Sessions::begin_instead); [`Code::TwoFactorRequired`] when an import
    /// found a second factor meanwhile.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_in_instead(
        &self,
        browser: &Browser,
        client: &Client,
        ticket: &SignInTicket,
        id: &SessionId,
    ) -> Result<Browser> {
        let work = MailAboutNewDevice { store: &**self.store(), tell: self.sends_mail() };
        let next = self.sessions().begin_instead(browser, client, ticket, id, Some(&work)).await?;
        self.mailed_of_new_device(&next);
        Ok(next)
    }

    /// Wakes the sender if the sign-in is on a new device.
    fn mailed_of_new_device(&self, next: &Browser) {
        if let Some(held) = next.active().filter(|held| held.new_device) {
            self.mailed(MailKind::NewDevice, &held.user.id, &held.session.id);
        }
    }

    /// Replaces the hash of another system, now that the password is known. If that fails, the sign-in still
    /// succeeds, and the next one tries again. It runs after the session has begun, because it begins a new
    /// epoch.
    async fn renew_hash(&self, known: &StoredPassword, password: &Typed) {
        let Some(from) = known.password_hash.as_deref().filter(|hash| is_outdated(hash)) else { return };
        let (sessions, store) = (self.sessions(), self.store());
        let renewed = async {
            let to = self.0.passwords.hash(&**sessions.random(), password).await?;
            Ok::<_, Error>(store.rehash_password(&known.user.id, from, &to, sessions.now()).await?)
        };
        if let Err(error) = renewed.await {
            tracing::warn!(%error, user.id = %known.user.id, "a password hash could not be replaced");
        }
    }
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}

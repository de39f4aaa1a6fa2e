//! Changing the password.

use super::Accounts;
use super::password::Typed;
use super::stored::NewPassword;
use crate::{Browser, Client, Code, Error, MailKind, Others, Result};

/// The input for a password change.
#[derive(Clone)]
pub struct ChangePassword {
    /// The current password: at most 128 characters.
    pub current_password: String,
    /// The new password: 8 to 128 characters.
    pub new_password: String,
    /// Whether every session of the user ends and this browser gets a new one. Otherwise the sessions stay.
    pub revoke_other_sessions: bool,
}

impl Accounts {
    /// Changes the active user's password. If asked for, it also ends every session of the user and begins a new one in
    /// this browser, in the same transaction.
    ///
    /// The current password counts as a proof, so the session need not be fresh before, and is fresh afterwards. If the
    /// sessions stay, the active one is renewed as by [`Sessions::prove`](crate::Sessions::prove): its cookie is
    /// replaced (ASVS 5.0, 7.2.4) and its timeouts start again.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::PasswordTooShort`], [`Code::PasswordTooLong`],
    /// [`Code::InvalidPassword`], [`Code::CredentialAccountNotFound`], [`Code::PasswordResetRequired`],
    /// [`Code::UserDisabled`]; [`Error::Throttled`] after others have failed; [`Error::Busy`]; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn change_password(
        &self,
        browser: &Browser,
        client: &Client,
        form: ChangePassword,
    ) -> Result<Browser> {
        let new = Typed::new(&form.new_password)?;
        let active = browser.signed_in()?;
        let (sessions, store) = (self.sessions(), self.store());
        let others = if form.revoke_other_sessions { Others::End } else { Others::Keep };
        // The stored hash may change while the new one is computed: another sign-in may have renewed it, or
        // the password was changed. In the second case the next attempt refuses the old password.
        for _ in 0..2 {
            let (_, from) = self.verify(browser, client, &form.current_password).await?;
            let to = self.0.passwords.hash(&**sessions.random(), &new).await?;
            let work = NewPassword { store: &**store, from: &from, to: &to, tell: self.sends_mail() };
            match sessions.credentials_changed_alongside(browser, client, others, Some(&work)).await {
                // Renewed by another sign-in, or changed, while the password was hashed.
                Err(Error::ProofOutdated) => {}
                changed => {
                    let next = changed?;
                    self.mailed(MailKind::PasswordChanged, &active.user.id, &active.session.id);
                    return Ok(next);
                }
            }
        }
        Err(Code::Unauthorized.into())
    }
}

impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangePassword").finish_non_exhaustive()
    }
}

//! Setting a new password by a mailed link.

use crate::engine::mail::Request;
use crate::password::Passwords;
use crate::throttle::{Network, Wait};
use crate::{Client, Code, Engine, Error, MailToken, Purpose, Result, email};

const MAXIMUM_ADDRESS_LEN: usize = 2_048;

/// What a person types who has forgotten the password.
#[derive(Clone)]
pub struct RequestPasswordReset {
    /// The address of the account.
    pub email: String,
    /// Where the person goes from the mailed link: the caller has checked that it may be there.
    pub redirect_to: Option<String>,
}

/// What a person types who has followed the link.
#[derive(Clone)]
pub struct ResetPassword {
    /// What the link has.
    pub token: String,
    /// The new password: 8 to 128 characters.
    pub new_password: String,
}

impl Engine {
    /// Asks for a mail with a link by which a new password can be set, at most one a minute and five an hour.
    ///
    /// Whether there is such an account is looked up later, beside the requests: neither the answer nor its time tells
    /// (ASVS 5.0, 6.3.8).
    ///
    /// # Errors
    ///
    /// [`Code::ResetPasswordDisabled`] where nobody sends mails; [`Code::InvalidEmail`]; [`Error::Throttled`] after
    /// many requests; [`Error::Busy`](crate::Error::Busy).
    pub fn request_password_reset(&self, client: &Client, form: RequestPasswordReset) -> Result<()> {
        if !self.sends_mail() {
            return Err(Code::ResetPasswordDisabled.into());
        }
        let email = email::normalise(&form.email)?;
        if form.redirect_to.as_ref().is_some_and(|to| to.len() > MAXIMUM_ADDRESS_LEN || to.contains('\0')) {
            return Err(Code::ValidationError.into());
        }
        if let Some(throttle) = &self.0.resets {
            let of = throttle.of(&email, client.ip_address.map(Network::of));
            // Every request counts, as none can be told from a vain one.
            if let Err(Wait::Pair(retry_after) | Wait::Stranger(retry_after)) =
                throttle.admit(of, false, self.steady()).map(drop)
            {
                return Err(Error::Throttled { retry_after });
            }
        }
        self.0.outbox.ask(Request { email, redirect_to: form.redirect_to })
    }

    /// Tells whether a mailed link can be used for this, without using it up: programs that look into mails open links
    /// too.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn is_good_link(&self, token: &str, purpose: Purpose) -> Result<bool> {
        let Some(token) = MailToken::parse(token) else { return Ok(false) };
        Ok(self.0.store.find_token(&token.hash(), purpose, self.now()).await?.is_some())
    }

    /// Sets a new password by a mailed link, once, and ends every session of the user: who knew the old one is out.
    /// The person then signs in with the new one.
    ///
    /// # Errors
    ///
    /// [`Code::PasswordTooShort`], [`Code::PasswordTooLong`]; [`Code::InvalidToken`] when the link was used, is too
    /// old or another one of the user was used; [`Error::Busy`](crate::Error::Busy); when the store fails.
    pub async fn reset_password(&self, form: ResetPassword) -> Result<()> {
        Passwords::check_length(&form.new_password)?;
        // Asked before the password is hashed, so that a link that is no good costs nothing.
        let token = MailToken::parse(&form.token).ok_or(Code::InvalidToken)?;
        let hash = token.hash();
        let store = &self.0.store;
        let found = store.find_token(&hash, Purpose::ResetPassword, self.now()).await?;
        found.ok_or(Code::InvalidToken)?;
        let to = self.0.passwords.hash(&*self.0.random, &form.new_password).await?;
        let reset = store.reset_password(&hash, &to, self.sends_mail(), self.now()).await?;
        let (user, ended) = reset.ok_or(Code::InvalidToken)?;
        self.log_ended(&ended);
        self.wake_sender();
        tracing::info!(user.id = %user, "the password of user {user} was set by a mailed link");
        Ok(())
    }
}

impl std::fmt::Debug for RequestPasswordReset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestPasswordReset").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ResetPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResetPassword").finish_non_exhaustive()
    }
}

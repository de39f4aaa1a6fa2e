//! Setting a new password by a mailed link.

use super::mail::Request;
use super::password::Typed;
use super::stored::ResetByMail;
use super::{Accounts, email};
use crate::{Code, MailToken, Purpose, Result};

const MAXIMUM_ADDRESS_LEN: usize = 2_048;

/// The input to request a password reset.
#[derive(Clone)]
pub struct RequestPasswordReset {
    /// The address of the account.
    pub email: String,
    /// Where the mailed link leads afterwards. The caller has checked that this address is allowed.
    pub redirect_to: Option<String>,
}

/// The input to set a new password with a mailed link.
#[derive(Clone)]
pub struct ResetPassword {
    /// The token of the link.
    pub token: String,
    /// The new password: 8 to 128 characters.
    pub new_password: String,
}

impl Accounts {
    /// Requests a mail with a link to set a new password, unless the mailbox has a usable one. A mailbox gets at most
    /// one link a minute for each `redirect_to` and five an hour. After that it gets one every quarter of an hour,
    /// which leads to our own page whatever `redirect_to` says.
    ///
    /// Requests of strangers do not lock the owner out: the mailbox always has a link that works for at least another
    /// quarter of an hour, or gets one.
    ///
    /// The account is looked up later, in the background, so neither the answer nor its time shows whether it exists
    /// (ASVS 5.0, 6.3.8).
    ///
    /// # Errors
    ///
    /// [`Code::ResetPasswordDisabled`] if no mails are sent; [`Code::InvalidEmail`];
    /// [`Error::Busy`](crate::Error::Busy).
    pub fn request_password_reset(&self, form: RequestPasswordReset) -> Result<()> {
        if !self.sends_mail() {
            return Err(Code::ResetPasswordDisabled.into());
        }
        let email = email::normalise(&form.email)?;
        if form.redirect_to.as_ref().is_some_and(|to| to.len() > MAXIMUM_ADDRESS_LEN || to.contains('\0')) {
            return Err(Code::ValidationError.into());
        }
        self.0.mail_queue.ask(Request { email, redirect_to: form.redirect_to })
    }

    /// Returns whether a mailed link can be used for this, without using it up: mail scanners open links too.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn is_valid_link(&self, token: &str, purpose: Purpose) -> Result<bool> {
        let Some(token) = MailToken::parse(token) else { return Ok(false) };
        Ok(self.store().find_token(&token.hash(), purpose, self.sessions().now()).await?.is_some())
    }

    /// Sets a new password with a mailed link, which works once, and ends every session of the user. The person then
    /// signs in with the new password.
    ///
    /// # Errors
    ///
    /// [`Code::PasswordTooShort`], [`Code::PasswordTooLong`]; [`Code::InvalidToken`] when the link was used, is too
    /// old or another one of the user was used; [`Error::Busy`](crate::Error::Busy); when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn reset_password(&self, form: ResetPassword) -> Result<()> {
        let password = Typed::new(&form.new_password)?;
        // Check first: an invalid link must not cost a hash.
        let token = MailToken::parse(&form.token).ok_or(Code::InvalidToken)?;
        let hash = token.hash();
        let (sessions, store) = (self.sessions(), self.store());
        let found = store.find_token(&hash, Purpose::ResetPassword, sessions.now()).await?;
        let user = found.ok_or(Code::InvalidToken)?.user_id;
        let to = self.0.passwords.hash(&**sessions.random(), &password).await?;
        let work = ResetByMail { store: &**store, token: &hash, to: &to, tell: self.sends_mail() };
        let reset = sessions.credentials_changed_of_alongside(&user, Some(&work)).await;
        reset.map_err(Self::link_refused)?;
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

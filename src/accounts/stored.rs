//! The statements of accounts in the transactions of sessions.

use async_trait::async_trait;

use crate::{
    AccountStore, Alongside, ChangeContext, Code, MailKind, NewMail, Purpose, Refusal, Result, SecretHash,
    StoredToken, Timestamp, Transaction,
};

/// Creates an account with its first session.
pub(crate) struct AddAccount<'a, S: ?Sized> {
    pub(crate) store: &'a S,
    pub(crate) email: &'a str,
    pub(crate) hash: &'a str,
}

#[async_trait]
impl<S: AccountStore + ?Sized> Alongside for AddAccount<'_, S> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()> {
        if self.store.add_account(tx, change.user, self.email, self.hash, change.now).await? {
            Ok(())
        } else {
            Err(Code::UserAlreadyExists.into())
        }
    }
}

/// Queues the mail about a new device with a sign-in, if mails are sent.
pub(crate) struct MailAboutNewDevice<'a, S: ?Sized> {
    pub(crate) store: &'a S,
    pub(crate) tell: bool,
}

#[async_trait]
impl<S: AccountStore + ?Sized> Alongside for MailAboutNewDevice<'_, S> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()> {
        // An import that ran meanwhile may have set this.
        if change.needs_two_factor {
            return Err(Code::from(Refusal::TwoFactor).into());
        }
        if self.tell && change.is_new_device {
            self.store.add_mail(tx, &mail(MailKind::NewDevice, change)).await?;
        }
        Ok(())
    }
}

/// Replaces the password that was typed.
pub(crate) struct NewPassword<'a, S: ?Sized> {
    pub(crate) store: &'a S,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) tell: bool,
}

#[async_trait]
impl<S: AccountStore + ?Sized> Alongside for NewPassword<'_, S> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()> {
        if change.was_locked {
            return Err(Code::from(Refusal::Locked).into());
        }
        if !self.store.change_password(tx, change.user, self.from, self.to, change.now).await? {
            return Err(crate::Error::ProofOutdated);
        }
        if self.tell {
            self.store.add_mail(tx, &mail(MailKind::PasswordChanged, change)).await?;
        }
        Ok(())
    }
}

/// Sets a password with a mailed link.
pub(crate) struct ResetByMail<'a, S: ?Sized> {
    pub(crate) store: &'a S,
    pub(crate) token: &'a SecretHash,
    pub(crate) to: &'a str,
    pub(crate) tell: bool,
}

#[async_trait]
impl<S: AccountStore + ?Sized> Alongside for ResetByMail<'_, S> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()> {
        let ChangeContext { user, now, .. } = *change;
        let token = self.store.use_token(tx, self.token, Purpose::ResetPassword, now).await?;
        token.filter(|token| token.user_id == *user).ok_or(Code::InvalidToken)?;
        self.store.set_password(tx, user, self.to, now).await?;
        self.store.drop_resets(tx, user).await?;
        if self.tell {
            self.store.add_mail(tx, &mail(MailKind::PasswordChanged, change)).await?;
        }
        Ok(())
    }
}

/// Queues the mail with which the person can unlock an account that a report locks. It is not sent twice.
pub(crate) struct MailAboutLock<'a, S: ?Sized> {
    pub(crate) store: &'a S,
}

#[async_trait]
impl<S: AccountStore + ?Sized> Alongside for MailAboutLock<'_, S> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()> {
        if !change.was_locked {
            self.store.add_mail(tx, &mail(MailKind::PasswordLocked, change)).await?;
        }
        Ok(())
    }
}

/// Uses up a mailed link for a report, and stores the link to set a new password.
pub(crate) struct ReportByMail<'a, S: ?Sized> {
    pub(crate) store: &'a S,
    pub(crate) token: &'a SecretHash,
    pub(crate) reset: &'a SecretHash,
    pub(crate) expires_at: Timestamp,
}

#[async_trait]
impl<S: AccountStore + ?Sized> Alongside for ReportByMail<'_, S> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()> {
        let ChangeContext { user, now, .. } = *change;
        let token = self.store.use_token(tx, self.token, Purpose::NotMe, now).await?;
        let token = token.filter(|token| token.user_id == *user).ok_or(Code::InvalidToken)?;
        let reset = StoredToken {
            hash: *self.reset,
            purpose: Purpose::ResetPassword,
            redirect_to: None,
            created_at: now,
            expires_at: self.expires_at,
            ..token
        };
        Ok(self.store.add_token(tx, &reset).await?)
    }
}

fn mail(kind: MailKind, about: &ChangeContext<'_>) -> NewMail {
    NewMail { user_id: about.user.clone(), kind, session_id: about.session.cloned(), at: about.now }
}

//! Sessions for the tests, with accounts or without.

use async_trait::async_trait;
use multi_session::{
    AccountStore, Alongside, ChangeContext, ChangeError, Code, Ended, Limit, MailKind, NewMail, NewSession,
    Result, Store, Subject, Transaction, User,
};

/// A user with an account, and the stored hash of the password.
pub(crate) struct NewUser {
    pub(crate) user: User,
    pub(crate) password_hash: String,
}

/// At most five sessions, with eviction of the oldest.
pub(crate) fn limit() -> Limit {
    Limit { maximum: 5, revoke_oldest: true, held: Vec::new(), epoch: None, chosen: None }
}

/// Begins a session. For a sign-up it first creates the account.
pub(crate) async fn open(
    store: &(impl Store + ?Sized),
    signs_up: Option<&NewUser>,
    new: &NewSession,
) -> Result<Vec<Ended>, ChangeError> {
    let subject = match signs_up {
        Some(NewUser { user, .. }) => Subject::from(user),
        None => Subject::new(new.session.user_id.clone()),
    };
    let work = AddAccount { store, of: signs_up };
    store.begin(&subject, new, &limit(), Some(&work)).await.map(|begun| begun.ended)
}

/// Creates an account, and queues a mail about a new device.
struct AddAccount<'a, S: ?Sized> {
    store: &'a S,
    of: Option<&'a NewUser>,
}

#[async_trait]
impl<S: AccountStore + ?Sized> Alongside for AddAccount<'_, S> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()> {
        if change.needs_two_factor {
            return Err(Code::TwoFactorRequired.into());
        }
        if let Some(NewUser { user, password_hash }) = self.of
            && !self.store.add_account(tx, &user.id, &user.email, password_hash, change.now).await?
        {
            return Err(Code::UserAlreadyExists.into());
        }
        if change.is_new_device {
            let (user_id, session_id) = (change.user.clone(), change.session.cloned());
            let mail = NewMail { user_id, kind: MailKind::NewDevice, session_id, at: change.now };
            self.store.add_mail(tx, &mail).await?;
        }
        Ok(())
    }
}

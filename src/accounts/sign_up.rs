//! Signing up.

use super::password::Typed;
use super::stored::AddAccount;
use super::{Accounts, email};
use crate::{Browser, Client, Code, Keep, Proof, Result, SignInMethod, Subject, UserId};

/// The input for a sign-up.
#[derive(Clone)]
pub struct SignUp {
    /// The name of the person: at most 100 characters. If it is empty, the part of the address before the @ is used.
    pub name: String,
    /// The email address of the account.
    pub email: String,
    /// The password: 8 to 128 characters.
    pub password: String,
    /// The address of a picture.
    pub image: Option<String>,
    /// Whether the cookie stays when the browser is closed.
    pub remember: bool,
    /// Whether the computer is shared: the sign-in is not remembered and ends soon.
    pub shared_computer: bool,
}

impl Accounts {
    /// Creates an account and signs in to it, in one transaction. Other accounts held by this browser stay.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidName`], [`Code::InvalidEmail`], [`Code::PasswordTooShort`], [`Code::PasswordTooLong`] or
    /// [`Code::UserAlreadyExists`]; [`Code::MaximumAccountsReached`] when the browser holds as many accounts as allowed
    /// and none is evicted; [`Error::Busy`](crate::Error::Busy); when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_up(&self, browser: &Browser, client: &Client, form: SignUp) -> Result<Browser> {
        let (store, random) = (self.store(), self.sessions().random());
        let id = UserId::generate(&**random, self.sessions().now());
        let subject = Subject::new(id).name(form.name.trim()).image(form.image);
        subject.check()?;
        let email = email::new(&form.email)?;
        let password = Typed::new(&form.password)?;
        // Check first: a form that is sent twice must not cost a hash.
        if store.password_of(&email).await?.is_some() {
            return Err(Code::UserAlreadyExists.into());
        }
        let hash = self.0.passwords.hash(&**random, &password).await?;
        let name = name_or_local_part(&subject.name, &email);
        let subject = subject.name(name).email(email.clone());
        let work = AddAccount { store: &**store, email: &email, hash: &hash };
        let (proof, keep) =
            (Proof::with(SignInMethod::PASSWORD), Keep::of(form.remember, form.shared_computer));
        self.sessions().begin_alongside(browser, client, subject, proof, keep, Some(&work)).await
    }
}

/// The name of a person, or the part of the address before the @ if the name is empty. Some front ends do not
/// ask for a name, but lists need one.
pub(crate) fn name_or_local_part(name: &str, email: &str) -> String {
    if name.is_empty() { email.split('@').next().unwrap_or(email) } else { name }.to_owned()
}

impl std::fmt::Debug for SignUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignUp").finish_non_exhaustive()
    }
}

//! Signing up and signing in.

use crate::engine::history::agent_of;
use crate::password::{Typed, is_outdated};
use crate::random::uuid_v7;
use crate::store::{Ended, Limit, NewSession, NewUser, PasswordOf};
use crate::user::{check_image, checked_name, name_or_local_part};
use crate::{
    Browser, Client, Code, Credential, EndedReason, Engine, Error, Held, Keep, MailKind, OpenError, Refusal,
    Result, Session, SessionId, Timestamp, User, UserId, email,
};

/// What a person types to sign up.
#[derive(Clone)]
pub struct SignUp {
    /// What the person is called: at most 100 characters; where it is empty, what stands before the @.
    pub name: String,
    /// The address that will sign in.
    pub email: String,
    /// The password: 8 to 128 characters.
    pub password: String,
    /// The address of a picture.
    pub image: Option<String>,
    /// Whether the cookie outlives the browser's window.
    pub remember: bool,
    /// Whether others use the computer too, so that it is not remembered and soon out.
    pub shared_computer: bool,
}

/// What a person types to sign in.
#[derive(Clone)]
pub struct SignIn {
    /// The address of the account.
    pub email: String,
    /// Its password.
    pub password: String,
    /// Whether the cookie outlives the browser's window.
    pub remember: bool,
    /// Whether others use the computer too, so that it is not remembered and soon out.
    pub shared_computer: bool,
}

/// Why a session begins.
enum Opening {
    /// With an account that is made with it.
    SignUp(NewUser),
    /// With the password that has this hash.
    SignIn(User, String),
}

impl Engine {
    /// Makes an account and signs in to it, both or neither; other accounts held by this browser stay.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidName`], [`Code::InvalidEmail`], [`Code::PasswordTooShort`], [`Code::PasswordTooLong`] or
    /// [`Code::UserAlreadyExists`]; [`Code::MaximumAccountsReached`] when the browser holds as many accounts as
    /// allowed and none gives way; [`Error::Busy`](crate::Error::Busy); when the store fails.
    pub async fn sign_up(&self, browser: &Browser, client: &Client, form: SignUp) -> Result<Browser> {
        let name = checked_name(&form.name)?;
        check_image(form.image.as_deref())?;
        let email = email::new(&form.email)?;
        let password = Typed::new(&form.password)?;
        // Asked before the password is hashed, so that a form sent twice costs nothing.
        if self.0.store.password_of(&email).await?.is_some() {
            return Err(Code::UserAlreadyExists.into());
        }
        let password_hash = self.0.passwords.hash(&*self.0.random, &password).await?;
        let now = self.now();
        let user = User {
            id: UserId::from_uuid(uuid_v7(&*self.0.random, now)),
            name: name_or_local_part(name, &email),
            email,
            email_verified: false,
            image: form.image,
            created_at: now,
            updated_at: now,
        };
        let new = NewUser { user, password_hash };
        let keep = Keep::of(form.remember, form.shared_computer);
        let opened = self.open(browser, client, Opening::SignUp(new), keep, now).await?;
        opened.ok_or(Code::InvalidEmailOrPassword.into())
    }

    /// Signs in; other accounts held by this browser stay, and an older session of the same user in it is replaced.
    ///
    /// At the maximum the user's oldest sessions end so that the new one fits, exactly, also under simultaneous
    /// sign-ins; likewise the oldest account that this browser holds.
    ///
    /// A password that was looked at and refused is in the account's history, as wrong, or as right with the reason; a
    /// try that has to wait is not.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidEmail`], [`Code::PasswordTooLong`] or [`Code::InvalidEmailOrPassword`];
    /// [`Code::PasswordResetRequired`] when it is right, and a sign-in was reported; [`Code::UserDisabled`] when it is
    /// right, and an operator has disabled the user; [`Code::TwoFactorRequired`] when it is right, and does not do alone;
    /// [`Error::Throttled`](crate::Error::Throttled) after others have failed; [`Code::MaximumSessionsReached`] and
    /// [`Code::MaximumAccountsReached`] when the oldest does not give way; [`Error::Busy`](crate::Error::Busy); when the
    /// store fails.
    pub async fn sign_in(&self, browser: &Browser, client: &Client, form: SignIn) -> Result<Browser> {
        let email = email::normalise(&form.email)?;
        let password = Typed::current(&form.password)?;
        // Once more where the password is another one by the time the session is stored.
        for _ in 0..2 {
            // Before the account is looked for, so that who has to wait learns nothing of it.
            let attempt = self.admit(browser, client, &email).await?;
            let mut known = None;
            let verified = async {
                known = self.0.store.password_of(&email).await?;
                let hash = known.as_ref().and_then(|known| known.password_hash.as_deref());
                self.0.passwords.verify(&password, hash).await
            };
            let matches = attempt.ended(verified.await)?;
            if let (Some(known), false) = (&known, matches) {
                self.note_refused(browser, client, &known.user.id, None);
            }
            let Some(known) = known.filter(|_| matches) else { break };
            if let Some(why) = known.refusal_to_sign_in() {
                return Err(self.refuse(browser, client, &known.user.id, why));
            }
            let proved = self.renew_hash(&known, &password).await;
            let keep = Keep::of(form.remember, form.shared_computer);
            let opened =
                self.open(browser, client, Opening::SignIn(known.user, proved), keep, self.now()).await?;
            if let Some(next) = opened {
                return Ok(next);
            }
        }
        tracing::info!("a sign-in was refused");
        Err(Code::InvalidEmailOrPassword.into())
    }

    /// Replaces a hash that an older system wrote, now that its password is known, and gives the one that stands. The
    /// sign-in does not depend on it: where it fails, the next one tries again.
    async fn renew_hash(&self, known: &PasswordOf, password: &Typed) -> String {
        let from = known.password_hash.clone().unwrap_or_default();
        if !is_outdated(&from) {
            return from;
        }
        let renewed = async {
            let to = self.0.passwords.hash(&*self.0.random, password).await?;
            self.0.store.rehash_password(&known.user.id, &from, &to, self.now()).await?;
            Ok::<_, Error>(to)
        };
        renewed.await.unwrap_or_else(|error| {
            tracing::warn!(%error, user.id = %known.user.id, "a password's hash could not be renewed");
            from.clone()
        })
    }

    /// Stores a session; `None` where the password is another one by now.
    async fn open(
        &self,
        browser: &Browser,
        client: &Client,
        opening: Opening,
        keep: Keep,
        now: Timestamp,
    ) -> Result<Option<Browser>> {
        let (user, new_user, proved) = match opening {
            Opening::SignUp(new) => (new.user.clone(), Some(new), None),
            Opening::SignIn(user, proved) => (user, None, Some(proved)),
        };
        // Whoever signs in here again is not brought back beside by an undo elsewhere.
        let again: Vec<_> = browser.undoable.iter().filter(|(_, whose)| *whose == user.id).cloned().collect();
        self.let_go_for_good(&again, EndedReason::Replaced).await?;
        let device = match &new_user {
            Some(_) => self.first_device(client, keep),
            None => self.see_device(&user.id, client, keep).await?,
        };
        let (credential, new) = self.new_session(&user.id, client, keep, now);
        let new = NewSession { new_device: device.is_new, device_keys: device.keys, ..new };
        let limit = Limit {
            maximum: self.options().maximum_sessions(),
            revoke_oldest: self.options().revoke_oldest_on_max(),
            held: browser.held().iter().map(|held| held.session.id.clone()).collect(),
            proved,
            mail: (device.is_new && self.sends_mail()).then_some(MailKind::NewDevice),
        };
        let ended = match self.0.store.open(new_user.as_ref(), &new, &limit).await {
            Ok(ended) => ended,
            Err(OpenError::EmailTaken) => return Err(Code::UserAlreadyExists.into()),
            // Erased while the password was verified.
            Err(OpenError::UserGone) => return Err(Code::InvalidEmailOrPassword.into()),
            Err(OpenError::PasswordChanged) => return Ok(None),
            // While the password was verified.
            Err(OpenError::UserDisabled) => {
                return Err(self.refuse(browser, client, &user.id, Refusal::Disabled));
            }
            Err(OpenError::TwoFactorRequired) => {
                return Err(self.refuse(browser, client, &user.id, Refusal::TwoFactor));
            }
            // A sign-up has no account yet, in whose history it would be.
            Err(OpenError::LimitReached) if new_user.is_some() => {
                return Err(Code::MaximumSessionsReached.into());
            }
            Err(OpenError::LimitReached) => {
                return Err(self.refuse(browser, client, &user.id, Refusal::LimitReached));
            }
            Err(OpenError::BrowserFull) => {
                if new_user.is_none() {
                    // Nodes of the previous version know no other reason.
                    let _ = self.refuse(browser, client, &user.id, Refusal::LimitReached);
                }
                return Err(Code::MaximumAccountsReached.into());
            }
            Err(OpenError::Store(error)) => return Err(error.into()),
        };
        let id = &new.session.id;
        tracing::info!(session.id = %id, user.id = %user.id, "session {id} began");
        self.log_ended(&ended);
        if browser.active().is_some_and(|active| active.user.id != user.id) {
            self.tell_switch(browser, id).await;
        }
        if new.new_device {
            self.mailed(MailKind::NewDevice, &user.id, id);
        }
        let ended: Vec<SessionId> = ended.into_iter().map(|Ended { id, .. }| id).collect();
        let mut next = browser.with(Held::issued(credential, new, user), &ended);
        next.undoable.retain(|(_, whose)| again.iter().all(|(_, user)| user != whose));
        Ok(Some(Browser { device: device.token, ..next }))
    }

    /// Makes a session that is not stored yet, and the credential that will open it.
    pub(super) fn new_session(
        &self,
        user: &UserId,
        client: &Client,
        keep: Keep,
        now: Timestamp,
    ) -> (Credential, NewSession) {
        let credential = Credential::generate(&*self.0.random);
        let session = Session {
            id: SessionId::from_uuid(uuid_v7(&*self.0.random, now)),
            handle: credential.handle.clone(),
            user_id: user.clone(),
            expires_at: self.options().expires_at(now, now, keep),
            created_at: now,
            updated_at: now,
            ip_address: self.address_of(client).unwrap_or_default(),
            user_agent: agent_of(client),
            client_hints: client.client_hints.clone(),
        };
        let secret_hash = credential.secret.hash();
        let (remember, shared_computer) = (keep == Keep::Remembered, keep == Keep::SharedComputer);
        let (new_device, device_keys) = (false, Vec::new());
        let new = NewSession { session, secret_hash, remember, shared_computer, new_device, device_keys };
        (credential, new)
    }
}

impl std::fmt::Debug for SignUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignUp").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}

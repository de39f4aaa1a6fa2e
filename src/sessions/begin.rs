//! Beginning a session.

use crate::metrics::{self, Beginning};
use crate::random::uuid_v7;
use crate::sessions::begin_instead::Chosen;
use crate::sessions::history::agent_of;
use crate::store::{Alongside, Begun, Limit, NewSession};
use crate::{
    Browser, ChangeError, Client, Code, Credential, EndedReason, Epoch, Error, Held, Keep, Proof, Refusal,
    Result, Session, SessionId, Sessions, SignInMethod, Subject, Timestamp, UserId,
};

/// A sign-in whose proof was verified.
pub(super) struct Proved<'a> {
    pub(super) subject: Subject,
    pub(super) proof: Proof,
    pub(super) keep: Keep,
    /// The caller's work in the same transaction.
    pub(super) work: Option<&'a dyn Alongside>,
    /// The device that the person chose to sign out, if they were asked.
    pub(super) chosen: Option<Chosen<'a>>,
}

impl Sessions {
    /// The credential epoch of a user, who may not be known yet. Read it before you check a proof, and pass it to
    /// [`Proof::at`]. If a credential changes while you check, the proof starts no session.
    ///
    /// # Errors
    ///
    /// When the store fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{Browser, Client, Keep, MemoryStore, Proof, Sessions, Subject, UserId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Default::default());
    /// # let (browser, client) = (Browser::default(), Client::default());
    /// let ada = UserId::new("4711")?;
    /// let epoch = sessions.epoch(&ada).await?;
    /// // … check the code that she typed …
    /// let proof = Proof::by("code").at(epoch);
    /// sessions.begin(&browser, &client, Subject::new(ada), proof, Keep::Remembered).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn epoch(&self, user: &UserId) -> Result<Epoch> {
        Ok(self.0.store.epoch(user).await?)
    }

    /// Begins a session for a user whom you have verified, and makes it the browser's active one. Other accounts that
    /// this browser holds stay. An older session of the same user in it is replaced.
    ///
    /// At the maximum the user's oldest sessions are evicted so that the new one fits. The limit is exact, also under
    /// simultaneous sign-ins. The same holds for the accounts in this browser. If [`Options`](crate::Options) do not
    /// evict the oldest, the person may choose a device to sign out: [`Error::LimitReached`] has the input for
    /// [`Sessions::begin_instead`]. A refusal is in the user's history.
    ///
    /// # Errors
    ///
    /// [`Error::ProofOutdated`] when a credential of the user has changed since the proof was checked: check it again.
    /// [`Code::PasswordResetRequired`] when a sign-in was reported, and no credential has changed since;
    /// [`Code::UserDisabled`]; [`Error::LimitReached`] and [`Code::MaximumAccountsReached`] when the limit is reached
    /// and the oldest is not evicted; [`Code::InvalidName`] and [`Code::ValidationError`] when the subject cannot be
    /// stored; when the store fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{Browser, Client, Keep, MemoryStore, Proof, Sessions, Subject, UserId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Default::default());
    /// # let (browser, client) = (Browser::default(), Client::default());
    /// let ada = Subject::new(UserId::new("4711")?).name("Ada");
    /// let browser = sessions.begin(&browser, &client, ada, Proof::by("passkey"), Keep::Remembered).await?;
    /// assert_eq!(browser.signed_in()?.user.name, "Ada");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn begin(
        &self,
        browser: &Browser,
        client: &Client,
        subject: Subject,
        proof: Proof,
        keep: Keep,
    ) -> Result<Browser> {
        self.begin_alongside(browser, client, subject, proof, keep, None).await
    }

    /// The same, with your own statements in the transaction that stores the session: both are stored, or neither.
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::begin`], and what `work` fails with.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{Browser, Client, Code, Keep, MemoryStore, Proof, Sessions, Subject, UserId};
    /// # use multi_session::{Alongside, ChangeContext, Transaction};
    /// /// Lets nobody in for the first time.
    /// struct KnownOnly;
    ///
    /// #[async_trait::async_trait]
    /// impl Alongside for KnownOnly {
    ///     async fn run(
    ///         &self,
    ///         _: &mut Transaction<'_>,
    ///         change: &ChangeContext<'_>,
    ///     ) -> multi_session::Result<()> {
    ///         if change.is_new_user { Err(Code::UserNotFound.into()) } else { Ok(()) }
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Default::default());
    /// # let (browser, client) = (Browser::default(), Client::default());
    /// let (ada, proof) = (Subject::new(UserId::new("4711")?), Proof::by("passkey"));
    /// let begun =
    ///     sessions.begin_alongside(&browser, &client, ada, proof, Keep::Remembered, Some(&KnownOnly)).await;
    /// assert!(begun.is_err_and(|error| error.code() == Code::UserNotFound));
    /// # Ok(())
    /// # }
    /// ```
    #[tracing::instrument(name = "begin", level = "debug", skip_all)]
    pub async fn begin_alongside(
        &self,
        browser: &Browser,
        client: &Client,
        subject: Subject,
        proof: Proof,
        keep: Keep,
        work: Option<&dyn Alongside>,
    ) -> Result<Browser> {
        let proved = Proved { subject, proof, keep, work, chosen: None };
        self.begin_proved(browser, client, proved).await
    }

    /// Begins the session of a verified sign-in, and counts the sign-in.
    pub(super) async fn begin_proved(
        &self,
        browser: &Browser,
        client: &Client,
        proved: Proved<'_>,
    ) -> Result<Browser> {
        let method = proved.proof.method.clone();
        let begun = self.try_to_begin(browser, client, proved).await;
        metrics::sign_in_ended(&method, &begun);
        begun
    }

    async fn try_to_begin(&self, browser: &Browser, client: &Client, proved: Proved<'_>) -> Result<Browser> {
        let Proved { subject, proof, keep, work, chosen } = proved;
        subject.check()?;
        let (user, now) = (&subject.id, self.now());
        // The new session replaces the ended ones of this user in this browser, so their revocation can no
        // longer be undone.
        let again: Vec<_> = browser.undoable.iter().filter(|(_, whose)| whose == user).cloned().collect();
        self.release(&again, EndedReason::Replaced).await?;
        let device = self.see_device(user, client, keep).await?;
        let (credential, new) = self.new_session(user, client, keep, Some(proof.method.clone()), now);
        let new = NewSession { new_device: device.is_new, device_keys: device.keys, ..new };
        let limit = Limit {
            maximum: self.options().maximum_sessions(),
            revoke_oldest: self.options().revoke_oldest_on_max(),
            held: browser.held().iter().map(|held| held.session.id.clone()).collect(),
            epoch: proof.epoch,
            chosen: chosen.as_ref().map(|chosen| chosen.id.clone()),
        };
        let begun = match (self.0.store.begin(&subject, &new, &limit, work).await, &chosen) {
            (Err(ChangeError::LimitReached), Some(chosen)) => {
                return Err(self.still_full(browser, chosen).await?);
            }
            (Err(ChangeError::LimitReached), None) => {
                self.note_refused(browser, client, user, Some(Refusal::LimitReached));
                return Err(self.let_choose(browser, user, &proof, keep).await?);
            }
            (begun, _) => begun.map_err(|error| self.not_changed(browser, client, user, error))?,
        };
        let Begun { user: stored, ended } = begun;
        let id = &new.session.id;
        metrics::session_began(Beginning::SignIn);
        tracing::info!(session.id = %id, user.id = %user, "session {id} began");
        self.log_ended(&ended);
        if browser.active().is_some_and(|active| active.user.id != *user) {
            self.announce_switch(browser, id).await;
        }
        let ended: Vec<SessionId> = ended.into_iter().map(|ended| ended.id).collect();
        let mut next = browser.with(Held::issued(credential, new, stored), &ended);
        next.undoable.retain(|(_, whose)| again.iter().all(|(_, user)| user != whose));
        Ok(Browser { device: device.token, ..next })
    }

    /// The error for a refused proof. Records the refusal in the user's history.
    pub(super) fn not_changed(
        &self,
        browser: &Browser,
        client: &Client,
        user: &UserId,
        error: ChangeError,
    ) -> Error {
        let (why, code) = match error {
            ChangeError::UserDisabled => (Refusal::Disabled, Refusal::Disabled.into()),
            ChangeError::UserLocked => (Refusal::Locked, Refusal::Locked.into()),
            ChangeError::LimitReached => (Refusal::LimitReached, Refusal::LimitReached.into()),
            // Nodes of the previous version do not know another reason.
            ChangeError::BrowserFull => (Refusal::LimitReached, Code::MaximumAccountsReached),
            ChangeError::ProofOutdated => return Error::ProofOutdated,
            ChangeError::Alongside(error) => return error,
            ChangeError::Store(error) => return error.into(),
        };
        self.note_refused(browser, client, user, Some(why));
        code.into()
    }

    /// Creates a session that is not stored yet, and its credential.
    pub(super) fn new_session(
        &self,
        user: &UserId,
        client: &Client,
        keep: Keep,
        signed_in_with: Option<SignInMethod>,
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
            user_agent: agent_of(client).to_owned(),
            client_hints: client.client_hints.clone(),
        };
        let new = NewSession {
            session,
            secret_hash: credential.secret.hash(),
            remember: keep == Keep::Remembered,
            shared_computer: keep == Keep::SharedComputer,
            new_device: false,
            device_keys: Vec::new(),
            signed_in_with,
        };
        (credential, new)
    }
}

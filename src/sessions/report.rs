//! "This wasn't me": a sign-in that the person does not know.

use crate::sessions::list::named;
use crate::store::{Alongside, Rotation, StoredSession};
use crate::{
    Browser, Client, Code, Credential, Device, EndedCount, Result, SessionId, Sessions, SignedInFrom,
    Timestamp, User, UserId, device_of,
};

/// What was done about a reported sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reported {
    /// How many sessions ended.
    pub ended: usize,
    /// Whether no session begins until a credential has changed.
    pub is_locked: bool,
}

/// A session that can be reported, by what its person knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reportable {
    /// Whose account it is of.
    pub user: User,
    /// The device.
    pub device: Device,
    /// When it was signed in.
    pub signed_in_at: Timestamp,
    /// Where it was signed in from.
    pub signed_in_from: SignedInFrom,
}

impl Sessions {
    /// Takes a session of the active user as somebody else's, live or ended while it is kept: ends every session of the
    /// user but the active one, whose cookie is replaced, so that a copy of it is dead too. With `lock` no session of the
    /// user begins from then on, whatever the proof, until [`Sessions::credentials_changed`] is called or
    /// [`Sessions::credentials_changed_of`]: lock only if your application lets the person change what was stolen.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Error::SessionNotFresh`](crate::Error::SessionNotFresh) when the person
    /// proved longer ago than the fresh age who they are; [`Code::InvalidSessionToken`] when it is the active one, foreign
    /// or unknown, which all look the same; when the store fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{Browser, Client, Keep, MemoryStore, Proof, Sessions, Subject, UserId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Default::default());
    /// # let (browser, client, ada) = (Browser::default(), Client::default(), UserId::new("4711")?);
    /// # let (ada, proof) = (Subject::new(ada), Proof::by("passkey"));
    /// # let stolen = sessions.begin(&browser, &client, ada.clone(), proof.clone(), Keep::Remembered).await?;
    /// # let stolen = stolen.signed_in()?.session.id.clone();
    /// # let browser = sessions.begin(&browser, &client, ada.clone(), proof.clone(), Keep::Remembered).await?;
    /// let (browser, reported) = sessions.report(&browser, &stolen, true).await?;
    /// assert_eq!(reported.ended, 1);
    /// let again = sessions.begin(&Browser::default(), &client, ada, proof, Keep::Remembered).await;
    /// assert!(again.is_err(), "the account is locked");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn report(&self, browser: &Browser, id: &SessionId, lock: bool) -> Result<(Browser, Reported)> {
        self.report_alongside(browser, id, lock, None).await
    }

    /// The same, with statements of yours in its transaction. See [`Sessions::begin_alongside`] for an example.
    ///
    /// # Errors
    ///
    /// As of [`Sessions::report`], and what `work` fails with.
    pub async fn report_alongside(
        &self,
        browser: &Browser,
        id: &SessionId,
        lock: bool,
        work: Option<&dyn Alongside>,
    ) -> Result<(Browser, Reported)> {
        let actor = self.fresh_actor(browser).await?;
        let credential = Credential::generate(&*self.0.random);
        let rotation = Rotation { handle: credential.handle.clone(), secret_hash: credential.secret.hash() };
        let reported = self.0.store.report(actor, id, &rotation, lock, work, self.now()).await;
        let user = actor.user;
        let reported =
            reported.map_err(|error| self.not_changed(browser, &Client::default(), user, error))?;
        let ended = reported.ok_or(Code::InvalidSessionToken)?;
        tracing::warn!(user.id = %user, session.id = %id, "session {id} was reported as somebody else's");
        self.log_ended(&ended);
        let next =
            ended.iter().fold(browser.rotated(credential), |next, ended| next.without(&ended.id, false));
        Ok((next, Reported { ended: ended.len(), is_locked: lock }))
    }

    /// Reports a session where no session of the user acts, as by a mailed link: nobody is known to be the person, so
    /// every session of the user ends. `id` is the session that is reported, where it is known. It says how many ended.
    ///
    /// # Errors
    ///
    /// [`Code::UserNotFound`] for a user who is not known; what `work` fails with; when the store fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{Code, MemoryStore, Sessions, UserId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Default::default());
    /// let reported = sessions.report_of(&UserId::new("4711")?, None, true, None).await;
    /// assert!(reported.is_err_and(|error| error.code() == Code::UserNotFound), "nobody of that id has signed in");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn report_of(
        &self,
        user: &UserId,
        id: Option<&SessionId>,
        lock: bool,
        work: Option<&dyn Alongside>,
    ) -> Result<EndedCount> {
        let reported = self.0.store.report_of(user, id, lock, work, self.now()).await;
        let (nobody, nothing) = (Browser::default(), Client::default());
        let reported = reported.map_err(|error| self.not_changed(&nobody, &nothing, user, error))?;
        let ended = reported.ok_or(Code::UserNotFound)?;
        tracing::warn!(user.id = %user, "a sign-in to the account of user {user} was reported");
        self.log_ended(&ended);
        Ok(EndedCount(ended.len()))
    }

    /// Tells which session it would be that [`Sessions::report`] is called for; `None` where it would be refused.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; when the store fails.
    pub async fn reportable(&self, browser: &Browser, id: &SessionId) -> Result<Option<Reportable>> {
        let actor = Self::actor(browser)?;
        if id == actor.session {
            return Ok(None);
        }
        self.reportable_of(actor.user, id).await
    }

    /// The same of a user whose sessions nobody acts as, as by a mailed link: see [`Sessions::report_of`].
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn reportable_of(&self, user: &UserId, id: &SessionId) -> Result<Option<Reportable>> {
        let found = self.0.store.find(&[id]).await?.pop().map(|found| found.stored);
        Ok(found.filter(|stored| stored.user.id == *user).map(|stored| {
            let StoredSession { session, user, last_user_agent, device_name, .. } = stored;
            Reportable {
                user,
                device: named(device_of(&last_user_agent), device_name.as_deref()),
                signed_in_at: session.created_at,
                signed_in_from: self.signed_in_from(&session),
            }
        }))
    }
}

//! "This wasn't me": a sign-in that the person does not know.

use crate::sessions::list::named;
use crate::store::{Alongside, Rotation};
use crate::{
    Browser, Client, Code, Credential, Device, EndedCount, Result, SessionId, Sessions, SignedInFrom,
    Timestamp, User, UserId, device_of,
};

/// The result of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reported {
    /// How many sessions ended.
    pub ended: usize,
    /// Whether the account is locked until a credential changes.
    pub is_locked: bool,
}

/// A session that can be reported, as its person knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reportable {
    /// The user.
    pub user: User,
    /// The device.
    pub device: Device,
    /// When it was signed in.
    pub signed_in_at: Timestamp,
    /// Where it was signed in from.
    pub signed_in_from: SignedInFrom,
}

impl Sessions {
    /// Reports that a session of the active user is somebody else's. The session may be live, or ended and still
    /// stored. It ends every session of the user except the active one, and replaces that one's cookie, so that a copy
    /// of it is dead too. With `lock` no session of the user begins, whatever the proof, until
    /// [`Sessions::credentials_changed`] or [`Sessions::credentials_changed_of`] is called. Lock only if your
    /// application lets the person change what was stolen.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Error::SessionNotFresh`](crate::Error::SessionNotFresh) when the
    /// session is not fresh; [`Code::InvalidSessionToken`] when it is the active one, unknown, or another user's, which
    /// all look the same; when the store fails.
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

    /// The same, with your own statements in its transaction. See [`Sessions::begin_alongside`] for an example.
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::report`], and what `work` fails with.
    #[tracing::instrument(name = "report", level = "debug", skip_all)]
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

    /// Reports a session if no session of the user acts, as with a mailed link. No session is known to be the person's,
    /// so every session of the user ends. `id` is the reported session, if known. Returns how many ended.
    ///
    /// # Errors
    ///
    /// [`Code::UserNotFound`] for an unknown user; what `work` fails with; when the store fails.
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
    #[tracing::instrument(level = "debug", skip_all)]
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

    /// Returns the session that [`Sessions::report`] would report; `None` if it would be refused.
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

    /// The same if no session of the user acts, as with a mailed link: see [`Sessions::report_of`].
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn reportable_of(&self, user: &UserId, id: &SessionId) -> Result<Option<Reportable>> {
        let found = self.0.store.find(&[id]).await?.pop().map(|found| found.stored);
        Ok(found.filter(|stored| stored.user.id == *user).map(|stored| Reportable {
            device: named(device_of(&stored.last_agent()), stored.device_name.as_deref()),
            signed_in_at: stored.session.created_at,
            signed_in_from: self.signed_in_from(&stored.session),
            user: stored.user,
        }))
    }
}

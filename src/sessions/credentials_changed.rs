//! Changes of credentials.

use crate::metrics::{self, Beginning};
use crate::store::{Alongside, Ended, NextSession};
use crate::{Browser, Client, Code, EndedCount, Held, Result, SessionId, Sessions, UserId};

/// What happens to a user's other sessions when a credential changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They stay.
    Keep,
    /// They end.
    End,
}

impl Sessions {
    /// Records that a credential of the active user has changed, such as a password, a passkey or an identity provider.
    /// Proofs that were checked before start no session, and a user who was locked by a report is unlocked.
    ///
    /// Call it only once you have verified the person for that change: it counts as a proof. With [`Others::Keep`] the
    /// active session is renewed as by [`Sessions::prove`]; with [`Others::End`] a new session takes the place of all
    /// sessions of the user, this one too.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; when the store fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{Browser, Client, Keep, MemoryStore, Others, Proof, Sessions, Subject, UserId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Default::default());
    /// # let (browser, client, ada) = (Browser::default(), Client::default(), UserId::new("4711")?);
    /// # let (ada, proof) = (Subject::new(ada), Proof::by("passkey"));
    /// # let browser = sessions.begin(&browser, &client, ada, proof.clone(), Keep::Remembered).await?;
    /// let user = &browser.signed_in()?.user.id;
    /// let before = sessions.epoch(user).await?;
    /// sessions.credentials_changed(&browser, &client, Others::End).await?;
    /// assert_ne!(sessions.epoch(user).await?, before);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn credentials_changed(
        &self,
        browser: &Browser,
        client: &Client,
        others: Others,
    ) -> Result<Browser> {
        self.credentials_changed_alongside(browser, client, others, None).await
    }

    /// The same, with statements of yours in its transaction, such as those that store the new credential: both are
    /// stored, or neither. See [`Sessions::begin_alongside`] for an example.
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::credentials_changed`], and what `work` fails with.
    #[tracing::instrument(name = "credentials_changed", level = "debug", skip_all)]
    pub async fn credentials_changed_alongside(
        &self,
        browser: &Browser,
        client: &Client,
        others: Others,
        work: Option<&dyn Alongside>,
    ) -> Result<Browser> {
        let active = browser.signed_in()?;
        let now = self.now();
        self.note_network(browser, client, now).await?;
        let change = async |next| {
            let changed = self.0.store.credentials_changed(Self::actor(browser)?, next, work, now).await;
            let changed = changed.map_err(|error| self.not_changed(browser, client, &active.user.id, error));
            // The session ended meanwhile.
            let ended = changed?.ok_or(Code::Unauthorized)?;
            self.log_changed(&active.user.id, &ended);
            Ok::<_, crate::Error>(ended)
        };
        match others {
            Others::Keep => {
                let (credential, renewal) = self.renewal_of(active, None, now);
                change(NextSession::Renewed(&renewal)).await?;
                let id = &active.session.id;
                let mut next = Self::renewed(browser, active, credential, &renewal, now);
                let own = next.held.iter_mut().filter(|held| held.session.id == *id);
                own.for_each(|held| held.stored_mut().user.updated_at = now);
                Ok(next)
            }
            Others::End => {
                let method = active.signed_in_with.clone();
                let (credential, new) = self.new_session(&active.user.id, client, active.keep(), method, now);
                let ended = change(NextSession::New(&new)).await?;
                metrics::session_began(Beginning::PasswordChanged);
                let ended: Vec<SessionId> = ended.into_iter().map(|ended| ended.id).collect();
                let mut user = active.user.clone();
                user.updated_at = now;
                Ok(browser.with(Held::issued(credential, new, user), &ended))
            }
        }
    }

    /// Records that a credential of a user has changed if no session of the user acts, as with a mailed link. Every
    /// session of the user ends. Returns how many.
    ///
    /// # Errors
    ///
    /// [`Code::UserNotFound`] for an unknown user; when the store fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{Code, MemoryStore, Sessions, UserId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Default::default());
    /// let changed = sessions.credentials_changed_of(&UserId::new("4711")?).await;
    /// assert!(changed.is_err_and(|error| error.code() == Code::UserNotFound), "nobody of that id has signed in");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn credentials_changed_of(&self, user: &UserId) -> Result<EndedCount> {
        self.credentials_changed_of_alongside(user, None).await
    }

    /// The same, with your own statements in its transaction. See [`Sessions::begin_alongside`] for an example.
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::credentials_changed_of`], and what `work` fails with.
    #[tracing::instrument(name = "credentials_changed_of", level = "debug", skip_all)]
    pub async fn credentials_changed_of_alongside(
        &self,
        user: &UserId,
        work: Option<&dyn Alongside>,
    ) -> Result<EndedCount> {
        let changed = self.0.store.credentials_changed_of(user, work, self.now()).await;
        let (nobody, nothing) = (Browser::default(), Client::default());
        let changed = changed.map_err(|error| self.not_changed(&nobody, &nothing, user, error))?;
        let ended = changed.ok_or(Code::UserNotFound)?;
        self.log_changed(user, &ended);
        Ok(EndedCount(ended.len()))
    }

    fn log_changed(&self, user: &UserId, ended: &[Ended]) {
        self.log_ended(ended);
        tracing::info!(user.id = %user, "a credential of user {user} has changed");
    }
}

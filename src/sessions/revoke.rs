//! Ending sessions from the list.

use crate::metrics;
use crate::store::Ended;
use crate::{Browser, Code, EndedCount, EndedReason, Result, Sessions, Target};

impl Sessions {
    /// Ends one session: any of the active user's, or any that this browser holds.
    ///
    /// If it was the active one, the first session that is still held becomes active. If there is none, the browser is
    /// signed out.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidSessionToken`] when it is unknown, has ended or belongs to another user, which all look the same.
    /// Unless this browser holds it, also [`Code::Unauthorized`] when nobody is signed in, and
    /// [`Error::SessionNotFresh`](crate::Error::SessionNotFresh) when the session is not fresh. When the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn revoke(&self, browser: &Browser, target: &Target) -> Result<Browser> {
        let now = self.now();
        let store = &self.0.store;
        let ended = if let Some(held) = browser.held().iter().find(|held| target.is(held)) {
            let by = browser.active.as_ref();
            store.end_held(&[&held.session.id], by, EndedReason::Revoked, now).await?.pop()
        } else {
            let actor = self.fresh_actor(browser).await?;
            match target {
                Target::Id(id) => store.end_by_id(actor, id, EndedReason::Revoked, now).await?,
                Target::Handle(handle) => {
                    store.end_by_handle(actor, handle, EndedReason::Revoked, now).await?
                }
            }
        };
        let ended = ended.ok_or(Code::InvalidSessionToken)?;
        self.log_ended(std::slice::from_ref(&ended));
        Ok(browser.without(&ended.id, true))
    }

    /// Ends every other session of the active user. It is final: neither these sessions nor earlier revocations can be
    /// undone by [`Sessions::undo_revoke`]. Other accounts held by this browser stay.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Error::SessionNotFresh`](crate::Error::SessionNotFresh) when the
    /// session is not fresh; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn revoke_others(&self, browser: &Browser) -> Result<(Browser, EndedCount)> {
        let ended = self.end_all(browser, false).await?;
        Ok((browser.clone(), EndedCount(ended.len())))
    }

    /// Ends every session of the active user, including this one. Other accounts stay held, and none becomes active.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Error::SessionNotFresh`](crate::Error::SessionNotFresh) when the
    /// session is not fresh; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn revoke_all(&self, browser: &Browser) -> Result<(Browser, EndedCount)> {
        let ended = self.end_all(browser, true).await?;
        let next = ended.iter().fold(browser.clone(), |next, ended| next.without(&ended.id, false));
        Ok((next, EndedCount(ended.len())))
    }

    async fn end_all(&self, browser: &Browser, own: bool) -> Result<Vec<Ended>> {
        let actor = self.fresh_actor(browser).await?;
        let ended = self.0.store.end_all(actor, own, EndedReason::Revoked, self.now()).await?;
        let ended = ended.ok_or(Code::Unauthorized)?;
        self.log_ended(&ended);
        Ok(ended)
    }

    pub(super) fn log_ended(&self, ended: &[Ended]) {
        for Ended { id, user_id, reason } in ended {
            metrics::sessions_ended(*reason, 1);
            tracing::info!(session.id = %id, user.id = %user_id, reason = reason.as_str(), "session {id} ended");
        }
    }
}

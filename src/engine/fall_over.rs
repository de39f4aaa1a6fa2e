//! A browser whose active session was ended elsewhere.

use crate::engine::watch::ending_of;
use crate::{Browser, Ending, Engine, Presented, Result, SessionId};

impl Engine {
    /// Tells how the session ended that a browser believes to be active as; `None` if it proves none, or a live one.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn lost(&self, presented: &Presented) -> Result<Option<Ending>> {
        let Some(credential) = &presented.active else { return Ok(None) };
        let found = self.0.store.find_by_handle(&credential.handle).await?;
        let proved = found.filter(|found| found.stored.secret_hash.matches(&credential.secret));
        Ok(proved.and_then(|found| ending_of(&found, self.now())))
    }

    /// Tells how a session ended, to a browser that proves by its cookies that it held it; `None` to everybody else, and
    /// while it is live.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn ending_told(&self, presented: &Presented, id: &SessionId) -> Result<Option<Ending>> {
        if presented.held.is_empty() && presented.active.is_none() {
            return Ok(None);
        }
        let Some(found) = self.0.store.find(&[id]).await?.pop() else { return Ok(None) };
        let stored = &found.stored;
        let mut sent = presented.held.iter().chain(&presented.active);
        let is_held =
            sent.any(|sent| sent.handle == stored.session.handle && stored.secret_hash.matches(&sent.secret));
        Ok(ending_of(&found, self.now()).filter(|_| is_held))
    }

    /// Makes the first account that a browser still holds the active one, where none is.
    pub fn fall_over(&self, browser: &Browser) -> Browser {
        let mut next = browser.clone();
        if next.active().is_none() {
            next.active = next.held.first().map(|held| held.session.id.clone());
        }
        next
    }
}

//! A browser whose active session was ended elsewhere.

use crate::sessions::watch::ending_of;
use crate::{Browser, Credential, EndedReason, Ending, Presented, Result, SessionId, Sessions};

impl Sessions {
    /// Returns how the session ended that a browser believes to be active. `None` if the browser has no proof of one,
    /// if it is live, or if a later sign-in in this browser has replaced it.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn lost(&self, presented: &Presented) -> Result<Option<Ending>> {
        let theirs = presented.imported.iter().flat_map(|imported| &imported.active);
        for credential in presented.active.iter().chain(theirs).take(Self::MAXIMUM_LOOKED_UP) {
            let ending = self.proved(credential).await?.and_then(|found| ending_of(&found, self.now()));
            if let Some(ending) = ending.filter(|ending| ending.reason != EndedReason::Replaced) {
                return Ok(Some(ending));
            }
        }
        Ok(None)
    }

    /// Returns how a session ended, for a browser whose cookies prove that it held it. `None` for all other browsers,
    /// and while it is live.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn ending_told(&self, presented: &Presented, id: &SessionId) -> Result<Option<Ending>> {
        let theirs = presented.imported.as_deref();
        let sent = std::iter::once(presented).chain(theirs).flat_map(|it| it.held.iter().chain(&it.active));
        let sent: Vec<&Credential> = sent.collect();
        if sent.is_empty() {
            return Ok(None);
        }
        let Some(found) = self.0.store.find(&[id]).await?.pop() else { return Ok(None) };
        let stored = &found.stored;
        let is_held = sent
            .iter()
            .any(|sent| sent.handle == stored.session.handle && stored.secret_hash.matches(&sent.secret));
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

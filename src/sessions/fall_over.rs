//! Browsers whose active session was ended elsewhere.

use crate::sessions::watch::ending_of;
use crate::{Browser, Credential, EndedReason, Ending, Presented, Result, SessionId, Sessions};

impl Sessions {
    /// Returns how the session of the browser's session cookie ended. `None` if the cookie is not valid, if
    /// the session is live, or if a later sign-in in this browser replaced it.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn ending_of_active(&self, presented: &Presented) -> Result<Option<Ending>> {
        let theirs = presented.imported.iter().flat_map(|imported| &imported.active);
        for credential in presented.active.iter().chain(theirs).take(Self::MAXIMUM_LOOKED_UP) {
            let ending = self.proved(credential).await?.and_then(|found| ending_of(&found, self.now()));
            if let Some(ending) = ending.filter(|ending| ending.reason != EndedReason::Replaced) {
                return Ok(Some(ending));
            }
        }
        Ok(None)
    }

    /// Returns how a session ended, if the browser's cookies prove that it held this session. Otherwise, and
    /// while the session is live, it returns `None`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn ending_of_held(&self, presented: &Presented, id: &SessionId) -> Result<Option<Ending>> {
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

    /// If no account is active, makes the first one that the browser holds active.
    pub fn activate_first_held(&self, browser: &Browser) -> Browser {
        let mut next = browser.clone();
        if next.active().is_none() {
            next.active = next.held.first().map(|held| held.session.id.clone());
        }
        next
    }
}

//! A browser whose active session was ended elsewhere.

use crate::engine::watch::ending_of;
use crate::{Browser, EndedReason, Ending, Engine, Presented, Result};

impl Engine {
    /// Tells how the session ended that a browser believes to be active as; `None` if it proves none, or a live one, or
    /// one that a later sign-in in this browser has replaced.
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

    /// Makes the first account that a browser still holds the active one, where none is.
    pub fn fall_over(&self, browser: &Browser) -> Browser {
        let mut next = browser.clone();
        if next.active().is_none() {
            next.active = next.held.first().map(|held| held.session.id.clone());
        }
        next
    }
}

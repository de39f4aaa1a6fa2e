//! A browser whose active session was ended elsewhere.

use crate::engine::watch::ending_of;
use crate::{Browser, Ending, Engine, Presented, Result};

/// How many session cookies are looked up one by one, as forged ones must not cost a query each.
const MAXIMUM_LOST: usize = 4;

impl Engine {
    /// Tells how the session ended that a browser believes to be active as; `None` if it proves none, or a live one.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn lost(&self, presented: &Presented) -> Result<Option<Ending>> {
        for credential in presented.active.iter().take(MAXIMUM_LOST) {
            let found = self.0.store.find_by_handle(&credential.handle).await?;
            let proved = found.filter(|found| found.stored.secret_hash.matches(&credential.secret));
            if let Some(ending) = proved.and_then(|found| ending_of(&found, self.now())) {
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

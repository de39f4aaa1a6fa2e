//! Switching accounts.

use crate::{Browser, Code, Engine, Result, Target};

impl Engine {
    /// Makes a held session the active one.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidSessionToken`] unless this browser holds it and it is live; when the store fails.
    pub async fn set_active(&self, browser: &Browser, target: &Target) -> Result<Browser> {
        let mut next = browser.clone();
        let held = next.held.iter_mut().find(|held| target.is(held)).ok_or(Code::InvalidSessionToken)?;
        // The browser gets the cookie even when it says that it has it: the person asked for this account.
        held.issue = true;
        next.active = Some(held.session.id.clone());
        self.0.activity.touch(&held.session.id, self.now());
        Ok(next)
    }
}

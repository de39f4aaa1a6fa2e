//! Switching accounts.

use crate::{Browser, Change, Code, Engine, Result, SessionId, Target};

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
        let id = held.session.id.clone();
        self.0.activity.touch(&id, self.now());
        next.active = Some(id.clone());
        self.tell_switch(browser, &id).await;
        Ok(next)
    }

    /// Tells the browser's other tabs that it acts as another session now.
    pub(super) async fn tell_switch(&self, browser: &Browser, to: &SessionId) {
        let Some(from) = browser.active().filter(|active| active.session.id != *to) else { return };
        let change =
            Change::Switched { user: from.user.id.clone(), from: from.session.id.clone(), to: to.clone() };
        if let Err(error) = self.0.store.announce(change).await {
            // They find out with their next request.
            tracing::warn!(%error, "a switch could not be told");
        }
    }
}

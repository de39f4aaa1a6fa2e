//! Switching accounts.

use crate::{
    Browser, Change, Client, Code, HistoryKind, NewHistoryEntry, Result, SessionId, Sessions, Target, Touch,
};

impl Sessions {
    /// Makes a held session the active one.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidSessionToken`] unless this browser holds it and it is live; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn set_active(&self, browser: &Browser, client: &Client, target: &Target) -> Result<Browser> {
        let now = self.now();
        let mut next = browser.clone();
        let held = next.held.iter_mut().find(|held| target.is(held)).ok_or(Code::InvalidSessionToken)?;
        // Send the cookie even if the browser already has it, because the person asked for this account.
        held.issue = true;
        let id = held.session.id.clone();
        let switched = browser.active.as_ref() != Some(&id);
        if switched {
            let entry = NewHistoryEntry {
                ip_address: self.address_of(client),
                by_session: Some(id.clone()),
                ..NewHistoryEntry::new(HistoryKind::Switched, held.user.id.clone(), Some(id.clone()), now)
            };
            self.0.store.record(&[entry], switch(browser, &id)).await?;
        }
        self.0.activity.touch(Touch::new(id.clone(), now));
        next.active = Some(id);
        Ok(next)
    }

    /// Announces the switch to the browser's other tabs.
    pub(super) async fn announce_switch(&self, browser: &Browser, to: &SessionId) {
        let Some(change) = switch(browser, to) else { return };
        if let Err(error) = self.0.store.announce(change).await {
            // The other tabs notice it with their next request.
            tracing::warn!(%error, "a switch could not be announced");
        }
    }
}

/// The change to announce, if the browser acted as another session before.
fn switch(browser: &Browser, to: &SessionId) -> Option<Change> {
    let from = browser.active().filter(|active| active.session.id != *to)?;
    Some(Change::Switched { user: from.user.id.clone(), from: from.session.id.clone(), to: to.clone() })
}

//! The status of an account.

use std::time::Duration;

use crate::{AccountStatus, Browser, Result, Sessions};

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Sessions {
    /// Tells whether the active user is locked, and how many sign-ins failed for a wrong proof in the last 24 hours, as
    /// far as they were recorded: see [`Sessions::note_refused`].
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`](crate::Code::Unauthorized) when signed out; when the store fails.
    pub async fn account_status(&self, browser: &Browser) -> Result<AccountStatus> {
        let user = &browser.signed_in()?.user.id;
        Ok(self.0.store.account_status(user, self.now().minus(A_DAY)).await?)
    }
}

//! Signing out.

use crate::{Browser, EndedReason, Result, Sessions};

/// What signing out ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignOutScope {
    /// The active session; other accounts stay held, and none becomes active.
    Account,
    /// Every session that this browser holds, as Better Auth's `sign-out` does.
    #[default]
    Browser,
}

impl Sessions {
    /// Ends the active session, or every session that this browser holds. No other browser is touched, and a
    /// browser that is signed out already stays so.
    ///
    /// # Errors
    ///
    /// When the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_out(&self, browser: &Browser, scope: SignOutScope) -> Result<Browser> {
        let ids: Vec<_> = match scope {
            SignOutScope::Account => browser.active.iter().collect(),
            SignOutScope::Browser => browser.held().iter().map(|held| &held.session.id).collect(),
        };
        // Also if all have ended already: the node that ended them may have crashed before it announced that.
        let by = browser.active.as_ref();
        let ended = self.0.store.end_held(&ids, by, EndedReason::SignedOut, self.now()).await?;
        self.log_ended(&ended);
        let mut next = ids.into_iter().fold(browser.clone(), |next, id| next.without(id, false));
        // After signing out, an undo elsewhere must not sign this browser in again. This need not be in the
        // same transaction as above: a session that an undo restores in between is found here and ended.
        let user = browser.active().map(|active| &active.user.id);
        let (gone, kept): (Vec<_>, _) = next
            .undoable
            .into_iter()
            .partition(|(_, whose)| scope == SignOutScope::Browser || user.is_none_or(|user| user == whose));
        next.undoable = kept;
        next.signed_out = true;
        self.release(&gone, EndedReason::SignedOut).await?;
        Ok(next)
    }
}

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
        // Also where none is left: whoever ended them may have died before any other node knew.
        let by = browser.active.as_ref();
        let ended = self.0.store.end_held(&ids, by, EndedReason::SignedOut, self.now()).await?;
        self.log_ended(&ended);
        let mut next = ids.into_iter().fold(browser.clone(), |next, id| next.without(id, false));
        // Whoever signs out wants nobody to be signed in here by an undo elsewhere. This need not be in one transaction
        // with the above: what an undo brings back in between is found here and ended.
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

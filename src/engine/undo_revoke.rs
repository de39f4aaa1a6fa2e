//! Taking back a revocation, the one way in which an ended session lives again.

use std::time::Duration;

use crate::store::Undo;
use crate::{Browser, Code, Engine, Result, SessionId};

impl Engine {
    /// How long a revocation can be taken back.
    pub const UNDO_WINDOW: Duration = Duration::from_secs(10);

    /// Lets a session live again that the active one has revoked a moment ago, so that its browser is signed in as
    /// before; meanwhile it was refused.
    ///
    /// It needs no fresh sign-in, as the revocation did. Several that were revoked at once are taken back one by one.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::UndoExpired`] when it was revoked longer ago, by another session
    /// or not at all, when it would be one session too many, or when the password was changed or a sign-in reported
    /// since, which all look the same; when the store fails.
    pub async fn undo_revoke(&self, browser: &Browser, id: &SessionId) -> Result<()> {
        let actor = Self::actor(browser)?;
        let now = self.now();
        let undo = Undo {
            actor,
            id,
            ended_after: now.minus(Self::UNDO_WINDOW),
            maximum: self.options().maximum_sessions(),
        };
        if !self.0.store.undo_revoke(undo, now).await? {
            return Err(Code::UndoExpired.into());
        }
        tracing::info!(session.id = %id, user.id = %actor.user, "the revocation of session {id} was undone");
        Ok(())
    }
}

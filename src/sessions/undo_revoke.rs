//! Undoing a revocation, the only way in which an ended session becomes live again.

use std::time::Duration;

use crate::metrics::{self, Beginning};
use crate::store::Undo;
use crate::{Browser, Code, EndedReason, Handle, Result, SessionId, Sessions, UNDO_WINDOW, UserId};

impl Sessions {
    /// How long after a revocation it can be undone.
    pub const UNDO_WINDOW: Duration = UNDO_WINDOW;

    /// Restores a session that the active one revoked a moment ago, so that its browser is signed in again as before.
    /// Its requests in between were refused.
    ///
    /// It needs no fresh session, since the revocation did. Sessions that [`Sessions::revoke_others`] ended stay ended.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::UndoExpired`] when it was revoked earlier, by another session or
    /// not at all; when it would exceed the limit of sessions; or when something else has happened since: its browser
    /// signed out or in again, all others were revoked, an operator ended it, the password changed, or a sign-in was
    /// reported. All of these look the same; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn undo_revoke(&self, browser: &Browser, id: &SessionId) -> Result<()> {
        let actor = Self::actor(browser)?;
        self.close_windows_if_the_clock_went_back().await?;
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
        metrics::session_began(Beginning::Undone);
        tracing::info!(session.id = %id, user.id = %actor.user, "the revocation of session {id} was undone");
        Ok(())
    }

    /// Makes every revocation final if the clock was set back, because their age is then unknown.
    pub(super) async fn close_windows_if_the_clock_went_back(&self) -> Result<()> {
        let (jumps, clock) = (&self.0.clock_jumps, &*self.0.clock);
        if !jumps.went_back(clock) {
            return Ok(());
        }
        tracing::warn!("the clock was set back: earlier revocations can no longer be undone");
        self.0.store.make_all_ends_final(self.now().minus(Self::UNDO_WINDOW)).await?;
        jumps.settle(clock);
        Ok(())
    }

    /// Makes recent revocations of the user's sessions final, because something else has happened since.
    async fn make_ends_final(&self, user: &UserId) -> Result<()> {
        let since = self.now().minus(Self::UNDO_WINDOW);
        Ok(self.0.store.make_ends_final(user, since).await?)
    }

    /// Makes the revocations of these sessions final. Sessions that were restored already end with `reason`.
    pub(super) async fn release(&self, gone: &[(Handle, UserId)], reason: EndedReason) -> Result<()> {
        if gone.is_empty() {
            return Ok(());
        }
        for (_, user) in gone {
            self.make_ends_final(user).await?;
        }
        let now = self.now();
        let handles: Vec<&Handle> = gone.iter().map(|(handle, _)| handle).collect();
        let back = self.0.store.live_by_handles(&handles, now).await?;
        let ids: Vec<&SessionId> = back.iter().map(|stored| &stored.session.id).collect();
        if !ids.is_empty() {
            self.log_ended(&self.0.store.end_held(&ids, None, reason, now).await?);
        }
        Ok(())
    }
}

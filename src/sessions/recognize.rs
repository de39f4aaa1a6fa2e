//! "Yes, it was me": a person confirms a new device.

use crate::{Browser, Code, NEW_DEVICE_FOR, Result, SessionId, Sessions};

impl Sessions {
    /// Clears the mark of a new device from one of the active user's sessions. Nothing changes if it has none.
    ///
    /// The active session must have begun before that session and must not carry the mark itself. So an intruder cannot
    /// vouch for their own sign-in, nor for it with a later sign-in from the same browser.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::InvalidSessionToken`] when the session is unknown, has ended or
    /// belongs to another user; [`Code::DeviceNotRecognized`] when the active session cannot vouch for it; when the
    /// store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn recognize(&self, browser: &Browser, id: &SessionId) -> Result<()> {
        let (actor, now) = (Self::actor(browser)?, self.now());
        match self.0.store.recognize(actor, id, now.minus(NEW_DEVICE_FOR), now).await? {
            Some(true) => Ok(()),
            Some(false) => Err(Code::DeviceNotRecognized.into()),
            None => Err(Code::InvalidSessionToken.into()),
        }
    }
}

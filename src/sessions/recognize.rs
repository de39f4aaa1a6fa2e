//! "Yes, it was me": a person knows a new device as theirs.

use crate::{Browser, Code, NEW_DEVICE_FOR, Result, SessionId, Sessions};

impl Sessions {
    /// Notes that the sign-in of one of the active user's sessions was the person's own: it is of a new device no more. One
    /// that is known already stays so.
    ///
    /// A session of the user says it that began earlier and is not new itself: nobody who has broken in can vouch for their
    /// own sign-in, nor with a later one from a browser that is known by then.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::InvalidSessionToken`] when the session is foreign, ended or unknown;
    /// [`Code::DeviceNotRecognized`] when the active session cannot vouch for it; when the store fails.
    pub async fn recognize(&self, browser: &Browser, id: &SessionId) -> Result<()> {
        let (actor, now) = (Self::actor(browser)?, self.now());
        match self.0.store.recognize(actor, id, now.minus(NEW_DEVICE_FOR), now).await? {
            Some(true) => Ok(()),
            Some(false) => Err(Code::DeviceNotRecognized.into()),
            None => Err(Code::InvalidSessionToken.into()),
        }
    }
}

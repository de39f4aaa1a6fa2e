//! Naming devices.

use crate::store::Actor;
use crate::{Browser, Code, Result, SessionId, Sessions};

/// The longest name of a device, in characters.
const MAXIMUM_CHARACTERS: usize = 100;

impl Sessions {
    /// Names the device of one of the active user's sessions, including the current one, or of another account that
    /// this browser holds. An empty name removes the name.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Code::InvalidName`] when it has more than 100 characters or
    /// unprintable ones; [`Code::InvalidSessionToken`] when the session is unknown, has ended or belongs to another
    /// user; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn rename(&self, browser: &Browser, id: &SessionId, name: &str) -> Result<()> {
        let actor = match browser.held().iter().find(|held| held.session.id == *id) {
            Some(held) => Actor { session: &held.session.id, user: &held.user.id },
            None => Self::actor(browser)?,
        };
        if name.chars().count() > MAXIMUM_CHARACTERS || name.chars().any(char::is_control) {
            return Err(Code::InvalidName.into());
        }
        let name = Some(name.trim()).filter(|name| !name.is_empty());
        if !self.0.store.rename(actor, id, name, self.now()).await? {
            return Err(Code::InvalidSessionToken.into());
        }
        Ok(())
    }
}

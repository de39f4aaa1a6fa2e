//! Recently signed-out devices.

use std::time::Duration;

use crate::{Browser, EndedDeviceSession, Result, Sessions};

/// How long ago a session may have ended to be listed.
const LATELY: Duration = Duration::from_secs(28 * 24 * 60 * 60);
/// The maximum number of entries.
const MAXIMUM: u32 = 100;

impl Sessions {
    /// Lists the sessions of the active user that ended in the last 28 days and are still stored, in all browsers:
    /// latest first, at most 100. Sessions that a new sign-in in the same browser replaced are left out, because no
    /// device was signed out. An expired session is listed once a sweep has marked it.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`](crate::Code::Unauthorized) when signed out; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list_ended(&self, browser: &Browser) -> Result<Vec<EndedDeviceSession>> {
        let (active, now) = (browser.signed_in()?, self.now());
        let found = self.0.store.ended_of_user(&active.user.id, now.minus(LATELY), MAXIMUM).await?;
        let known = found.into_iter().map(|found| self.known(found, now));
        Ok(known
            .filter_map(|known| {
                known.ending.map(|ending| EndedDeviceSession {
                    id: known.session.id,
                    device: known.device,
                    name: known.name,
                    ip_address: known.ip_address,
                    place: known.place,
                    last_active_at: known.last_active_at,
                    created_at: known.session.created_at,
                    ending,
                })
            })
            .collect())
    }
}

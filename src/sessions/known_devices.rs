//! Recognizing new devices.

use crate::{Client, DeviceKey, DeviceToken, Keep, Result, Sessions, UserId};

/// The result of looking up the browser that signs in.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenDevice {
    /// Whether the account has signed in before, but never from this browser.
    pub(super) is_new: bool,
    /// The keys that recognize it from now on.
    pub(super) keys: Vec<DeviceKey>,
    /// The device cookie to set, if any.
    pub(super) token: Option<DeviceToken>,
}

impl Sessions {
    /// Looks up whether a user has signed in from this browser before. The browser is recognized by its
    /// device cookie or, if cookies were cleared, by its name together with its network.
    ///
    /// The device cookie is only set if the sign-in is remembered. On a shared computer nothing is stored.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub(super) async fn see_device(&self, user: &UserId, client: &Client, keep: Keep) -> Result<SeenDevice> {
        let known = self.0.store.known_devices(user).await?;
        let is_known = |key: &DeviceKey| known.iter().any(|it| it.key == *key && !it.is_forgotten);
        let by_cookie = client.devices.iter().find(|token| is_known(&DeviceKey::of_token(token)));
        let by_words = self.device_key_of(client).is_some_and(|key| is_known(&key));
        let is_new = !known.is_empty() && by_cookie.is_none() && !by_words;
        Ok(SeenDevice { is_new, ..self.remembered_device(client, by_cookie, keep) })
    }

    /// The keys and the cookie of a browser. It keeps the cookie by which it is known, or else its first one.
    fn remembered_device(&self, client: &Client, known: Option<&DeviceToken>, keep: Keep) -> SeenDevice {
        let sent = known.or(client.devices.first());
        let token = (keep == Keep::Remembered)
            .then(|| sent.cloned().unwrap_or_else(|| DeviceToken::generate(&*self.0.random)));
        let keys = match keep {
            Keep::Remembered => token.as_ref().map(DeviceKey::of_token),
            Keep::Window => sent.map(DeviceKey::of_token),
            Keep::SharedComputer => return SeenDevice::default(),
        };
        SeenDevice {
            is_new: false,
            keys: keys
                .into_iter()
                .chain(self.device_key_of(client))
                .chain(self.network_of(client).map(DeviceKey::of_network))
                .collect(),
            token,
        }
    }
}

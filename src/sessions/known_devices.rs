//! Browsers that an account was never signed in to from.

use crate::{Client, DeviceKey, DeviceToken, Keep, Result, Sessions, UserId};

/// What is known of the browser that signs in.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenDevice {
    /// Whether the account was signed in to before, and never from it.
    pub(super) is_new: bool,
    /// What it is recognised by from now on.
    pub(super) keys: Vec<DeviceKey>,
    /// What its device cookie says from now on; none where it is to have none.
    pub(super) token: Option<DeviceToken>,
}

impl Sessions {
    /// Looks whether a user has signed in from this browser before. It is recognised by its device cookie, or, where
    /// cookies were cleared or not kept, by what it calls itself together with its network.
    ///
    /// What is kept follows from what the person chose: the cookie only where they are remembered, and on a computer
    /// that others use too nothing.
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

    /// What is remembered of a browser: the cookie that it is known by, or else the first that it has.
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

//! Password attempts, which have to wait after failed ones.

use super::Accounts;
use super::metrics;
use super::throttle::{Admitted, Wait};
use crate::{Browser, Client, DeviceKey, Error, Network, Result, Timestamp, email_key};

/// A running attempt. It is not counted if attempts are not throttled.
#[must_use]
pub(super) struct Attempt<'a>(Option<Admitted<'a>>);

impl Attempt<'_> {
    /// Reports the outcome: whether the password was right, or why it was not checked.
    pub(super) fn ended<T>(self, outcome: Result<bool, T>) -> Result<bool, T> {
        if let Some(admitted) = self.0 {
            match &outcome {
                Ok(true) => admitted.succeeded(),
                Ok(false) => {}
                Err(_) => admitted.withdrawn(),
            }
        }
        outcome
    }
}

impl Accounts {
    /// Admits an attempt at the account of a normalised email, or returns how long to wait.
    ///
    /// It does not read the account, so neither the answer nor its time shows whether it exists.
    ///
    /// An attempt that has to wait is not in the account's history. Such attempts cost the sender nothing, so
    /// a stranger could otherwise fill the history and the database. The failures before it are in the
    /// history.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`]; when the store fails.
    pub(super) async fn admit(&self, browser: &Browser, client: &Client, email: &str) -> Result<Attempt<'_>> {
        let Some(throttle) = &self.0.throttle else { return Ok(Attempt(None)) };
        // A time that only goes forward.
        let steady = Timestamp::default().plus(self.sessions().clock().steady());
        let held = browser.held().iter().find(|held| held.user.email == email);
        let network = client.ip_address.map(Network::of);
        let of = throttle.of(&email_key(email), network, held.map(|held| &held.session.id));
        let mut admitted = throttle.admit(of, false, steady);
        if let (Err(Wait::Stranger(_)), Some(network)) = (&admitted, self.sessions().network_of(client))
            && self.store().is_known_device(email, &DeviceKey::of_network(network)).await?
        {
            admitted = throttle.admit(of, true, steady);
        }
        admitted.map(|admitted| Attempt(Some(admitted))).map_err(|wait| {
            let (Wait::Pair(retry_after) | Wait::Stranger(retry_after)) = wait;
            metrics::throttled();
            tracing::info!("an attempt with a password has to wait {} s", retry_after.as_secs_f32());
            Error::Throttled { retry_after }
        })
    }
}

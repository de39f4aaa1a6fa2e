//! Tries with a password that wait after others have failed.

use crate::engine::Engine;
use crate::store::Page;
use crate::throttle::{Admitted, Network, Wait};
use crate::{Browser, Client, Error, Result, UserId};

/// How many of a user's latest sessions say which networks are known.
const LATEST: u32 = 50;
/// Whose sessions are looked for where there is no account, so that the answer takes as long.
const NOBODY: &str = "-";

/// A try under way; nothing is counted where nobody waits.
#[must_use]
pub(super) struct Attempt<'a>(Option<Admitted<'a>>);

impl Attempt<'_> {
    /// Says how it ended: whether the password was right, or why nobody looked.
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

impl Engine {
    /// Lets a try at the account of `email` through, or says how long it has to wait; `user` is whose account it is, if
    /// there is one, and nobody can tell from the answer.
    ///
    /// A try that has to wait leaves no entry in the account's history. It costs whoever sends it nothing, and with an
    /// entry for each a stranger could fill the history of somebody, and the database, as fast as requests come in. The
    /// failures that it waits after have their entries.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`]; when the store fails.
    pub(super) async fn admit(
        &self,
        browser: &Browser,
        client: &Client,
        email: &str,
        user: Option<&UserId>,
    ) -> Result<Attempt<'_>> {
        let Some(throttle) = &self.0.throttle else { return Ok(Attempt(None)) };
        let network = client.ip_address.map(Network::of);
        let of = throttle.of(email, network);
        let holds = browser.held().iter().any(|held| held.user.email == email);
        let mut admitted = throttle.admit(of, holds, self.steady());
        if let (Err(Wait::Stranger(_)), Some(network)) = (&admitted, self.network_of(client))
            && self.is_known(network, user).await?
        {
            admitted = throttle.admit(of, true, self.steady());
        }
        admitted.map(|admitted| Attempt(Some(admitted))).map_err(|wait| {
            let (Wait::Pair(retry_after) | Wait::Stranger(retry_after)) = wait;
            tracing::info!("a try with a password has to wait {} s", retry_after.as_secs_f32());
            Error::Throttled { retry_after }
        })
    }

    /// Whether the account was signed in to from this network, as far as it is kept and as long as its sessions are.
    async fn is_known(&self, network: Network, user: Option<&UserId>) -> Result<bool> {
        let nobody = UserId::new(NOBODY).expect("an identifier");
        let page = Page { ended: true, after: None, limit: LATEST };
        let latest = self.0.store.of_user(user.unwrap_or(&nobody), page, self.now()).await?;
        let mut networks = latest.iter().map(|found| self.stored_network(&found.stored.session.ip_address));
        Ok(networks.any(|known| known == Some(network)))
    }
}

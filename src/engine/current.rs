//! Who a request acts as.

use std::collections::HashMap;

use crate::engine::history::agent_of;
use crate::{
    Browser, Client, Credential, EndedReason, Engine, Handle, Held, Presented, Result, StoredSession,
    Timestamp, Touch, device_of,
};

/// The most held-session cookies that are looked at; no browser of ours ever has more.
const MAXIMUM_PRESENTED: usize = 128;

impl Engine {
    /// Verifies what a request's cookies claim, and notes that the active session is in use, and from where if that is
    /// another network than before.
    ///
    /// It takes one query. Dead cookies cost one more, since the revocation of their sessions may be undone yet.
    ///
    /// Credentials that are forged, ended or expired are left out; the HTTP layer clears their cookies. The active
    /// session is extended when its last extension is older than the update age, and where a browser holds two sessions
    /// of one user one of them ends: nothing else is written.
    ///
    /// # Errors
    ///
    /// When the store fails: then nothing is known, and nobody may be signed out.
    pub async fn current(&self, presented: &Presented, client: &Client) -> Result<Browser> {
        self.browser_of(presented, Some(client)).await
    }

    /// The same for a request that no person made, as of a page that looks by itself what is new: it is no activity, so
    /// it neither extends a session nor counts as its use, and nobody stays signed in by an open page (ASVS 5.0, 7.3.1).
    ///
    /// # Errors
    ///
    /// When the store fails: then nothing is known, and nobody may be signed out.
    pub async fn current_unattended(&self, presented: &Presented) -> Result<Browser> {
        self.browser_of(presented, None).await
    }

    /// Verifies what cookies claim; `client` is whoever uses the session by that.
    async fn browser_of(&self, presented: &Presented, client: Option<&Client>) -> Result<Browser> {
        let now = self.now();
        let mut browser = self.verified(presented, now).await?;
        self.let_go_of_doubles(&mut browser, now).await?;
        if client.is_some() && !self.extend_active(&mut browser, now).await? {
            // It ended or another request extended it, between the query and the statement: ask once more.
            browser = self.verified(presented, now).await?;
        }
        self.keep_what_may_live_again(&mut browser, presented, now).await?;
        if let (Some(active), Some(client)) = (browser.active(), client) {
            self.0.activity.touch(self.use_of(active, client, now));
        }
        Ok(browser)
    }

    pub(super) async fn verified(&self, presented: &Presented, now: Timestamp) -> Result<Browser> {
        let credentials: Vec<&Credential> =
            presented.held.iter().chain(&presented.active).take(MAXIMUM_PRESENTED).collect();
        if credentials.is_empty() {
            return Ok(Browser::default());
        }
        let handles: Vec<&Handle> = credentials.iter().map(|credential| &credential.handle).collect();
        let mut stored: HashMap<Handle, StoredSession> = self
            .0
            .store
            .live_by_handles(&handles, now)
            .await?
            .into_iter()
            .map(|stored| (stored.session.handle.clone(), stored))
            .collect();

        let mut browser = Browser::default();
        for credential in credentials {
            let proved = stored
                .get(&credential.handle)
                .is_some_and(|stored| stored.secret_hash.matches(&credential.secret));
            if proved && let Some(stored) = stored.remove(&credential.handle) {
                browser.held.push(held(credential.clone(), stored));
            }
        }
        browser.active = presented.active.as_ref().and_then(|active| {
            let held = browser.held.iter().find(|held| held.credential.is(active))?;
            Some(held.session.id.clone())
        });
        Ok(browser)
    }

    /// Notes which dead credentials are of sessions whose revocation can still be undone: their cookies stay meanwhile,
    /// or the session would live again without them. Nothing is asked where all are live.
    async fn keep_what_may_live_again(
        &self,
        browser: &mut Browser,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<()> {
        let all = presented.held.iter().chain(&presented.active).take(MAXIMUM_PRESENTED);
        let dead: Vec<&Credential> =
            all.filter(|sent| !browser.held.iter().any(|held| held.credential.is(sent))).collect();
        if dead.is_empty() {
            return Ok(());
        }
        let handles: Vec<&Handle> = dead.iter().map(|sent| &sent.handle).collect();
        let since = now.minus(Self::UNDO_WINDOW);
        for found in self.0.store.undoable_by_handles(&handles, since, now).await? {
            let mut sent = dead.iter().filter(|sent| sent.handle == found.handle);
            if sent.any(|sent| found.secret_hash.matches(&sent.secret)) {
                browser.undoable.push((found.handle, found.user_id));
            }
        }
        Ok(())
    }

    /// Two sign-ins of one user at the same moment in one browser leave it with two sessions: only one is kept,
    /// the active one or else the newest, and the others end as if they had come one after the other.
    async fn let_go_of_doubles(&self, browser: &mut Browser, now: Timestamp) -> Result<()> {
        let kept: Vec<_> = browser
            .held
            .iter()
            .filter(|held| {
                !browser.held.iter().any(|other| other.user.id == held.user.id && wins(browser, other, held))
            })
            .map(|held| held.session.id.clone())
            .collect();
        if kept.len() == browser.held.len() {
            return Ok(());
        }
        let doubles: Vec<_> =
            browser.held.iter().map(|held| &held.session.id).filter(|id| !kept.contains(id)).collect();
        let by = browser.active.as_ref();
        let ended = self.0.store.end_held(&doubles, by, EndedReason::Replaced, now).await?;
        self.log_ended(&ended);
        browser.held.retain(|held| kept.contains(&held.session.id));
        Ok(())
    }

    /// Extends the active session where it is due; `false` if it is not as it was read any more.
    async fn extend_active(&self, browser: &mut Browser, now: Timestamp) -> Result<bool> {
        let options = self.options();
        let active = browser.active.as_ref();
        let Some(held) = browser.held.iter_mut().find(|held| active == Some(&held.session.id)) else {
            return Ok(true);
        };
        let from = held.session.expires_at;
        let Some(to) = options.extension(from, held.authenticated_at, now, held.keep()) else {
            return Ok(true);
        };
        let extended = self.0.store.extend(&held.session.id, from, to, now).await?;
        if extended {
            let (id, user) = (&held.session.id, &held.user.id);
            tracing::info!(session.id = %id, user.id = %user, "session {id} was extended");
            held.session.expires_at = to;
            held.session.updated_at = now;
            held.issue = true;
        }
        // Limits that are shorter than they were may leave it no time at all.
        Ok(extended && to > now)
    }

    /// Writes at once from which network and by which browser the active session is used, if the store does not know
    /// that: what is kept next is kept with it.
    pub(super) async fn note_network(
        &self,
        browser: &Browser,
        client: &Client,
        now: Timestamp,
    ) -> Result<()> {
        let active = browser.signed_in()?;
        let used = self.compared(active, client, now, None);
        if used == Touch::new(active.session.id.clone(), now) {
            return Ok(());
        }
        Ok(self.0.store.touch(&[used]).await?)
    }

    /// That a request uses a session, with what is known of it neither by the store nor by what waits to be written.
    fn use_of(&self, held: &Held, client: &Client, now: Timestamp) -> Touch {
        self.compared(held, client, now, self.0.activity.latest(&held.session.id))
    }

    /// An address counts if it is of another network than the last one: within a network it changes by itself. A user
    /// agent that may be an update of the last one takes its place; another browser's does not, and is noted once.
    fn compared(&self, held: &Held, client: &Client, now: Timestamp, waits: Option<Touch>) -> Touch {
        let known = waits.unwrap_or_else(|| Touch::new(held.session.id.clone(), now));
        let last_address = known.ip_address.as_ref().unwrap_or(&held.last_ip_address);
        let network = self.network_of(client);
        let has_moved = network.is_some() && self.stored_network(last_address) != network;
        let last_agent = known.user_agent.as_ref().unwrap_or(&held.last_user_agent);
        let other = known.other_user_agent.as_ref().or(held.other_user_agent.as_ref());
        let agent = agent_of(client);
        let is_kin = |other: &str| device_of(other).is_kin(&device_of(&agent));
        let is_known = *last_agent == agent || other == Some(&agent);
        let is_update = !is_known && (last_agent.is_empty() || is_kin(last_agent));
        let is_other = !is_known && !is_update && !other.is_some_and(|other| is_kin(other));
        Touch {
            ip_address: self.address_of(client).filter(|_| has_moved),
            user_agent: is_update.then(|| agent.clone()),
            other_user_agent: is_other.then_some(agent),
            ..Touch::new(held.session.id.clone(), now)
        }
    }
}

fn wins(browser: &Browser, other: &Held, held: &Held) -> bool {
    let rank = |held: &Held| {
        (browser.active.as_ref() == Some(&held.session.id), held.session.created_at, held.session.id.clone())
    };
    rank(other) > rank(held)
}

fn held(credential: Credential, stored: StoredSession) -> Held {
    Held {
        credential,
        session: stored.session,
        user: stored.user,
        authenticated_at: stored.authenticated_at,
        remember: stored.remember,
        shared_computer: stored.shared_computer,
        new_device: stored.new_device,
        device_name: stored.device_name,
        last_active_at: stored.last_active_at,
        last_ip_address: stored.last_ip_address,
        last_user_agent: stored.last_user_agent,
        other_user_agent: stored.other_user_agent,
        issue: false,
    }
}

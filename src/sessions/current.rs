//! Verifying the cookies of a request.

use std::sync::Arc;
use std::time::Duration;

use crate::sessions::history::agent_of;
use crate::user_agent::as_sent;
use crate::{
    Actor, Browser, Client, Credential, EndedReason, Found, Handle, Held, Presented, Result, SessionId,
    Sessions, Standing, StoredSession, Timestamp, Touch, device_of,
};

impl Sessions {
    /// How long after an import Better Auth's cookies with other names are accepted: 30 days.
    pub const IMPORT_GRACE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    /// How many session cookies are looked up one by one. The limit keeps forged cookies from causing many
    /// queries.
    pub(super) const MAXIMUM_LOOKED_UP: usize = 4;

    /// Verifies the cookies of a request, and records that the active session is in use, and from where if the network
    /// has changed.
    ///
    /// It takes at most one query. Dead cookies cost two more: another credential may have replaced them, or the
    /// revocation of their sessions may still be undone. To find the next account, a dead active one costs at least one
    /// more.
    ///
    /// Forged, ended and expired credentials are left out. It writes only three things: it extends the active
    /// session if the last extension is older than the update age, it ends one of two sessions of the same
    /// user in this browser, and it records the first use of a rotated credential. If such a write fails, the
    /// result is the same, and the next request tries again.
    ///
    /// # Errors
    ///
    /// When the store fails. Do not sign anybody out then.
    pub async fn current(&self, presented: &Presented, client: &Client) -> Result<Browser> {
        self.browser_of(presented, Some(client)).await
    }

    /// The same for a request that no person made, such as one by which an open page updates itself. It is not
    /// activity: it does not extend the session, so an open page does not keep anybody signed in (ASVS 5.0, 7.3.1).
    ///
    /// # Errors
    ///
    /// When the store fails. Do not sign anybody out then.
    pub async fn current_unattended(&self, presented: &Presented) -> Result<Browser> {
        self.browser_of(presented, None).await
    }

    /// Verifies cookies. With a `client` the request counts as activity.
    #[tracing::instrument(name = "current", level = "debug", skip_all)]
    async fn browser_of(&self, presented: &Presented, client: Option<&Client>) -> Result<Browser> {
        let now = self.now();
        let mut browser = self.holding(presented, now).await?;
        self.end_duplicates(&mut browser, now).await;
        if client.is_some() && !self.extend_active(&mut browser, now).await? {
            // The session ended or was extended by another request between the query and the statement: read
            // again.
            browser = self.holding(presented, now).await?;
        }
        self.note_first_use(&browser).await;
        self.keep_undoable(&mut browser, presented, now).await?;
        if let (Some(active), Some(client)) = (browser.active(), client) {
            self.0.activity.touch(self.use_of(active, client, now));
        }
        Ok(browser)
    }

    /// Verifies our cookies. If none of them opens a session, it verifies those of Better Auth while the
    /// grace period of the import lasts. Any host of the domain can set those, so they never replace a
    /// session of ours.
    async fn holding(&self, presented: &Presented, now: Timestamp) -> Result<Browser> {
        let own = self.verified(presented, now).await?;
        let Some(imported) = presented.imported.as_deref().filter(|_| own.held.is_empty()) else {
            return Ok(own);
        };
        let since = now.minus(Self::IMPORT_GRACE);
        let mut adopted = self.verified(imported, now).await?;
        adopted.held.retain(|held| held.imported_at.is_some_and(|at| at > since));
        adopted.active = adopted.active.filter(|id| adopted.held.iter().any(|held| held.session.id == *id));
        // From now on they use our cookie names.
        adopted.held.iter_mut().for_each(|held| held.issue = true);
        Ok(adopted)
    }

    pub(super) async fn verified(&self, presented: &Presented, now: Timestamp) -> Result<Browser> {
        // All are looked up, because the real ones may be among many forged ones. The size limit of headers
        // bounds their number.
        let credentials: Vec<&Credential> = presented.held.iter().chain(&presented.active).collect();
        if credentials.is_empty() {
            return Ok(Browser::default());
        }
        let handles: Vec<&Handle> = credentials.iter().map(|credential| &credential.handle).collect();
        let mut stored = self.0.store.live_by_handles(&handles, now).await?;

        let mut browser = Browser::default();
        let mut dead = Vec::new();
        for credential in credentials {
            let proved = stored.iter().position(|stored| {
                stored.session.handle == credential.handle && stored.secret_hash.matches(&credential.secret)
            });
            if let Some(at) = proved {
                browser.held.push(held(credential.clone(), stored.swap_remove(at)));
            } else if !browser.held.iter().any(|held| held.credential.is(credential)) {
                dead.push(credential);
            }
        }
        let superseded = self.take_superseded(&mut browser, &dead, now).await?;
        let live = presented.active.iter().find_map(|active| {
            let held = browser.held.iter().find(|held| held.credential.is(active))?;
            Some(held.session.id.clone())
        });
        let replaced = superseded.into_iter().find_map(|(sent, id)| {
            (browser.holds(&id) && presented.active.iter().any(|active| active.is(sent))).then_some(id)
        });
        browser.active = match live.or(replaced) {
            None if !browser.held.is_empty() => self.successor_of(&browser, &presented.active).await?,
            active => active,
        };
        Ok(browser)
    }

    /// Adds the sessions whose credential was superseded by one that no request has used yet, because the
    /// answer with it may have been lost. Returns the sessions of all superseded credentials.
    async fn take_superseded<'a>(
        &self,
        browser: &mut Browser,
        dead: &[&'a Credential],
        now: Timestamp,
    ) -> Result<Vec<(&'a Credential, SessionId)>> {
        if dead.is_empty() {
            return Ok(Vec::new());
        }
        let handles: Vec<&Handle> = dead.iter().map(|sent| &sent.handle).collect();
        let mut superseded = Vec::new();
        for found in self.0.store.superseded_by_handles(&handles, now).await? {
            let mut sent = dead.iter().filter(|sent| sent.handle == found.handle);
            let Some(sent) = sent.find(|sent| found.secret_hash.matches(&sent.secret)) else { continue };
            let id = found.session.session.id.clone();
            if found.session.credential_is_new && !found.is_dead && !browser.holds(&id) {
                // The last proof belongs to the newer credential, so this one is not fresh.
                let stored = StoredSession { authenticated_at: Timestamp::default(), ..found.session };
                let held = held((*sent).clone(), Arc::new(stored));
                browser.held.push(Held { standing: Standing::Superseded, ..held });
            }
            superseded.push((*sent, id));
        }
        Ok(superseded)
    }

    /// The successor of an ended session that a late answer has named in the session cookie: the held session
    /// of the same user, or the held session that ended it.
    async fn successor_of(&self, browser: &Browser, active: &[Credential]) -> Result<Option<SessionId>> {
        for credential in active.iter().take(Self::MAXIMUM_LOOKED_UP) {
            let Some(found) = self.proved(credential).await? else { continue };
            let ender = found.end.and_then(|end| end.by).map(|by| by.id);
            let mut held = browser.held.iter();
            let succeeds =
                |it: &&Held| it.user.id == found.stored.user.id || ender.as_ref() == Some(&it.session.id);
            if let Some(held) = held.find(succeeds) {
                return Ok(Some(held.session.id.clone()));
            }
        }
        Ok(None)
    }

    /// Finds the session of a credential, even if it has ended.
    pub(super) async fn proved(&self, credential: &Credential) -> Result<Option<Found>> {
        let found = self.0.store.find_by_handle(&credential.handle).await?;
        Ok(found.filter(|found| found.stored.secret_hash.matches(&credential.secret)))
    }

    /// Records that new credentials have arrived, so that earlier ones stop working (ASVS 5.0, 7.2.4).
    async fn note_first_use(&self, browser: &Browser) {
        for held in browser.held.iter().filter(|held| held.standing == Standing::New) {
            let actor = Actor { session: &held.session.id, user: &held.user.id };
            if let Err(error) = self.0.store.use_credential(actor, &held.credential.handle).await {
                // The next request tries again.
                tracing::warn!(%error, session.id = %held.session.id, "the first use of a credential could not be recorded");
            }
        }
    }

    /// Finds the dead credentials of sessions whose revocation can still be undone. Their cookies stay,
    /// because a restored session needs them. There is no query if all credentials are live.
    async fn keep_undoable(
        &self,
        browser: &mut Browser,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<()> {
        let all = presented.held.iter().chain(&presented.active);
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

    /// Two simultaneous sign-ins of one user leave a browser with two sessions. Only the active or else the
    /// newest one is kept. The others end as replaced.
    async fn end_duplicates(&self, browser: &mut Browser, now: Timestamp) {
        if browser.held.len() < 2 {
            return;
        }
        let kept: Vec<_> = browser
            .held
            .iter()
            .filter(|held| {
                !browser.held.iter().any(|other| other.user.id == held.user.id && wins(browser, other, held))
            })
            .map(|held| held.session.id.clone())
            .collect();
        if kept.len() == browser.held.len() {
            return;
        }
        let duplicates: Vec<_> =
            browser.held.iter().map(|held| &held.session.id).filter(|id| !kept.contains(id)).collect();
        let by = browser.active.as_ref();
        let ended = match self.0.store.end_held(&duplicates, by, EndedReason::Replaced, now).await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::warn!(%error, "one of two sessions of the same user in a browser could not be ended");
                return;
            }
        };
        self.log_ended(&ended);
        browser.held.retain(|held| kept.contains(&held.session.id));
    }

    /// Extends the active session if that is due; `false` if the session has changed since it was read.
    async fn extend_active(&self, browser: &mut Browser, now: Timestamp) -> Result<bool> {
        let options = self.options();
        let active = browser.active.as_ref();
        let Some(held) = browser.held.iter_mut().find(|held| active == Some(&held.session.id)) else {
            return Ok(true);
        };
        // A superseded credential does not extend the session.
        if held.standing == Standing::Superseded {
            return Ok(true);
        }
        let from = held.session.expires_at;
        let Some(to) = options.extension(from, held.authenticated_at, now, held.keep()) else {
            return Ok(true);
        };
        let actor = Actor { session: &held.session.id, user: &held.user.id };
        let extended = match self.0.store.extend(actor, from, to, now).await {
            Ok(extended) => extended,
            Err(error) if to > now => {
                tracing::warn!(%error, session.id = %held.session.id, "a session could not be extended: the next request tries again");
                return Ok(true);
            }
            // Shorter timeouts than before have ended it.
            Err(error) => return Err(error.into()),
        };
        if extended {
            let (id, user) = (&held.session.id, &held.user.id);
            tracing::info!(session.id = %id, user.id = %user, "session {id} was extended");
            let session = &mut held.stored_mut().session;
            (session.expires_at, session.updated_at) = (to, now);
        }
        // Shorter timeouts than before may leave it no time at all.
        Ok(extended && to > now)
    }

    /// Writes a new network or browser of the active session at once, so that the change that follows is
    /// stored with it.
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

    /// The activity of a request, with those values that neither the store nor the buffer has.
    fn use_of(&self, held: &Held, client: &Client, now: Timestamp) -> Touch {
        self.compared(held, client, now, self.0.activity.latest(&held.session.id))
    }

    /// An address counts if it is in another network than the last one, because it changes by itself within a
    /// network. A user agent that may be an update replaces the last one. The user agent of another browser
    /// does not, and is recorded once.
    fn compared(&self, held: &Held, client: &Client, now: Timestamp, waits: Option<Touch>) -> Touch {
        let known = waits.unwrap_or_else(|| Touch::new(held.session.id.clone(), now));
        let last_address = known.ip_address.as_deref().unwrap_or(held.last_address());
        let network = self.network_of(client);
        let has_moved = network.is_some() && self.stored_network(last_address) != network;
        let stored_agent = held.last_user_agent.as_deref().unwrap_or(&held.session.user_agent);
        let last_agent = known.user_agent.as_deref().unwrap_or(stored_agent);
        let other = known.other_user_agent.as_deref().or(held.other_user_agent.as_deref());
        // Not every request carries the same client hints, so they do not distinguish browsers. They are
        // stored with the user agent.
        let sent = agent_of(client);
        let agent = || client.client_hints.joined_to(sent);
        let is_same_browser = |other: &str| device_of(as_sent(other)).is_same_browser(&device_of(sent));
        let is_known = as_sent(last_agent) == sent || other.is_some_and(|other| as_sent(other) == sent);
        let is_update = !is_known && (last_agent.is_empty() || is_same_browser(last_agent));
        let is_other = !is_known && !is_update && !other.is_some_and(is_same_browser);
        Touch {
            ip_address: has_moved.then(|| self.address_of(client)).flatten(),
            user_agent: is_update.then(agent),
            other_user_agent: is_other.then(agent),
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

fn held(credential: Credential, stored: Arc<StoredSession>) -> Held {
    let standing = if stored.credential_is_new { Standing::New } else { Standing::Present };
    Held { credential, standing, stored, issue: false }
}

//! The account history: recording refusals, reading, and exporting.

use std::sync::{Mutex, PoisonError};

use crate::sessions::list::named;
use crate::store::{HistoryQuery, NewHistoryEntry, StoredHistoryEntry};
use crate::user_agent::as_sent;
use crate::{
    Browser, Client, Code, EndedReason, HistoryActor, HistoryEntry, HistoryKind, HistoryPage, Refusal,
    Result, SessionId, Sessions, SignInMethod, UserId, device_of, user_agent,
};

/// How many refused passwords are buffered until the next flush. Beyond that the oldest are dropped.
const REFUSED_KEPT: usize = 10_000;
/// How many entries an export reads at once and holds in memory.
const EXPORT_PAGE: u32 = 100;

/// A filter for the history.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Only entries about this session.
    pub session: Option<SessionId>,
    /// Only entries of these kinds; all kinds if it is empty.
    pub kinds: Vec<HistoryKind>,
    /// Only entries before this one.
    pub before: Option<i64>,
    /// The maximum number of entries: 1 to [`HistoryFilter::MAXIMUM`].
    pub limit: u32,
}

impl HistoryFilter {
    /// The largest page.
    pub const MAXIMUM: u32 = 100;
}

/// The buffer of refused passwords. Writing them at once would take time and so reveal which accounts exist.
#[derive(Debug, Default)]
pub(super) struct Refused(Mutex<Vec<NewHistoryEntry>>);

impl Refused {
    fn note(&self, entry: NewHistoryEntry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= REFUSED_KEPT {
            entries.remove(0);
        }
        entries.push(entry);
    }

    pub(super) fn take(&self) -> Vec<NewHistoryEntry> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn put_back(&self, entries: Vec<NewHistoryEntry>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = REFUSED_KEPT.saturating_sub(waiting.len());
        let from = entries.len().saturating_sub(room);
        waiting.splice(0..0, entries.into_iter().skip(from));
    }
}

impl Sessions {
    /// Lists what happened to the active user's account, the latest first.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn history(&self, browser: &Browser, filter: &HistoryFilter) -> Result<HistoryPage> {
        self.history_of(&browser.signed_in()?.user.id, filter).await
    }

    /// Begins to export the whole history of the active user's account, latest first. The history records the export.
    ///
    /// It requires a fresh session, so a session that was left open somewhere cannot export it.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out; [`Error::SessionNotFresh`](crate::Error::SessionNotFresh) when the
    /// session is not fresh; when the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn export_history(&self, browser: &Browser, client: &Client) -> Result<HistoryExport> {
        let actor = self.fresh_actor(browser).await?;
        let entry = NewHistoryEntry {
            by_session: Some(actor.session.clone()),
            ip_address: self.address_of(client),
            ..NewHistoryEntry::new(
                HistoryKind::Exported,
                actor.user.clone(),
                Some(actor.session.clone()),
                self.now(),
            )
        };
        self.0.store.record(&[entry], None).await?;
        let filter = HistoryFilter { limit: EXPORT_PAGE, ..HistoryFilter::default() };
        Ok(HistoryExport {
            sessions: self.clone(),
            user: actor.user.clone(),
            session: actor.session.clone(),
            next: Some(filter),
        })
    }

    /// Lists what happened to a user's account, the latest first: for operators.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn history_of(&self, user: &UserId, filter: &HistoryFilter) -> Result<HistoryPage> {
        let query = HistoryQuery {
            session: filter.session.as_ref(),
            kinds: &filter.kinds,
            before: filter.before,
            // One more entry, to see whether there is a next page.
            limit: filter.limit.saturating_add(1),
        };
        let mut stored = self.0.store.history(user, query).await?;
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let next = (stored.len() > limit).then(|| {
            stored.truncate(limit);
            stored.last().map(|last| last.seq)
        });
        let entries = stored.into_iter().filter_map(|entry| self.entry(entry)).collect();
        Ok(HistoryPage { entries, next: next.flatten() })
    }

    /// Records in a user's history that a proof was refused, with the acting session of `browser` if it is one of the
    /// user. `None` as the reason means that the proof was wrong. It is written with the next [`Sessions::flush`], so
    /// that the answer does not take longer if the user exists.
    ///
    /// [`Sessions::begin`] and [`Sessions::prove`] record their own refusals.
    pub fn note_refused(&self, browser: &Browser, client: &Client, user: &UserId, why: Option<Refusal>) {
        tracing::info!(user.id = %user, why = why.map(Refusal::as_str), "a proof was refused");
        let active = browser.active().filter(|active| active.user.id == *user);
        let session = active.map(|active| active.session.id.clone());
        self.0.refused.note(NewHistoryEntry {
            by_session: session.clone(),
            user_agent: Some(client.client_hints.joined_to(agent_of(client))),
            ip_address: self.address_of(client),
            detail: why.map(|why| why.as_str().to_owned()),
            ..NewHistoryEntry::new(HistoryKind::PasswordRefused, user.clone(), session, self.now())
        });
    }

    /// Converts an entry for display; `None` if a later release wrote it.
    fn entry(&self, stored: StoredHistoryEntry) -> Option<HistoryEntry> {
        let kind = stored.kind?;
        let label = |user_agent: &str, name: Option<&str>| named(device_of(user_agent), name).label;
        let detail_of = |of: HistoryKind| stored.detail.clone().filter(|_| kind == of);
        let method = detail_of(HistoryKind::SignedIn).or_else(|| detail_of(HistoryKind::Reauthenticated));
        Some(HistoryEntry {
            id: stored.seq,
            at: stored.at,
            kind,
            device: label(&stored.user_agent, stored.device_name.as_deref()),
            place: self.place_of(stored.device_address()),
            ip_address: stored.device_address().to_owned(),
            by: stored.by.as_ref().map(|(id, user_agent, name)| HistoryActor {
                id: id.clone(),
                label: label(user_agent, name.as_deref()),
                user_agent: as_sent(user_agent).to_owned(),
                place: self.place_of(&stored.ip_address),
                ip_address: stored.ip_address.clone(),
            }),
            reason: detail_of(HistoryKind::Ended).and_then(|reason| EndedReason::parse(&reason)),
            refusal: detail_of(HistoryKind::PasswordRefused).and_then(|why| Refusal::parse(&why)),
            signed_in_with: method.and_then(|how| SignInMethod::parse(&how)),
            name: detail_of(HistoryKind::Renamed),
            previous_ip_address: detail_of(HistoryKind::AddressChanged),
            session_id: stored.session_id,
            user_agent: as_sent(&stored.user_agent).to_owned(),
        })
    }
}

/// A history that is being exported. It is read part by part, as fast as the client reads it.
pub struct HistoryExport {
    sessions: Sessions,
    user: UserId,
    session: SessionId,
    /// The next page to read; `None` at the end.
    next: Option<HistoryFilter>,
}

impl HistoryExport {
    /// Reads the next part; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when the exporting session has ended; when the store fails.
    pub async fn next(&mut self) -> Result<Option<Vec<HistoryEntry>>> {
        let Some(filter) = &mut self.next else { return Ok(None) };
        let found = self.sessions.0.store.find(&[&self.session]).await?.pop();
        let now = self.sessions.now();
        if !found.is_some_and(|found| found.end.is_none() && found.stored.session.expires_at > now) {
            return Err(Code::Unauthorized.into());
        }
        let page = self.sessions.history_of(&self.user, filter).await?;
        match page.next {
            Some(next) => filter.before = Some(next),
            None => self.next = None,
        }
        Ok(Some(page.entries))
    }
}

impl std::fmt::Debug for HistoryExport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HistoryExport").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The user agent, as it is stored.
pub(super) fn agent_of(client: &Client) -> &str {
    user_agent::shortened(client.user_agent.as_deref().unwrap_or_default())
}

//! Live streams of what happens to a user's sessions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};

use crate::hub::{Full, Listener, Message};
use crate::sessions::list::named;
use crate::{
    Browser, Change, Client, Code, DeviceSession, EndedBy, EndedReason, Ending, EventId, Found, Handle,
    Network, Presented, Result, SessionEvent, SessionId, Sessions, Timestamp, device_of,
};

/// After a gap every stream asks anew; so much later at most, so that not all ask at once.
const RESYNC_WITHIN_MS: u64 = 1_000;

/// How many changes one query reads: the more there are, the fewer queries each takes.
const CHANGES_AT_ONCE: usize = 128;

/// How many sessions of streams one query verifies.
const CHECKED_AT_ONCE: usize = 500;

/// An item of a stream.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StreamItem {
    /// The whole list, as [`Sessions::list`] returns it. It replaces what was known before.
    Snapshot(Vec<DeviceSession>),
    /// One event.
    Event(Arc<SessionEvent>),
    /// Events may have been missed. The next item is a [`StreamItem::Snapshot`].
    Resync,
}

/// A live stream of one browser. It ends after the event that the browser's session ended.
pub struct Watch {
    sessions: Sessions,
    presented: Presented,
    session: SessionId,
    expires_at: Timestamp,
    listener: Listener,
    next: Next,
}

/// What comes next.
enum Next {
    Snapshot,
    Message,
    Nothing,
}

impl Sessions {
    /// Opens a stream of events of the active user's sessions for a `client`. `heard` is the last event that the
    /// browser received. Without it, or if more has happened since, the stream begins with the whole list.
    ///
    /// [`Sessions::follow`] must be running.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when signed out, [`Code::TooManyRequests`] when the session, the user or the client's
    /// network has as many streams as allowed ([`StreamLimits`](crate::StreamLimits)), [`Code::ServerBusy`] when the
    /// node has.
    pub fn watch(&self, browser: &Browser, client: &Client, heard: Option<EventId>) -> Result<Watch> {
        let active = browser.signed_in()?;
        let network = client.ip_address.map(Network::of);
        let listener = self.0.hub.listen(&active.session, network).map_err(|full| match full {
            Full::Share => Code::TooManyRequests,
            Full::Node => Code::ServerBusy,
        })?;
        Ok(Watch {
            sessions: self.clone(),
            presented: Presented::of(browser),
            session: active.session.id.clone(),
            expires_at: active.session.expires_at,
            next: if heard == Some(listener.last) { Next::Message } else { Next::Snapshot },
            listener,
        })
    }

    /// Turns changes of the store into events for the streams of this node, and verifies the sessions of all streams
    /// every [`StreamLimits::checked_every`](crate::StreamLimits::checked_every). It runs until the store is closed.
    pub async fn follow(&self) {
        let mut changes = self.0.store.changes();
        let mut checks = interval(self.0.hub.checked_every());
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                batch = changes.next_batch(CHANGES_AT_ONCE) => {
                    if batch.is_empty() {
                        return;
                    }
                    self.hear(batch).await;
                }
                _ = checks.tick() => self.check_streams().await,
            }
        }
    }

    /// Finds the streams that nobody has told that their session ended or has another credential.
    async fn check_streams(&self) {
        for streams in self.0.hub.opened_with().chunks(CHECKED_AT_ONCE) {
            let handles: Vec<&Handle> = streams.iter().map(|(_, handle)| handle).collect();
            let live = match self.0.store.live_by_handles(&handles, self.now()).await {
                Ok(live) => live,
                Err(error) => {
                    // They stay: what they tell is read from the store, and so is nothing now.
                    tracing::warn!(%error, "the sessions of streams could not be verified");
                    return;
                }
            };
            let live: HashSet<&Handle> = live.iter().map(|stored| &stored.session.handle).collect();
            let missed = streams.iter().filter(|(_, handle)| !live.contains(handle));
            for user in missed.map(|(user, _)| user).collect::<HashSet<_>>() {
                // They verify it once more themselves, and tell how it ended.
                self.0.hub.resync(Some(user));
            }
        }
    }

    /// Ends all streams of this node and opens no more. Call it before the process stops.
    pub fn close_streams(&self) {
        self.0.hub.close();
    }

    /// How many streams this node has open.
    pub fn streams(&self) -> usize {
        self.0.hub.streams()
    }

    /// Returns how a session ended; `None` while it is live, and if it is no longer stored.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn ending(&self, id: &SessionId) -> Result<Option<Ending>> {
        let found = self.0.store.find(&[id]).await?.pop();
        Ok(found.and_then(|found| ending_of(&found, self.now())))
    }

    /// Tells the streams of changes. The rows say what happened, and not the messages; one query reads those of all.
    async fn hear(&self, batch: Vec<Change>) {
        let hub = &self.0.hub;
        let of_listeners = batch.iter().filter_map(|change| match change {
            Change::Sessions { user, ids } => hub.has(user).then_some(ids.as_slice()),
            Change::Renamed { user, id } => hub.has(user).then_some(std::slice::from_ref(id)),
            _ => None,
        });
        let ids: HashSet<&SessionId> = of_listeners.flatten().collect();
        let rows =
            if ids.is_empty() { Ok(Vec::new()) } else { self.0.store.find(&Vec::from_iter(ids)).await };
        let rows = rows.unwrap_or_else(|error| {
            tracing::warn!(%error, "changes could not be read: their streams get the whole list");
            Vec::new()
        });
        let found: HashMap<_, _> =
            rows.into_iter().map(|found| (found.stored.session.id.clone(), found)).collect();
        // Whose rows could not be read, or went with their user: a stream ends where it finds nobody.
        let mut unread = HashSet::new();
        for change in &batch {
            match change {
                Change::Sessions { user, ids } if hub.has(user) => {
                    for id in ids {
                        match found.get(id) {
                            Some(found) => hub.tell(user, self.began_or_ended(found)),
                            None => _ = unread.insert(user),
                        }
                    }
                }
                Change::Switched { user, from, to } => {
                    hub.tell(user, SessionEvent::Switched { from: from.clone(), to: to.clone() });
                }
                Change::Touched(touched) => {
                    for (user, id, last_active_at) in touched {
                        let event = SessionEvent::Touched { id: id.clone(), last_active_at: *last_active_at };
                        hub.tell(user, event);
                    }
                }
                Change::Renamed { user, id } if hub.has(user) => match found.get(id) {
                    Some(found) => self.shown(found).into_iter().for_each(|event| hub.tell(user, event)),
                    None => _ = unread.insert(user),
                },
                Change::Recognized { user, id } => {
                    hub.tell(user, SessionEvent::Recognized { id: id.clone() })
                }
                Change::Sessions { .. } | Change::Renamed { .. } => {}
                Change::Reauthenticated { user, id } => hub.reauthenticated(user, id.clone()),
                Change::Gap => hub.resync(None),
            }
        }
        for user in unread {
            hub.resync(Some(user));
        }
    }

    /// That a session began or ended.
    fn began_or_ended(&self, found: &Found) -> SessionEvent {
        match ending_of(found, self.now()) {
            Some(ending) => SessionEvent::Ended(ending),
            None => SessionEvent::Created { row: Box::new(self.row(&Browser::default(), &found.stored)) },
        }
    }

    /// What a device is called now, and where it is used from; one whose session has ended meanwhile is in no list.
    fn shown(&self, found: &Found) -> Vec<SessionEvent> {
        if found.end.is_some() {
            return Vec::new();
        }
        let row = self.row(&Browser::default(), &found.stored);
        let label = row.device.label.clone();
        let DeviceSession { id, name, ip_address, place, user_agent, device, .. } = row;
        vec![
            SessionEvent::Renamed { id: id.clone(), name, label },
            SessionEvent::Moved { id, ip_address, place, user_agent, device },
        ]
    }
}

impl Watch {
    /// Waits for the next item; `None` at the end of the stream.
    ///
    /// It can be dropped while it waits: nothing is lost.
    pub async fn next(&mut self) -> Option<(EventId, StreamItem)> {
        loop {
            match self.next {
                Next::Nothing => return None,
                Next::Snapshot => return self.snapshot().await,
                Next::Message => {}
            }
            let until = self.expires_at.since(self.sessions.now()) + Duration::from_millis(1);
            let message = tokio::select! {
                message = self.listener.receiver.recv() => message,
                () = tokio::time::sleep(until) => {
                    // Other requests may have extended it.
                    self.next = Next::Snapshot;
                    continue;
                }
            };
            match message {
                Ok(Message::Event(id, event)) => {
                    self.listener.last = id;
                    match &*event {
                        SessionEvent::Ended(ending) if ending.id == self.session => self.next = Next::Nothing,
                        // Another browser's.
                        SessionEvent::Switched { from, .. } if *from != self.session => continue,
                        _ => {}
                    }
                    return Some((id, StreamItem::Event(event)));
                }
                // Once the new cookie is used the one so far is dead: the browser comes back with the new one.
                Ok(Message::Reauthenticated(id)) if id == self.session => self.next = Next::Snapshot,
                // Its row has another token.
                Ok(Message::Reauthenticated(_)) => {
                    self.next = Next::Snapshot;
                    return Some((self.listener.last, StreamItem::Resync));
                }
                Ok(Message::Resync) => {
                    self.next = Next::Snapshot;
                    tokio::time::sleep(self.sessions.spread(RESYNC_WITHIN_MS)).await;
                    return Some((self.listener.last, StreamItem::Resync));
                }
                Err(RecvError::Lagged(_)) => {
                    self.next = Next::Snapshot;
                    return Some((self.listener.last, StreamItem::Resync));
                }
                Err(RecvError::Closed) => self.next = Next::Nothing,
            }
        }
    }

    /// Verifies the browser anew, since the stream may be older than what it holds, and lists.
    async fn snapshot(&mut self) -> Option<(EventId, StreamItem)> {
        // What happens from here on comes after the list, whether it is in it or not.
        let id = self.listener.last;
        let listed = {
            let _permit = self.sessions.0.hub.may_list().await;
            self.list().await
        };
        match listed {
            Ok(Ok((rows, expires_at))) => {
                self.expires_at = expires_at;
                self.next = Next::Message;
                Some((id, StreamItem::Snapshot(rows)))
            }
            Ok(Err(ending)) => {
                self.next = Next::Nothing;
                ending.map(|ending| (id, StreamItem::Event(Arc::new(SessionEvent::Ended(ending)))))
            }
            // The browser comes back for it.
            Err(error) => {
                tracing::warn!(%error, "a stream was closed because the list could not be read");
                self.next = Next::Nothing;
                None
            }
        }
    }

    /// The list and when the session expires, or how it ended.
    async fn list(&self) -> Result<Result<(Vec<DeviceSession>, Timestamp), Option<Ending>>> {
        let browser = self.sessions.verified(&self.presented, self.sessions.now()).await?;
        match browser.active().map(|active| active.session.expires_at) {
            Some(expires_at) => Ok(Ok((self.sessions.list(&browser).await?, expires_at))),
            None => Ok(Err(self.sessions.ending(&self.session).await?)),
        }
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("session", &self.session).finish_non_exhaustive()
    }
}

/// How a session that was found has ended, if it has.
pub(super) fn ending_of(found: &Found, now: Timestamp) -> Option<Ending> {
    let session = &found.stored.session;
    match &found.end {
        Some(end) => Some(Ending {
            id: session.id.clone(),
            reason: end.reason,
            at: end.at,
            by: end.by.as_ref().map(|by| EndedBy {
                id: by.id.clone(),
                label: named(device_of(&by.user_agent), by.device_name.as_deref()).label,
            }),
        }),
        None if session.expires_at <= now => Some(Ending {
            id: session.id.clone(),
            reason: EndedReason::Expired,
            at: session.expires_at,
            by: None,
        }),
        None => None,
    }
}

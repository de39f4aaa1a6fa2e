//! Who listens on this node, and what they are told.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast::{Receiver, Sender};

use crate::{Random, SessionEvent, SessionId, Timestamp, UserId};

/// How many events wait for a slow listener before it is given the whole list instead.
const EVENTS_KEPT: usize = 16;
/// A session's activity is told at most so often.
const TOUCHED_EVERY: Duration = Duration::from_secs(60);

/// How many live streams there may be.
#[derive(Clone, Copy, Debug)]
pub struct StreamLimits {
    /// Of one session: a browser has at most six connections to a host, and one visible tab a window.
    pub per_session: usize,
    /// Of one node: each takes a connection and a few kilobytes.
    pub per_node: usize,
}

impl Default for StreamLimits {
    /// 6 of a session, 10 000 of a node.
    fn default() -> Self {
        Self { per_session: 6, per_node: 10_000 }
    }
}

/// Names an event of a stream, so that a listener who comes back can say what it heard last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    hub: u64,
    number: u64,
}

impl EventId {
    /// Reads an event's name, as in `Last-Event-ID`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hub, number) = text.split_once('-')?;
        Some(Self { hub: u64::from_str_radix(hub, 16).ok()?, number: number.parse().ok()? })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.hub, self.number)
    }
}

/// What a listener's channel carries.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// Something happened.
    Event(EventId, Arc<SessionEvent>),
    /// Something may have been missed.
    Resync,
    /// This session has another credential: who listens with the one before must prove anew who they are.
    Reauthenticated(SessionId),
}

/// The channels of the users who listen on this node.
pub(crate) struct Hub {
    /// Random, so that no other start of a node continues its numbers.
    id: u64,
    limits: StreamLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    channels: HashMap<UserId, Channel>,
    streams: usize,
    number: u64,
    closed: bool,
}

struct Channel {
    sender: Sender<Message>,
    /// The last event's number, or one that no event has.
    last: u64,
    streams: HashMap<SessionId, usize>,
    touched: HashMap<SessionId, Timestamp>,
}

/// Why a stream was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// The session has as many as allowed.
    Session,
    /// The node has, or is stopping.
    Node,
}

impl Hub {
    pub(crate) fn new(limits: StreamLimits, random: &dyn Random) -> Arc<Self> {
        let mut id = [0; 8];
        random.fill(&mut id);
        Arc::new(Self { id: u64::from_be_bytes(id), limits, state: Mutex::default() })
    }

    /// Listens to what happens to the user's sessions.
    pub(crate) fn listen(self: &Arc<Self>, user: &UserId, session: &SessionId) -> Result<Listener, Full> {
        let mut state = self.lock();
        if state.closed || state.streams >= self.limits.per_node {
            return Err(Full::Node);
        }
        state.number += 1;
        let number = state.number;
        let channel = state.channels.entry(user.clone()).or_insert_with(|| Channel {
            sender: Sender::new(EVENTS_KEPT),
            last: number,
            streams: HashMap::new(),
            touched: HashMap::new(),
        });
        let streams = channel.streams.entry(session.clone()).or_default();
        if *streams >= self.limits.per_session {
            return Err(Full::Session);
        }
        *streams += 1;
        let listener = Listener {
            receiver: channel.sender.subscribe(),
            last: EventId { hub: self.id, number: channel.last },
            hub: Arc::clone(self),
            user: user.clone(),
            session: session.clone(),
        };
        state.streams += 1;
        Ok(listener)
    }

    /// Whether anybody listens to this user's sessions here.
    pub(crate) fn has(&self, user: &UserId) -> bool {
        self.lock().channels.contains_key(user)
    }

    /// Tells everybody who listens to this user's sessions.
    pub(crate) fn tell(&self, user: &UserId, event: SessionEvent) {
        let mut state = self.lock();
        state.number += 1;
        let number = state.number;
        let Some(channel) = state.channels.get_mut(user) else { return };
        if let SessionEvent::Touched { id, last_active_at } = &event {
            let told = channel.touched.entry(id.clone()).or_default();
            // Where the clock was set back, what was told last is far ahead.
            if last_active_at.since(*told) < TOUCHED_EVERY && told.since(*last_active_at) < TOUCHED_EVERY {
                return;
            }
            *told = *last_active_at;
        }
        if let SessionEvent::Ended(ending) = &event {
            channel.touched.remove(&ending.id);
        }
        channel.last = number;
        let id = EventId { hub: self.id, number };
        // Without a listener nobody misses it.
        let _ = channel.sender.send(Message::Event(id, Arc::new(event)));
    }

    /// Gives everybody who listens to this user's sessions, or to anybody's, the whole list anew.
    pub(crate) fn resync(&self, user: Option<&UserId>) {
        let mut state = self.lock();
        state.number += 1;
        let number = state.number;
        for (_, channel) in state.channels.iter_mut().filter(|(id, _)| user.is_none_or(|user| user == *id)) {
            channel.last = number;
            let _ = channel.sender.send(Message::Resync);
        }
    }

    /// Tells the streams of a session that it has another credential.
    pub(crate) fn reauthenticated(&self, user: &UserId, id: SessionId) {
        if let Some(channel) = self.lock().channels.get(user) {
            // Without a listener nobody misses it.
            let _ = channel.sender.send(Message::Reauthenticated(id));
        }
    }

    /// Ends every stream, and opens none any more.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.channels.clear();
    }

    /// How many streams are open.
    pub(crate) fn streams(&self) -> usize {
        self.lock().streams
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Counts and channels are changed without a way to panic between.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("user", &self.user).finish_non_exhaustive()
    }
}

/// One listener; dropped, it leaves its place to another.
pub(crate) struct Listener {
    pub(crate) receiver: Receiver<Message>,
    /// What was the last event when it began to listen.
    pub(crate) last: EventId,
    hub: Arc<Hub>,
    user: UserId,
    session: SessionId,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        state.streams -= 1;
        let Some(channel) = state.channels.get_mut(&self.user) else { return };
        if let Some(streams) = channel.streams.get_mut(&self.session) {
            *streams -= 1;
            if *streams == 0 {
                channel.streams.remove(&self.session);
            }
        }
        if channel.streams.is_empty() {
            state.channels.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    fn hub(per_session: usize, per_node: usize) -> Arc<Hub> {
        Hub::new(StreamLimits { per_session, per_node }, &OsRandom)
    }

    fn id(text: &str) -> SessionId {
        SessionId::new(text).expect("an id")
    }

    fn touched(session: &str, second: i64) -> SessionEvent {
        SessionEvent::Touched {
            id: id(session),
            last_active_at: Timestamp::from_unix_ms(1_000_000 + second * 1_000),
        }
    }

    #[test]
    fn streams_are_bounded_and_give_their_place_back() {
        let hub = hub(2, 3);
        let ada = UserId::new("ada").expect("an id");
        let first = hub.listen(&ada, &id("s1")).ok();
        let _second = hub.listen(&ada, &id("s1")).expect("a place");
        assert_eq!(hub.listen(&ada, &id("s1")).err(), Some(Full::Session));
        let _third = hub.listen(&ada, &id("s2")).expect("a place");
        assert_eq!(hub.listen(&ada, &id("s3")).err(), Some(Full::Node));
        drop(first);
        let again = hub.listen(&ada, &id("s1"));
        assert!(again.is_ok());
        assert_eq!(hub.streams(), 3);
        hub.close();
        drop(again);
        assert_eq!(hub.listen(&ada, &id("s1")).err(), Some(Full::Node));
    }

    #[test]
    fn who_was_away_cannot_take_a_new_channel_for_the_old_one() {
        let hub = hub(2, 3);
        let ada = UserId::new("ada").expect("an id");
        let before = hub.listen(&ada, &id("s1")).expect("a place").last;
        assert!(!hub.has(&ada));
        hub.tell(&ada, touched("s1", 0));
        let after = hub.listen(&ada, &id("s1")).expect("a place").last;
        assert_ne!(before, after);
        assert_eq!(EventId::parse(&after.to_string()), Some(after));
        assert_eq!(EventId::parse("nonsense"), None);
    }

    #[tokio::test]
    async fn activity_is_told_once_a_minute() {
        let hub = hub(2, 3);
        let ada = UserId::new("ada").expect("an id");
        let mut listener = hub.listen(&ada, &id("s1")).expect("a place");
        for second in [0, 15, 59, 60, 61, 119, 120] {
            hub.tell(&ada, touched("s1", second));
        }
        let mut told = Vec::new();
        while let Ok(Message::Event(_, event)) = listener.receiver.try_recv() {
            told.push((*event).clone());
        }
        assert_eq!(told, [touched("s1", 0), touched("s1", 60), touched("s1", 120)]);
    }
}

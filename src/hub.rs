//! Sends events to the listeners on this node.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast::{Receiver, Sender};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Handle, Network, Random, Session, SessionEvent, SessionId, Timestamp, UserId};

/// How many events are buffered for a slow listener before it gets the whole list instead.
const EVENTS_KEPT: usize = 16;
/// How many listeners read the list at the same time, so that connections to the database are left for
/// requests.
const LISTS_AT_ONCE: usize = 4;
/// The minimum time between two activity events of a session.
const TOUCHED_EVERY: Duration = Duration::from_secs(60);

/// The limits of live streams, and how often they are checked.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StreamLimits {
    /// For one session. A browser opens at most six connections per host, and has one visible tab per window.
    pub per_session: usize,
    /// For one user, over all sessions.
    pub per_user: usize,
    /// For one network, which is an IPv4 address or an IPv6 /64. Many people may share it.
    pub per_network: usize,
    /// For one node. Each stream needs a connection and a few kilobytes.
    pub per_node: usize,
    /// How often the sessions of streams are verified, many with one query. This limits how long a stream
    /// stays open after a lost notification.
    pub checked_every: Duration,
}

impl StreamLimits {
    /// Derives the limits from the limit of a node: 6 per session, 30 per user, and a tenth of the node's per
    /// network. On a small node the limit per user is a tenth as well. No limit is below 6.
    #[must_use]
    pub fn of_node(per_node: usize) -> Self {
        let per_session = 6;
        let per_network = (per_node / 10).max(per_session);
        let checked_every = Duration::from_secs(20);
        Self { per_session, per_user: per_network.min(30), per_network, per_node, checked_every }
    }
}

impl Default for StreamLimits {
    /// 10 000 streams per node, checked every 20 seconds.
    fn default() -> Self {
        Self::of_node(10_000)
    }
}

/// The id of an event in a stream. A browser that reconnects sends the last one it received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    hub: u64,
    number: u64,
}

impl EventId {
    /// Parses an id, as in `Last-Event-ID`.
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

/// A message in a listener's channel.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// An event.
    Event(EventId, Arc<SessionEvent>),
    /// Events may have been missed.
    Resync,
    /// This session has a new credential: streams that were opened with the old one must verify again.
    Reauthenticated(SessionId),
}

/// The channels of users with listeners on this node.
pub(crate) struct Hub {
    /// Random for each start, so that event ids of different nodes and starts never match.
    id: u64,
    limits: StreamLimits,
    lists: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    channels: HashMap<UserId, Channel>,
    networks: HashMap<Network, usize>,
    streams: usize,
    number: u64,
    closed: bool,
}

struct Channel {
    sender: Sender<Message>,
    /// The last event's number, or an unused number before the first event.
    last: u64,
    /// The credential's handle of each stream, by session.
    streams: HashMap<SessionId, Vec<Handle>>,
    touched: HashMap<SessionId, Timestamp>,
}

/// Why a stream was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// The session, its user or its network has as many streams as allowed.
    Share,
    /// The node has as many streams as allowed, or is stopping.
    Node,
}

impl Hub {
    pub(crate) fn new(limits: StreamLimits, random: &dyn Random) -> Arc<Self> {
        let mut id = [0; 8];
        random.fill(&mut id);
        let lists = Semaphore::new(LISTS_AT_ONCE);
        Arc::new(Self { id: u64::from_be_bytes(id), limits, lists, state: Mutex::default() })
    }

    /// Listens to the events of the session's user. The network is counted if it is known.
    pub(crate) fn listen(
        self: &Arc<Self>,
        session: &Session,
        network: Option<Network>,
    ) -> Result<Listener, Full> {
        let Session { id, user_id: user, handle, .. } = session;
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.closed || state.streams >= self.limits.per_node {
            return Err(Full::Node);
        }
        let of_network =
            network.and_then(|network| state.networks.get(&network)).copied().unwrap_or_default();
        let of_user =
            state.channels.get(user).map_or(0, |channel| channel.streams.values().map(Vec::len).sum());
        if of_network >= self.limits.per_network || of_user >= self.limits.per_user {
            return Err(Full::Share);
        }
        state.number += 1;
        let number = state.number;
        let channel = state.channels.entry(user.clone()).or_insert_with(|| Channel {
            sender: Sender::new(EVENTS_KEPT),
            last: number,
            streams: HashMap::new(),
            touched: HashMap::new(),
        });
        let streams = channel.streams.entry(id.clone()).or_default();
        if streams.len() >= self.limits.per_session {
            return Err(Full::Share);
        }
        streams.push(handle.clone());
        if let Some(network) = network {
            *state.networks.entry(network).or_default() += 1;
        }
        let listener = Listener {
            receiver: channel.sender.subscribe(),
            last: EventId { hub: self.id, number: channel.last },
            hub: Arc::clone(self),
            user: user.clone(),
            session: id.clone(),
            handle: handle.clone(),
            network,
        };
        state.streams += 1;
        Ok(listener)
    }

    /// Whether this node has listeners for a user.
    pub(crate) fn has(&self, user: &UserId) -> bool {
        self.lock().channels.contains_key(user)
    }

    /// Sends an event to all listeners of a user.
    pub(crate) fn tell(&self, user: &UserId, event: SessionEvent) {
        let mut state = self.lock();
        state.number += 1;
        let number = state.number;
        let Some(channel) = state.channels.get_mut(user) else { return };
        if let SessionEvent::Touched { id, last_active_at } = &event {
            let told = channel.touched.entry(id.clone()).or_default();
            // If the clock was set back, the time of the last event is far ahead.
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
        // This fails without listeners, which is fine.
        let _ = channel.sender.send(Message::Event(id, Arc::new(event)));
    }

    /// Sends the whole list again to all listeners of a user, or of all users.
    pub(crate) fn resync(&self, user: Option<&UserId>) {
        let mut state = self.lock();
        state.number += 1;
        let number = state.number;
        for (_, channel) in state.channels.iter_mut().filter(|(id, _)| user.is_none_or(|user| user == *id)) {
            channel.last = number;
            let _ = channel.sender.send(Message::Resync);
        }
    }

    /// Tells the streams of a session that it has a new credential.
    pub(crate) fn reauthenticated(&self, user: &UserId, id: SessionId) {
        if let Some(channel) = self.lock().channels.get(user) {
            // This fails without listeners, which is fine.
            let _ = channel.sender.send(Message::Reauthenticated(id));
        }
    }

    /// The users of all open streams, and the credentials' handles.
    pub(crate) fn opened_with(&self) -> Vec<(UserId, Handle)> {
        let state = self.lock();
        let streams = state.channels.iter().flat_map(|(user, channel)| {
            channel.streams.values().flatten().map(move |handle| (user.clone(), handle.clone()))
        });
        streams.collect()
    }

    pub(crate) fn checked_every(&self) -> Duration {
        self.limits.checked_every
    }

    /// Ends every stream and opens no more.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.channels.clear();
    }

    /// Waits until a listener may read the list. Dropping the permit lets the next one read.
    pub(crate) async fn may_list(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.lists.acquire().await.ok()
    }

    /// How many streams are open.
    pub(crate) fn streams(&self) -> usize {
        self.lock().streams
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic can leave counts and channels half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("user", &self.user).finish_non_exhaustive()
    }
}

/// One listener. Dropping it frees its place.
pub(crate) struct Listener {
    pub(crate) receiver: Receiver<Message>,
    /// The last event when it began to listen.
    pub(crate) last: EventId,
    hub: Arc<Hub>,
    user: UserId,
    session: SessionId,
    handle: Handle,
    network: Option<Network>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        state.streams -= 1;
        if let Some(network) = self.network
            && let Some(streams) = state.networks.get_mut(&network)
        {
            *streams -= 1;
            if *streams == 0 {
                state.networks.remove(&network);
            }
        }
        let Some(channel) = state.channels.get_mut(&self.user) else { return };
        if let Some(streams) = channel.streams.get_mut(&self.session) {
            if let Some(at) = streams.iter().position(|handle| *handle == self.handle) {
                streams.swap_remove(at);
            }
            if streams.is_empty() {
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
    use crate::{ClientHints, OsRandom};

    fn hub(per_session: usize, per_node: usize) -> Arc<Hub> {
        let limits = StreamLimits {
            per_session,
            per_user: per_node,
            per_network: per_node,
            per_node,
            ..StreamLimits::default()
        };
        Hub::new(limits, &OsRandom)
    }

    fn network(address: &str) -> Option<Network> {
        Some(Network::of(address.parse().expect("an address")))
    }

    fn id(text: &str) -> SessionId {
        SessionId::new(text).expect("an id")
    }

    fn session(user: &UserId, text: &str) -> Session {
        Session {
            id: id(text),
            handle: Handle::parse(&format!("{text:0>32}")).expect("a handle"),
            user_id: user.clone(),
            expires_at: Timestamp::default(),
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
            ip_address: String::new(),
            user_agent: String::new(),
            client_hints: ClientHints::default(),
        }
    }

    fn touched(session: &str, second: i64) -> SessionEvent {
        SessionEvent::Touched {
            id: id(session),
            last_active_at: Timestamp::from_unix_ms(1_000_000 + second * 1_000),
        }
    }

    #[test]
    fn closed_streams_free_their_places() {
        let hub = hub(2, 3);
        let ada = UserId::new("ada").expect("an id");
        let first = hub.listen(&session(&ada, "s1"), None).ok();
        let _second = hub.listen(&session(&ada, "s1"), None).expect("a place");
        assert_eq!(hub.listen(&session(&ada, "s1"), None).err(), Some(Full::Share));
        let _third = hub.listen(&session(&ada, "s2"), None).expect("a place");
        assert_eq!(hub.listen(&session(&ada, "s3"), None).err(), Some(Full::Node));
        drop(first);
        let again = hub.listen(&session(&ada, "s1"), None);
        assert!(again.is_ok());
        assert_eq!(hub.streams(), 3);
        hub.close();
        drop(again);
        assert_eq!(hub.listen(&session(&ada, "s1"), None).err(), Some(Full::Node));
    }

    #[test]
    fn streams_are_limited_per_user_and_network() {
        let limits = StreamLimits { per_session: 2, per_user: 3, per_network: 4, ..StreamLimits::of_node(9) };
        let hub = Hub::new(limits, &OsRandom);
        let listen = |user: &str, session: &str, address: Option<Network>| {
            hub.listen(&self::session(&UserId::new(user).expect("an id"), session), address)
        };
        let home = || network("203.0.113.7");
        let mut open: Vec<_> =
            ["s1", "s1", "s2"].map(|session| listen("ada", session, home()).expect("a place")).into();
        assert_eq!(listen("ada", "s2", home()).err(), Some(Full::Share), "of the user");
        assert_eq!(listen("ada", "s2", network("198.51.100.1")).err(), Some(Full::Share), "from anywhere");
        open.push(listen("grace", "s3", home()).expect("a place"));
        assert_eq!(listen("linus", "s4", home()).err(), Some(Full::Share), "of the network");
        open.push(listen("linus", "s4", network("2001:db8::1")).expect("another network"));
        open.push(listen("linus", "s4", None).expect("an unknown network"));
        drop(open.remove(0));
        assert!(listen("ada", "s2", home()).is_ok(), "a place was given back");
        drop(open);
        assert!(hub.lock().networks.is_empty() && hub.streams() == 0, "nothing is left");
    }

    #[test]
    fn limits_per_user_and_network_follow_from_the_limit_of_the_node() {
        let limits = StreamLimits::default();
        assert_eq!((limits.per_session, limits.per_user, limits.per_network), (6, 30, 1_000));
        let small = StreamLimits::of_node(100);
        assert_eq!((small.per_session, small.per_user, small.per_network), (6, 10, 10));
    }

    #[test]
    fn new_channel_does_not_continue_the_event_ids_of_the_old_one() {
        let hub = hub(2, 3);
        let ada = UserId::new("ada").expect("an id");
        let before = hub.listen(&session(&ada, "s1"), None).expect("a place").last;
        assert!(!hub.has(&ada));
        hub.tell(&ada, touched("s1", 0));
        let after = hub.listen(&session(&ada, "s1"), None).expect("a place").last;
        assert_ne!(before, after);
        assert_eq!(EventId::parse(&after.to_string()), Some(after));
        assert_eq!(EventId::parse("nonsense"), None);
    }

    #[tokio::test]
    async fn activity_is_sent_once_a_minute() {
        let hub = hub(2, 3);
        let ada = UserId::new("ada").expect("an id");
        let mut listener = hub.listen(&session(&ada, "s1"), None).expect("a place");
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

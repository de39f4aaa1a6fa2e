//! Several nodes on PostgreSQL.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::{Duration, Instant};

use super::Mistake::*;
use super::{Action, MS, Mistake, Random, Request, SESSIONS, Spare, Totals, Trial, owner};
use crate::store::cache::{Cache, Noted};
use crate::store::lease::{KnownServers, Lease, RENEWED_EVERY, Registered, Settling};

const END: u64 = 11_000 * MS;

enum Event {
    /// A node does something.
    Node(usize, Action<Cluster>),
    /// A message reaches the server, if it is still the one that it was sent to.
    Server {
        number: u64,
        executed: Action<Cluster>,
        failed: Action<Cluster>,
    },
    Other(Action<Cluster>),
}

struct Node {
    cache: Cache<usize, u64>,
    lease: Lease,
    servers: KnownServers,
    /// Thousandths of the true rate.
    rate: u64,
    lives: bool,
    paused_until: u64,
    connection: u64,
    /// Whether its connection still receives notifications.
    listens: bool,
    /// Its notifications, in the order of commits.
    inbox: VecDeque<Action<Cluster>>,
    last_due: u64,
}

struct Change {
    node: usize,
    session: usize,
    /// The change was already made, so it only finds it.
    nothing: bool,
    /// The server that it was sent to.
    server: u64,
    /// The version that it made or found, once committed.
    version: u64,
    nodes_before: Vec<Registered>,
    acknowledged: Vec<usize>,
    settling: Option<Settling>,
    over: bool,
}

/// Several nodes and their database.
pub(super) struct Cluster {
    trial: Trial,
    /// The percentage of slow statements of changes.
    slow: u64,
    /// The percentage of late notifications of changes.
    late: u64,
    /// The percentage of failures at critical moments.
    often: u64,
    faults: Range<u64>,
    now: u64,
    pushed: u64,
    events: BTreeMap<(u64, u64), Event>,
    runs: bool,
    server: u64,
    versions: [u64; SESSIONS],
    /// The rows of nodes, each with its renewal and the one before.
    rows: BTreeMap<usize, (i64, i64)>,
    nodes: Vec<Node>,
    changes: Vec<Change>,
    /// The highest version of each session whose change was answered.
    answered: [u64; SESSIONS],
}

impl Cluster {
    pub(super) fn run(seed: u64, mistake: Option<Mistake>, spare: &mut Spare) -> Result<Totals, String> {
        let mut it = Self {
            trial: Trial::new(seed, mistake, spare),
            slow: 0,
            late: 0,
            often: 0,
            faults: 0..7,
            now: 0,
            pushed: 0,
            events: BTreeMap::new(),
            runs: true,
            server: 0,
            versions: [1; SESSIONS],
            rows: BTreeMap::new(),
            nodes: Vec::new(),
            changes: Vec::new(),
            answered: [0; SESSIONS],
        };
        it.plan();
        while let Some(((now, _), event)) = it.events.pop_first().filter(|((now, _), _)| *now < END)
            && it.trial.stale.is_none()
        {
            it.now = now;
            it.happens(event);
        }
        let ended = it.trial.ends(spare, it.nodes.into_iter().map(|node| node.cache));
        ended.map_err(|stale| format!("{stale}, {} ms after the start", it.now / MS))
    }

    fn plan(&mut self) {
        let any = |random: &mut Random, of: [u64; 3]| of[random.index(3)];
        let (slow, late) = (any(&mut self.trial.random, [0, 0, 30]), any(&mut self.trial.random, [0, 0, 20]));
        let kinds = [0..7, 0..7, 0..1, 2..3, 3..7];
        (self.slow, self.late, self.often, self.faults) = match self.trial.mistake {
            // Rates with which these mistakes are found soon.
            Some(TrustsANewServer) => (0, 0, 10, 0..1),
            Some(KnowsAServerSinceTheCommit) => (0, 0, 20, 0..1),
            Some(ReadsNodesBeforeTheCommit) => (50, 30, 30, 2..3),
            Some(ForgetsNodesTooEarly) => (30, 30, 10, 3..7),
            Some(LeaseFromWhenTheTokenCameBack | ForgetsNodesThatRenewed) => (0, 10, 10, 3..7),
            Some(RenewalsRepeat) => (0, 30, 40, 5..7),
            _ => (
                slow,
                late,
                any(&mut self.trial.random, [5, 5, 30]),
                kinds[self.trial.random.index(kinds.len())].clone(),
            ),
        };
        // The first one caches no sessions.
        (0..2 + self.trial.random.below(3)).for_each(|_| self.node_starts());
        for _ in 0..self.trial.random.below(6) {
            self.some_time(Self::something_fails);
        }
        for _ in 0..5 {
            let (session, nothing) = (self.trial.random.index(SESSIONS), self.trial.random.chance(20));
            self.some_time(move |it| it.begins(session, nothing));
        }
        for _ in 0..20 {
            let session = self.trial.random.index(SESSIONS);
            self.some_time(move |it| it.some_node().into_iter().for_each(|node| it.arrives(node, session)));
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Node(node, action) => {
                let Node { lives, paused_until, .. } = self.nodes[node];
                if lives && paused_until > self.now {
                    // Deferred events happen in any order.
                    let after = paused_until - self.now + self.trial.random.below(2 * MS);
                    self.push(after, Event::Node(node, action));
                } else if lives {
                    action(self);
                }
            }
            Event::Server { number, executed, .. } if self.runs && number == self.server => executed(self),
            Event::Server { failed, .. } => failed(self),
            Event::Other(action) => action(self),
        }
    }

    fn push(&mut self, after: u64, event: Event) {
        self.pushed += 1;
        self.events.insert((self.now + after, self.pushed), event);
    }

    fn some_time(&mut self, action: impl FnOnce(&mut Self) + 'static) {
        let after = self.trial.random.below(END);
        self.push(after, Event::Other(Box::new(action)));
    }

    fn soon(&mut self, action: impl FnOnce(&mut Self) + 'static) {
        let after = self.trial.random.delay();
        self.push(after, Event::Other(Box::new(action)));
    }

    /// A node does something after a delay.
    fn does(&mut self, node: usize, action: impl FnOnce(&mut Self) + 'static) {
        let after = self.trial.random.delay();
        self.push(after, Event::Node(node, Box::new(action)));
    }

    /// Sends a message to the database, which sometimes takes long.
    fn send(
        &mut self,
        often: u64,
        executed: impl FnOnce(&mut Self) + 'static,
        failed: impl FnOnce(&mut Self) + 'static,
    ) {
        let (after, number) = (self.trial.random.often_long(often), self.server);
        let (executed, failed) = (Box::new(executed), Box::new(failed));
        self.push(after, Event::Server { number, executed, failed });
    }

    fn notify(&mut self, to: usize, often: u64, action: impl FnOnce(&mut Self) + 'static) {
        let due = (self.now + self.trial.random.often_long(often)).max(self.nodes[to].last_due);
        let node = &mut self.nodes[to];
        if !node.listens {
            return;
        }
        let connection = node.connection;
        node.inbox.push_back(Box::new(action));
        node.last_due = due;
        let hears = move |it: &mut Self| {
            if it.nodes[to].connection == connection
                && let Some(action) = it.nodes[to].inbox.pop_front()
            {
                action(it);
            }
        };
        self.push(due - self.now, Event::Node(to, Box::new(hears)));
    }

    /// A node's monotonic clock.
    fn clock(&self, node: usize) -> Instant {
        self.trial.start + Duration::from_nanos(self.now * self.nodes[node].rate / 1_000)
    }

    fn living(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].lives).collect()
    }

    fn some_node(&mut self) -> Option<usize> {
        let living = self.living();
        (!living.is_empty()).then(|| living[self.trial.random.index(living.len())])
    }

    fn registered(&self) -> Vec<Registered> {
        let row =
            |(node, (renewal, _)): (&usize, &_)| Registered { node: node.to_string(), renewal: *renewal };
        self.rows.iter().map(row).collect()
    }

    fn node_starts(&mut self) {
        let cache = self.trial.spare.pop().unwrap_or_else(|| Cache::new(16));
        cache.clear();
        self.nodes.push(Node {
            cache,
            lease: Lease::default(),
            servers: KnownServers::new(),
            rate: 980 + self.trial.random.below(41),
            lives: true,
            paused_until: 0,
            connection: 0,
            listens: false,
            inbox: VecDeque::new(),
            last_due: 0,
        });
        self.connects(self.nodes.len() - 1);
        if self.trial.random.chance(20) {
            let session = self.trial.random.index(SESSIONS);
            self.soon(move |it| it.begins(session, false));
        }
    }

    fn connects(&mut self, node: usize) {
        let executed = move |it: &mut Self| {
            it.nodes[node].listens = it.nodes[node].lives;
            let server = it.server.to_string();
            it.notify(node, 0, move |it| it.listens(node, &server));
        };
        self.send(0, executed, move |it| it.does(node, move |it| it.connects(node)));
    }

    fn listens(&mut self, node: usize, server: &str) {
        let (now, clears) = (self.clock(node), !self.trial.makes(DoesNotClearOnReconnect));
        let Node { cache, lease, servers, connection, .. } = &mut self.nodes[node];
        servers.is_new(server, now);
        if clears {
            cache.clear();
        }
        lease.lose();
        let connection = *connection;
        self.renews(node, connection);
    }

    fn renews(&mut self, node: usize, connection: u64) {
        let (now, token) = (self.clock(node), self.trial.random.next().cast_signed());
        if self.nodes[node].connection != connection || node == 0 {
            return;
        }
        self.nodes[node].lease.renew(token, now);
        self.send(0, move |it| it.renewed(node, token), |_| {});
        let every = u64::try_from(RENEWED_EVERY.as_nanos()).expect("short");
        let after = every * (90 + self.trial.random.below(20)) / 100;
        self.push(after, Event::Node(node, Box::new(move |it| it.renews(node, connection))));
    }

    fn renewed(&mut self, node: usize, token: i64) {
        if !self.nodes[node].listens && self.trial.random.chance(50) {
            return;
        }
        let before = self.rows.get(&node).map_or(0, |(renewal, _)| *renewal);
        let renewal = if self.trial.makes(RenewalsRepeat) { before + 1 } else { token };
        if self.rows.insert(node, (renewal, before)).is_none() {
            self.something_may_fail();
            for session in 0..SESSIONS {
                self.soon(move |it| it.soon(move |it| it.arrives(node, session)));
            }
        }
        self.notify(node, 0, move |it| {
            let now = it.clock(node);
            if it.trial.makes(LeaseFromWhenTheTokenCameBack) {
                it.nodes[node].lease.renew(token, now);
            }
            it.nodes[node].lease.renewed(token);
        });
        if self.trial.makes(LeaseOnceTheRenewalReturned) {
            self.does(node, move |it| it.nodes[node].lease.renewed(token));
        }
    }

    fn arrives(&mut self, node: usize, session: usize) {
        let request = Request { session, least: self.answered[session] };
        self.push(0, Event::Node(node, Box::new(move |it| it.is_asked(node, request))));
    }

    fn is_asked(&mut self, node: usize, request: Request) {
        let now = self.clock(node);
        if self.nodes[node].lease.until().is_none_or(|until| now >= until) {
            self.trial.count("requests without a lease");
            self.queries(node, request, None);
        } else if self.trial.random.chance(10) {
            self.does(node, move |it| it.looks_up(node, request, now));
        } else {
            self.looks_up(node, request, now);
        }
    }

    fn looks_up(&mut self, node: usize, request: Request, now: Instant) {
        let cache = &self.nodes[node].cache;
        let noted = cache.note(0, now);
        if let Some(version) = cache.get(&request.session, &noted) {
            request.check(version, &mut self.trial.stale);
            self.trial.count("hits");
        } else {
            self.trial.count("misses");
            self.queries(node, request, Some(noted));
        }
    }

    fn queries(&mut self, node: usize, request: Request, noted: Option<Noted>) {
        let returned = move |it: &mut Self, version| {
            let late = it.trial.makes(NotesAfterTheQuery).then(|| it.clock(node));
            let cache = &it.nodes[node].cache;
            if let Some(noted) = noted {
                let noted = late.map_or(noted, |now| cache.note(0, now));
                cache.insert(request.session, &owner(request.session), version, noted);
            }
            request.check(version, &mut it.trial.stale);
        };
        let executed = move |it: &mut Self| {
            let version = it.versions[request.session];
            it.does(node, move |it| returned(it, version));
        };
        self.send(0, executed, |_| {});
    }

    /// Requests for a session arrive at all nodes, now and shortly after.
    fn asks_all(&mut self, session: usize) {
        for node in self.living().into_iter().filter(|node| *node != 0) {
            self.arrives(node, session);
            self.soon(move |it| it.arrives(node, session));
        }
    }

    fn begins(&mut self, session: usize, nothing: bool) {
        if let Some(node) = self.some_node() {
            self.begins_at(node, session, nothing);
        }
    }

    fn begins_at(&mut self, node: usize, session: usize, nothing: bool) {
        if self.changes.len() == 14 {
            return;
        }
        self.asks_all(session);
        let change = self.changes.len();
        self.changes.push(Change {
            node,
            session,
            nothing,
            server: self.server,
            version: 0,
            nodes_before: self.registered(),
            acknowledged: Vec::new(),
            settling: None,
            over: false,
        });
        let executed = move |it: &mut Self| {
            it.commits(change);
            if it.trial.random.chance(97) {
                it.does(node, move |it| it.has_committed(change));
            } else {
                it.does(node, move |it| it.has_no_outcome(change));
            }
        };
        let failed = move |it: &mut Self| it.does(node, move |it| it.has_no_outcome(change));
        self.send(self.slow, executed, failed);
        if self.trial.random.chance(3) {
            self.does(node, move |it| it.has_no_outcome(change));
        }
        if !nothing && self.trial.random.chance(20) {
            // Somebody else requests the same change.
            self.soon(move |it| it.begins(session, true));
        }
    }

    fn commits(&mut self, change: usize) {
        let Change { session, nothing, .. } = self.changes[change];
        self.versions[session] += u64::from(!nothing);
        self.changes[change].version = self.versions[session];
        for node in (0..self.nodes.len()).filter(|_| !nothing) {
            let applies = move |it: &mut Self| it.nodes[node].cache.invalidate(&owner(session));
            if self.trial.makes(AcknowledgesBeforeItApplies) {
                self.notify(node, self.late, move |it| it.does(node, applies));
            } else {
                self.notify(node, self.late, applies);
            }
        }
    }

    fn has_no_outcome(&mut self, change: usize) {
        let Change { node, session, over, .. } = self.changes[change];
        if !over {
            self.nodes[node].cache.invalidate(&owner(session));
            self.trial.count("unknown outcomes");
            self.is_retried(change);
        }
    }

    fn has_committed(&mut self, change: usize) {
        let Change { node, session, nothing, over, .. } = self.changes[change];
        let committed = self.clock(node);
        if over {
            return;
        }
        if !nothing || !self.trial.makes(InvalidatesOnlyIfChanged) {
            self.nodes[node].cache.invalidate(&owner(session));
        }
        if self.trial.random.chance(4) {
            self.trial.count("crashes before the answer");
            return self.dies(node);
        }
        self.something_may_fail();
        if nothing && self.trial.makes(AnswersAtOnceIfNothingChanged) {
            return self.is_answered(change);
        }
        let unread = move |it: &mut Self| it.does(node, move |it| it.waits(change, committed, None));
        let executed = move |it: &mut Self| {
            let before = std::mem::take(&mut it.changes[change].nodes_before);
            let rows = if it.trial.makes(ReadsNodesBeforeTheCommit) { before } else { it.registered() };
            let read = it.trial.random.chance(97).then_some((it.server, rows));
            // The question to the nodes is committed after their rows were read.
            let asked = move |it: &mut Self| {
                for other in (0..it.nodes.len()).filter(|other| *other != node) {
                    it.notify(other, 0, move |it| it.acknowledges(other, change));
                }
                it.does(node, move |it| it.waits(change, committed, read));
            };
            it.send(0, asked, unread);
        };
        // There may be no connection until another server has taken over.
        let often = if self.trial.makes(KnowsAServerSinceTheCommit) { 60 } else { self.slow };
        let after = self.trial.random.often_long(often);
        self.push(after, Event::Node(node, Box::new(move |it| it.send(0, executed, unread))));
    }

    fn acknowledges(&mut self, node: usize, change: usize) {
        let acknowledged = move |it: &mut Self| {
            it.changes[change].acknowledged.push(node);
            it.settles(change);
        };
        let to = self.changes[change].node;
        self.send(0, move |it| it.notify(to, 0, acknowledged), |_| {});
    }

    /// Begins to wait after the nodes were read, or could not be read.
    fn waits(&mut self, change: usize, committed: Instant, read: Option<(u64, Vec<Registered>)>) {
        let Change { node, .. } = self.changes[change];
        let now = self.clock(node);
        let known_from = if self.trial.makes(KnowsAServerSinceTheCommit) { committed } else { now };
        let from = if self.trial.makes(ForgetsNodesTooEarly) { committed } else { now };
        let trusts = self.trial.makes(TrustsANewServer);
        let Node { servers, rate, .. } = &mut self.nodes[node];
        let settling = match read {
            Some((server, nodes)) if !servers.is_new(&server.to_string(), known_from) || trusts => {
                Settling::new(committed, from, nodes, &node.to_string())
            }
            _ => Settling::blind(committed),
        };
        // The true time at which the wait ends by the node's clock.
        let until = u64::try_from((settling.until() - self.trial.start).as_nanos()).expect("short");
        let after = (until * 1_000).div_ceil(*rate).saturating_sub(self.now);
        self.push(after, Event::Node(node, Box::new(move |it| it.settles(change))));
        self.changes[change].settling = Some(settling);
        self.settles(change);
    }

    /// Answers a change whose wait is over.
    fn settles(&mut self, change: usize) {
        let Change { node, ref acknowledged, ref mut settling, .. } = self.changes[change];
        let others = acknowledged.iter().map(usize::to_string);
        settling.iter_mut().for_each(|it| others.clone().for_each(|node| it.acknowledged(&node)));
        let now = self.clock(node);
        let Some(settling) = self.changes[change].settling.take_if(|it| it.is_over(now)) else { return };
        let silent = settling.silent().to_vec();
        if silent.is_empty() {
            self.trial.count(if now < settling.until() {
                "acknowledged by all"
            } else {
                "waits for any lease"
            });
            return self.is_answered(change);
        }
        self.trial.count("waits for silent nodes");
        let returned = move |it: &mut Self| it.does(node, move |it| it.is_answered(change));
        let executed = move |it: &mut Self| {
            for Registered { node, renewal } in silent {
                let node = node.parse().expect("a node");
                let same = it.rows.get(&node).is_some_and(|(now, _)| *now == renewal);
                if (same || it.trial.makes(ForgetsNodesThatRenewed)) && it.rows.remove(&node).is_some() {
                    it.trial.count("nodes forgotten");
                }
            }
            returned(it);
        };
        // The mistake needs a node to register again with the same renewal in between.
        let often = if self.trial.makes(RenewalsRepeat) { 100 } else { self.slow };
        self.send(often, executed, returned);
    }

    fn is_answered(&mut self, change: usize) {
        let Change { node, session, version, nothing, over, .. } = self.changes[change];
        if over {
            return;
        }
        self.changes[change].over = true;
        self.trial.count(if nothing { "changes found" } else { "changes made" });
        self.answered[session] = self.answered[session].max(version);
        self.asks_all(session);
        if self.trial.random.chance(50) {
            let session = self.trial.random.index(SESSIONS);
            self.does(node, move |it| it.begins_at(node, session, false));
        }
    }

    /// A client without an answer tries again, on any node, and finds the change if it was made.
    fn is_retried(&mut self, change: usize) {
        let Change { session, version, .. } = self.changes[change];
        self.changes[change].over = true;
        self.soon(move |it| it.begins(session, version > 0));
    }

    fn something_may_fail(&mut self) {
        if self.trial.random.chance(self.often) {
            let after = self.trial.random.below(1_500 * MS);
            self.push(after, Event::Other(Box::new(Self::something_fails)));
        }
    }

    fn something_fails(&mut self) {
        let what = self.faults.start + self.trial.random.below(self.faults.end - self.faults.start);
        match (what, self.some_node()) {
            (0 | 1, _) if self.runs => self.server_stops(what == 0),
            (0 | 1, _) | (_, None) => {}
            (2, Some(node)) => self.dies(node),
            (3 | 4, Some(node)) => self.is_cut(node),
            (_, Some(node)) => {
                self.trial.count("pauses");
                self.nodes[node].paused_until = self.now + self.trial.random.below(5_000 * MS);
            }
        }
    }

    /// A node dies, and another one starts after a while.
    fn dies(&mut self, node: usize) {
        self.trial.count("deaths");
        (self.nodes[node].lives, self.nodes[node].listens) = (false, false);
        let after = self.trial.random.below(2_000 * MS);
        self.push(after, Event::Other(Box::new(Self::node_starts)));
        for change in 0..self.changes.len() {
            if self.changes[change].node == node && !self.changes[change].over {
                self.is_retried(change);
            }
        }
    }

    /// A listener's connection is cut. Some of the notifications on their way may still arrive.
    fn is_cut(&mut self, node: usize) {
        let Node { listens, inbox, connection, .. } = &mut self.nodes[node];
        if !std::mem::take(listens) {
            return;
        }
        inbox.truncate(self.trial.random.index(inbox.len() + 1));
        let connection = *connection;
        self.trial.count("cuts");
        let most = if self.trial.random.chance(50) { 10 } else { 4_000 };
        let after = self.trial.random.below(most * MS);
        let noticed = move |it: &mut Self| {
            if it.nodes[node].connection == connection {
                it.nodes[node].lease.lose();
                it.nodes[node].connection += 1;
                it.nodes[node].inbox.clear();
                it.does(node, move |it| it.connects(node));
            }
        };
        self.push(after, Event::Node(node, Box::new(noticed)));
    }

    fn server_stops(&mut self, failover: bool) {
        self.trial.count(if failover { "failovers" } else { "stops" });
        for change in 0..self.changes.len() {
            // Running commits succeed or not, and nobody gets their result.
            let Change { server, version, .. } = self.changes[change];
            if server == self.server && version == 0 && self.trial.random.chance(50) {
                self.commits(change);
            }
        }
        self.runs = false;
        (0..self.nodes.len()).for_each(|node| self.is_cut(node));
        let most = if self.trial.random.chance(70) { 200 } else { 3_000 };
        let after = self.trial.random.below(most * MS);
        self.push(after, Event::Other(Box::new(move |it| it.server_starts(failover))));
    }

    fn server_starts(&mut self, failover: bool) {
        (self.runs, self.server) = (true, self.server + 1);
        let Self { rows, trial: Trial { random, .. }, .. } = self;
        // The last writes to the rows are lost.
        rows.retain(|_, (renewal, before)| {
            if failover && random.chance(30) {
                *renewal = *before;
            }
            !failover || random.chance(50)
        });
    }
}

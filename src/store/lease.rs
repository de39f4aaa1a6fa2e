//! How nodes that share a database agree when a cached answer may be given: leases on one side, waiting on the other.
//! `docs/session-cache.md` argues why it is exact.
//!
//! Nothing here does input or output, and time is a parameter, so that a model can go through it.

use std::time::{Duration, Instant};

/// How long a node answers from its cache after it began to renew.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// How often it renews.
pub(crate) const RENEWED_EVERY: Duration = Duration::from_millis(660);
/// How much longer than a lease a change waits: clocks may run a tenth faster or slower than each other.
const MARGIN: Duration = Duration::from_millis(250);
/// How long after a commit the nodes must have been read, so that the silent ones are removed.
const PROMPT: Duration = Duration::from_millis(100);

/// One node's right to answer from its cache.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    /// The renewal that is not back yet, and when it was about to be sent.
    renewing: Option<(i64, Instant)>,
    until: Option<Instant>,
}

impl Lease {
    /// Notes that a renewal is about to be sent; `token` is never used twice.
    pub(crate) fn renew(&mut self, token: i64, now: Instant) {
        self.renewing = Some((token, now));
    }

    /// Notes that the node was notified of a token, and has applied all that it was notified of before. The lease counts
    /// from before the renewal was sent. A token of an earlier renewal than the last one counts no more.
    pub(crate) fn renewed(&mut self, token: i64) {
        if let Some((_, sent)) = self.renewing.take_if(|(sent, _)| *sent == token) {
            self.until = Some(sent + LEASE);
        }
    }

    /// Notes that the node may miss notifications from now on.
    pub(crate) fn lose(&mut self) {
        *self = Self::default();
    }

    /// Until when the node may answer from its cache.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.until
    }
}

/// A node's row in the database: its name and its last renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    pub(crate) node: String,
    pub(crate) renewal: i64,
}

/// Since when a process knows the servers that databases are on.
#[derive(Debug, Default)]
pub(crate) struct KnownServers(Vec<(String, Instant)>);

impl KnownServers {
    /// None so far.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Notes which server has answered by `now`, as its start names it. Gives whether rows of nodes may be missing there: a
    /// failover may have lost the last ones, and leases of the server before may last.
    pub(crate) fn is_new(&mut self, server: &str, now: Instant) -> bool {
        let known = self.0.iter().find(|(known, _)| known == server).map(|(_, since)| *since);
        if known.is_none() {
            self.0.push((server.to_owned(), now));
        }
        now.saturating_duration_since(known.unwrap_or(now)) < LEASE + MARGIN
    }

    /// Whether no other server was known before.
    pub(crate) fn has_one(&self) -> bool {
        self.0.len() < 2
    }
}

/// A committed change that waits until no node answers from before it.
#[derive(Debug)]
pub(crate) struct Settling {
    until: Instant,
    waits_for: Vec<Registered>,
    /// Whether it waits for nodes that it does not know.
    is_blind: bool,
    /// Whether nodes that have not acknowledged by then have no lease of what was read.
    may_expire: bool,
}

impl Settling {
    /// Waits for the other nodes of those that were registered after the commit, which had returned at `committed`; their
    /// rows had been read at `read`.
    pub(crate) fn new(committed: Instant, read: Instant, registered: Vec<Registered>, own: &str) -> Self {
        let waits_for = registered.into_iter().filter(|it| it.node != own).collect();
        // Any lease from before the commit is over a lease after it. What was read may have been renewed since the commit.
        let may_expire = read.saturating_duration_since(committed) < PROMPT;
        let until = if may_expire { read } else { committed } + LEASE + MARGIN;
        Self { until, waits_for, is_blind: false, may_expire }
    }

    /// Waits as long as any lease can last that began before the commit.
    pub(crate) fn blind(committed: Instant) -> Self {
        Self { is_blind: true, ..Self::new(committed, committed, Vec::new(), "") }
    }

    /// Notes that a node has applied the change.
    pub(crate) fn acknowledged(&mut self, node: &str) {
        self.waits_for.retain(|it| it.node != node);
    }

    /// Whether the change may be answered.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        now >= self.until || (self.waits_for.is_empty() && !self.is_blind)
    }

    /// When it may be answered at the latest.
    pub(crate) fn until(&self) -> Instant {
        self.until
    }

    /// The nodes that did not acknowledge. Those with the same renewal still have no lease any more: their rows are to be
    /// deleted, so that the next change does not wait for them.
    pub(crate) fn silent(&self) -> &[Registered] {
        if self.may_expire { &self.waits_for } else { &[] }
    }
}

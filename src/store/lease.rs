//! How nodes that share a database agree when a cached answer may be given: a node needs a lease, and a
//! change waits for the leases of the others. `docs/session-cache.md` explains why it is exact.
//!
//! Nothing here does I/O, and time is a parameter, so that a model can test it.

use std::time::{Duration, Instant};

/// How long a node answers from its cache after it began a renewal.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// How often it renews the lease.
pub(crate) const RENEWED_EVERY: Duration = Duration::from_millis(660);
/// How much longer than a lease a change waits: clocks may run a tenth faster or slower than each other.
const MARGIN: Duration = Duration::from_millis(250);
/// How soon after a commit the nodes must have been read, so that silent ones may be removed.
const PROMPT: Duration = Duration::from_millis(100);

/// One node's right to answer from its cache.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    /// The renewal whose notification is not back yet, and the time just before it was sent.
    renewing: Option<(i64, Instant)>,
    until: Option<Instant>,
}

impl Lease {
    /// Records that a renewal is about to be sent. A `token` is never used twice.
    pub(crate) fn renew(&mut self, token: i64, now: Instant) {
        self.renewing = Some((token, now));
    }

    /// Records that the node received the notification of a token, after applying all earlier notifications.
    /// The lease counts from before the renewal was sent. Only the token of the last renewal counts.
    pub(crate) fn renewed(&mut self, token: i64) {
        if let Some((_, sent)) = self.renewing.take_if(|(sent, _)| *sent == token) {
            self.until = Some(sent + LEASE);
        }
    }

    /// Records that the node may miss notifications from now on.
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

/// The database servers that a process knows, and since when.
#[derive(Debug, Default)]
pub(crate) struct KnownServers(Vec<(String, Instant)>);

impl KnownServers {
    /// No known server.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Records which server has answered by `now`, identified by its start. Returns whether rows of nodes may
    /// be missing there: a failover may have lost the last ones, and leases from the previous server may
    /// still be valid.
    pub(crate) fn is_new(&mut self, server: &str, now: Instant) -> bool {
        let known = self.0.iter().find(|(known, _)| known == server).map(|(_, since)| *since);
        if known.is_none() {
            self.0.push((server.to_owned(), now));
        }
        now.saturating_duration_since(known.unwrap_or(now)) < LEASE + MARGIN
    }

    /// Whether at most one server is known.
    pub(crate) fn has_one(&self) -> bool {
        self.0.len() < 2
    }
}

/// A committed change that waits until no node answers from the state before it.
#[derive(Debug)]
pub(crate) struct Settling {
    until: Instant,
    waits_for: Vec<Registered>,
    /// Whether it waits for nodes that it does not know.
    is_blind: bool,
    /// Whether, after the wait, the leases of silent nodes have expired for certain.
    may_expire: bool,
}

impl Settling {
    /// Waits for the nodes other than `own` that were registered after the commit. The commit had returned at
    /// `committed`, and the rows had been read at `read`.
    pub(crate) fn new(committed: Instant, read: Instant, registered: Vec<Registered>, own: &str) -> Self {
        let waits_for = registered.into_iter().filter(|it| it.node != own).collect();
        // Leases from before the commit expire one lease after it. A row that was read later may have been
        // renewed since the commit.
        let may_expire = read.saturating_duration_since(committed) < PROMPT;
        let until = if may_expire { read } else { committed } + LEASE + MARGIN;
        Self { until, waits_for, is_blind: false, may_expire }
    }

    /// Waits as long as any lease from before the commit can last.
    pub(crate) fn blind(committed: Instant) -> Self {
        Self { is_blind: true, ..Self::new(committed, committed, Vec::new(), "") }
    }

    /// Records that a node has applied the change.
    pub(crate) fn acknowledged(&mut self, node: &str) {
        self.waits_for.retain(|it| it.node != node);
    }

    /// Whether the change may be answered.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        now >= self.until || (self.waits_for.is_empty() && !self.is_blind)
    }

    /// When the wait ends at the latest.
    pub(crate) fn until(&self) -> Instant {
        self.until
    }

    /// The nodes that did not acknowledge. If their renewal is still the same, their lease has expired. Their
    /// rows are to be deleted, so that the next change does not wait for them.
    pub(crate) fn silent(&self) -> &[Registered] {
        if self.may_expire { &self.waits_for } else { &[] }
    }
}

//! Events that were not delivered to consumers of the outbox yet.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::{OutboxEvent, Timestamp, UserId};

/// The longest time for which an event is put off. If one is put off for longer, the clock was set back, and it is due.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
pub(super) const MAX_DELAY: Duration = Duration::from_secs(60 * 60);

/// Who delivers events to a consumer.
#[derive(Clone, Copy, Debug)]
pub struct Deliverer<'a> {
    /// The consumer's name.
    pub consumer: &'a str,
    /// The deliverer's own id. Each node has another one after each start.
    pub id: &'a str,
}

/// The result of a request to lease a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsumerLease {
    /// The deliverer has the lease.
    Held,
    /// Another deliverer has it.
    HeldByAnother,
    /// There is no such consumer. It was never added, or it was removed.
    NoSuchConsumer,
}

/// An event to deliver now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueEvent {
    /// The event.
    pub event: OutboxEvent,
    /// How often its delivery has failed.
    pub attempts: u32,
    /// When it was written, by the store's clock.
    pub written_at: Timestamp,
}

/// A consumer of the outbox, and what was not delivered to it yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerBacklog {
    /// The consumer's name.
    pub name: String,
    /// How many events wait, those whose delivery has failed too.
    pub waiting: u64,
    /// How many of them have failed. There is at most one of each user, as the others of the user wait for it.
    pub failing: u64,
    /// How many events were given up.
    pub given_up: u64,
    /// When the oldest of all of them was written.
    pub oldest: Option<Timestamp>,
    /// Why a delivery failed, of the event that is tried again last.
    pub last_error: Option<String>,
}

/// Keeps events for each consumer until they are delivered. Every method is one transaction, or several that can be
/// repeated.
///
/// Every change writes its events in its own transaction, one for each consumer. The events of a user have the order of
/// their changes. Erasing a user deletes the user's events and writes one that says so.
///
/// Leases and delays are measured by the clock of the node that calls (`now`), so the clocks of nodes may differ by
/// some seconds only. Retention is measured by the store's own clock.
///
/// # Errors
///
/// [`StoreError`] when the store fails; so for every method.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Adds a consumer; does nothing if it exists. Every change that commits after the answer writes its events for it.
    async fn add_consumer(&self, name: &str) -> Result<(), StoreError>;

    /// Removes a consumer with its events; `false` if it does not exist.
    async fn remove_consumer(&self, name: &str) -> Result<bool, StoreError>;

    /// Leases a consumer, or extends the lease.
    ///
    /// A lease that ends more than twice its duration ahead is void: the clock was set back.
    async fn lease_consumer(
        &self,
        by: Deliverer<'_>,
        lease: Duration,
        now: Timestamp,
    ) -> Result<ConsumerLease, StoreError>;

    /// Lists what is due: the first event of each user, unless it is put off, for at most `limit` users. Events that were
    /// given up do not count. Empty if the deliverer does not have the lease.
    ///
    /// The store defines the order of users, and the list begins after the user `after`. An event that is put off by
    /// more than an hour is due: the clock was set back.
    async fn due_events(
        &self,
        by: Deliverer<'_>,
        after: Option<&UserId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<DueEvent>, StoreError>;

    /// Deletes delivered events; does nothing if another deliverer has the lease.
    async fn drop_events(&self, by: Deliverer<'_>, ids: &[i64]) -> Result<(), StoreError>;

    /// Stores that a delivery failed and why. The event is put off until `retry_at`; without a time it is given up: it
    /// stays, and the next event of its user is due. Does nothing if another deliverer has the lease.
    async fn fail_event(
        &self,
        by: Deliverer<'_>,
        id: i64,
        retry_at: Option<Timestamp>,
        error: &str,
    ) -> Result<(), StoreError>;

    /// Makes every postponed or given-up event of a consumer due, as if no delivery had failed, and returns their
    /// number.
    async fn retry_events(&self, consumer: &str) -> Result<u64, StoreError>;

    /// Lists every consumer in the order of their names.
    async fn consumers(&self) -> Result<Vec<ConsumerBacklog>, StoreError>;

    /// Ends a lease, so that another deliverer gets the next one at once.
    async fn release_consumer(&self, by: Deliverer<'_>) -> Result<(), StoreError>;

    /// Deletes at most `limit` events written at or before a moment, delivered or not, and returns their number.
    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

//! What is still to be told to the consumers of the outbox.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::{OutboxEvent, Timestamp};

/// No event is put off that far, unless the clock was set back since.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "test-support"))]
pub(super) const TOO_FAR: Duration = Duration::from_secs(60 * 60);

/// Who delivers events to a consumer.
#[derive(Clone, Copy, Debug)]
pub struct Deliverer<'a> {
    /// The consumer's name.
    pub consumer: &'a str,
    /// Names the deliverer: another one on each node and after each start.
    pub id: &'a str,
}

/// An event that is to be delivered now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueEvent {
    /// The event.
    pub event: OutboxEvent,
    /// How often it has failed.
    pub attempts: u32,
}

/// Keeps for each consumer what happens until it was told; every method is one transaction, or several that can be
/// called again.
///
/// Every change writes what happened in its own transaction, for each consumer that there is. The events of a user have
/// the order of their changes. The erasure of a user removes the events of that user and leaves one that says so.
///
/// # Errors
///
/// [`StoreError`] when the store fails; so for every method.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Adds a consumer, for which events are kept from then on; nothing if it is there.
    async fn add_consumer(&self, name: &str) -> Result<(), StoreError>;

    /// Removes a consumer with its events; `false` if it is not there.
    async fn remove_consumer(&self, name: &str) -> Result<bool, StoreError>;

    /// Leases a consumer, or extends the lease, and gives what is due: of each user the first event that is still there,
    /// the first written first, at most `limit`. Only the deliverer with the lease is given any; `None` where another one
    /// has it, or there is no such consumer.
    ///
    /// A lease that ends further ahead than twice its duration is none: the clock was set back since. The same holds for
    /// an event that was put off by more than an hour.
    async fn claim_events(
        &self,
        by: Deliverer<'_>,
        lease: Duration,
        limit: u32,
        now: Timestamp,
    ) -> Result<Option<Vec<DueEvent>>, StoreError>;

    /// Deletes an event that was delivered, or puts one off that failed; nothing if another deliverer has the lease.
    async fn settle_event(
        &self,
        by: Deliverer<'_>,
        id: i64,
        retry_at: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Ends a lease, so that another deliverer has it at once.
    async fn release_consumer(&self, by: Deliverer<'_>) -> Result<(), StoreError>;

    /// Deletes events that were written at or before a moment, delivered or not, at most `limit`; gives the number.
    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

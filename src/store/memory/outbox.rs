//! Events that were not delivered to consumers of the outbox yet, in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::{MemoryStore, Result};
use crate::store::outbox::MAX_DELAY;
use crate::store::{ConsumerBacklog, ConsumerLease, Deliverer, DueEvent, NewHistoryEntry, OutboxStore};
use crate::{OutboxEvent, OutboxEventKind, Timestamp, UserId};

#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    consumers: Vec<Consumer>,
    /// In the order in which they were written.
    events: Vec<Row>,
    /// How many were ever written.
    written: i64,
    /// The latest moment that this store was told, as it has no clock.
    now: Timestamp,
}

#[derive(Clone, Debug)]
struct Consumer {
    name: String,
    /// The deliverer with the lease, and until when.
    lease: Option<(String, Timestamp)>,
}

#[derive(Clone, Debug)]
struct Row {
    consumer: String,
    due: DueEvent,
    due_at: Option<Timestamp>,
    is_given_up: bool,
    last_error: Option<String>,
}

impl Outbox {
    /// Writes an event for every consumer, if entries of this kind are delivered.
    pub(super) fn record(&mut self, entry: &NewHistoryEntry) {
        let Some(kind) = OutboxEventKind::of_history(entry.kind, entry.detail.as_deref()) else { return };
        self.write(&OutboxEvent {
            session_id: entry.session_id.clone(),
            by: entry.by_session.clone(),
            ..OutboxEvent::new(0, entry.user_id.clone(), entry.at, kind)
        });
    }

    /// Deletes the events of a user, and writes one that says so for every consumer.
    pub(super) fn erase(&mut self, user: &UserId, now: Timestamp) {
        self.events.retain(|row| row.due.event.user_id != *user);
        self.write(&OutboxEvent::new(0, user.clone(), now, OutboxEventKind::Erased));
    }

    /// Records the current time, which may be later than the event.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    fn write(&mut self, event: &OutboxEvent) {
        self.tick(event.at);
        for Consumer { name, .. } in &self.consumers {
            self.written += 1;
            let event = OutboxEvent { id: self.written, ..event.clone() };
            let due = DueEvent { event, attempts: 0, written_at: self.now };
            let consumer = name.clone();
            self.events.push(Row { consumer, due, due_at: None, is_given_up: false, last_error: None });
        }
    }

    /// The undelivered events of a consumer.
    fn backlog(&self, consumer: &str) -> ConsumerBacklog {
        let rows = || self.events.iter().filter(|row| row.consumer == consumer);
        let count = |counts: fn(&Row) -> bool| rows().filter(|row| counts(row)).count() as u64;
        let failed = rows().rev().filter(|row| row.last_error.is_some());
        ConsumerBacklog {
            name: consumer.to_owned(),
            waiting: count(|row| !row.is_given_up),
            failing: count(|row| !row.is_given_up && row.due.attempts > 0),
            given_up: count(|row| row.is_given_up),
            oldest: rows().map(|row| row.due.written_at).min(),
            last_error: failed.max_by_key(|row| row.due_at).and_then(|row| row.last_error.clone()),
        }
    }

    /// The consumer, if this deliverer has the lease.
    fn leased(&mut self, by: Deliverer<'_>) -> Option<&mut Consumer> {
        let has = |consumer: &Consumer| consumer.lease.as_ref().is_some_and(|(holder, _)| holder == by.id);
        self.consumers.iter_mut().find(|consumer| consumer.name == by.consumer && has(consumer))
    }
}

#[async_trait]
impl OutboxStore for MemoryStore {
    async fn add_consumer(&self, name: &str) -> Result<()> {
        let consumers = &mut self.lock().await?.outbox.consumers;
        if !consumers.iter().any(|consumer| consumer.name == name) {
            consumers.push(Consumer { name: name.to_owned(), lease: None });
        }
        Ok(())
    }

    async fn remove_consumer(&self, name: &str) -> Result<bool> {
        let outbox = &mut self.lock().await?.outbox;
        let before = outbox.consumers.len();
        outbox.consumers.retain(|consumer| consumer.name != name);
        outbox.events.retain(|row| row.consumer != name);
        Ok(outbox.consumers.len() < before)
    }

    async fn lease_consumer(
        &self,
        by: Deliverer<'_>,
        lease: Duration,
        now: Timestamp,
    ) -> Result<ConsumerLease> {
        let consumers = &mut self.lock().await?.outbox.consumers;
        let Some(consumer) = consumers.iter_mut().find(|consumer| consumer.name == by.consumer) else {
            return Ok(ConsumerLease::NoSuchConsumer);
        };
        let is_free = consumer
            .lease
            .as_ref()
            .is_none_or(|(holder, until)| holder == by.id || *until <= now || *until > now.plus(2 * lease));
        if !is_free {
            return Ok(ConsumerLease::HeldByAnother);
        }
        consumer.lease = Some((by.id.to_owned(), now.plus(lease)));
        Ok(ConsumerLease::Held)
    }

    async fn due_events(
        &self,
        by: Deliverer<'_>,
        after: Option<&UserId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<DueEvent>> {
        let outbox = &mut self.lock().await?.outbox;
        if outbox.leased(by).is_none() {
            return Ok(Vec::new());
        }
        let mut firsts = BTreeMap::new();
        for row in outbox.events.iter().filter(|row| row.consumer == by.consumer && !row.is_given_up) {
            firsts.entry(&row.due.event.user_id).or_insert(row);
        }
        let due = firsts.into_iter().filter(|(user, row)| {
            let is_due = row.due_at.is_none_or(|at| at <= now || at > now.plus(MAX_DELAY));
            is_due && after.is_none_or(|after| *user > after)
        });
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(due.take(limit).map(|(_, row)| row.due.clone()).collect())
    }

    async fn drop_events(&self, by: Deliverer<'_>, ids: &[i64]) -> Result<()> {
        let outbox = &mut self.lock().await?.outbox;
        if outbox.leased(by).is_some() {
            outbox.events.retain(|row| row.consumer != by.consumer || !ids.contains(&row.due.event.id));
        }
        Ok(())
    }

    async fn fail_event(
        &self,
        by: Deliverer<'_>,
        id: i64,
        retry_at: Option<Timestamp>,
        error: &str,
    ) -> Result<()> {
        let outbox = &mut self.lock().await?.outbox;
        if outbox.leased(by).is_some() {
            let is_it = |row: &&mut Row| row.consumer == by.consumer && row.due.event.id == id;
            if let Some(row) = outbox.events.iter_mut().find(is_it) {
                row.due.attempts += 1;
                row.due_at = retry_at;
                row.is_given_up = retry_at.is_none();
                row.last_error = Some(error.to_owned());
            }
        }
        Ok(())
    }

    async fn retry_events(&self, consumer: &str) -> Result<u64> {
        let outbox = &mut self.lock().await?.outbox;
        let mut retried = 0;
        for row in outbox.events.iter_mut().filter(|row| row.consumer == consumer) {
            if row.due_at.is_some() || row.is_given_up {
                row.due.attempts = 0;
                row.due_at = None;
                row.is_given_up = false;
                retried += 1;
            }
        }
        Ok(retried)
    }

    async fn consumers(&self) -> Result<Vec<ConsumerBacklog>> {
        let outbox = &self.lock().await?.outbox;
        let mut backlogs: Vec<_> = outbox.consumers.iter().map(|it| outbox.backlog(&it.name)).collect();
        backlogs.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(backlogs)
    }

    async fn release_consumer(&self, by: Deliverer<'_>) -> Result<()> {
        if let Some(consumer) = self.lock().await?.outbox.leased(by) {
            consumer.lease = None;
        }
        Ok(())
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let outbox = &mut self.lock().await?.outbox;
        let mut forgotten = 0;
        outbox.events.retain(|row| {
            let goes = row.due.written_at <= before && forgotten < u64::from(limit);
            forgotten += u64::from(goes);
            !goes
        });
        Ok(forgotten)
    }
}

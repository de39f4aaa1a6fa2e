//! Events that consumers of the outbox have not taken yet, in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::{MemoryStore, Result};
use crate::store::outbox::MAX_DELAY;
use crate::store::{ConsumerLease, Deliverer, DueEvent, NewHistoryEntry, OutboxStore};
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
    /// Who has it and until when.
    lease: Option<(String, Timestamp)>,
}

#[derive(Clone, Debug)]
struct Row {
    consumer: String,
    due: DueEvent,
    written_at: Timestamp,
    due_at: Option<Timestamp>,
}

impl Outbox {
    /// Writes an event of what is recorded for every consumer, if there is one for its kind.
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

    /// Notes how late it is. What happened may have happened before.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    fn write(&mut self, event: &OutboxEvent) {
        self.tick(event.at);
        for Consumer { name, .. } in &self.consumers {
            self.written += 1;
            let due = DueEvent { event: OutboxEvent { id: self.written, ..event.clone() }, attempts: 0 };
            self.events.push(Row { consumer: name.clone(), due, written_at: self.now, due_at: None });
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
        for row in outbox.events.iter().filter(|row| row.consumer == by.consumer) {
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

    async fn put_off_event(&self, by: Deliverer<'_>, id: i64, due_at: Timestamp) -> Result<()> {
        let outbox = &mut self.lock().await?.outbox;
        if outbox.leased(by).is_some() {
            let is_it = |row: &&mut Row| row.consumer == by.consumer && row.due.event.id == id;
            if let Some(row) = outbox.events.iter_mut().find(is_it) {
                row.due.attempts += 1;
                row.due_at = Some(due_at);
            }
        }
        Ok(())
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
            let goes = row.written_at <= before && forgotten < u64::from(limit);
            forgotten += u64::from(goes);
            !goes
        });
        Ok(forgotten)
    }
}

//! What is still to be told to the consumers of the outbox, in memory.

use std::time::Duration;

use async_trait::async_trait;

use super::{MemoryStore, Result};
use crate::store::outbox::TOO_FAR;
use crate::store::{Deliverer, DueEvent, NewHistoryEntry, OutboxStore};
use crate::{OutboxEvent, OutboxEventKind, Timestamp, UserId};

#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    consumers: Vec<Consumer>,
    /// In the order in which they were written.
    events: Vec<Row>,
    /// How many were ever written.
    written: i64,
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
    due_at: Option<Timestamp>,
}

impl Outbox {
    /// Tells every consumer what is recorded, if they are told such things.
    pub(super) fn record(&mut self, entry: &NewHistoryEntry) {
        let Some(kind) = OutboxEventKind::of_history(entry.kind, entry.detail.as_deref()) else { return };
        self.write(&OutboxEvent {
            session_id: entry.session_id.clone(),
            by: entry.by_session.clone(),
            ..OutboxEvent::new(0, entry.user_id.clone(), entry.at, kind)
        });
    }

    /// Drops all that is about a user, and tells every consumer.
    pub(super) fn erase(&mut self, user: &UserId, now: Timestamp) {
        self.events.retain(|row| row.due.event.user_id != *user);
        self.write(&OutboxEvent::new(0, user.clone(), now, OutboxEventKind::Erased));
    }

    fn write(&mut self, event: &OutboxEvent) {
        for Consumer { name, .. } in &self.consumers {
            self.written += 1;
            let due = DueEvent { event: OutboxEvent { id: self.written, ..event.clone() }, attempts: 0 };
            self.events.push(Row { consumer: name.clone(), due, due_at: None });
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

    async fn claim_events(
        &self,
        by: Deliverer<'_>,
        lease: Duration,
        limit: u32,
        now: Timestamp,
    ) -> Result<Option<Vec<DueEvent>>> {
        let outbox = &mut self.lock().await?.outbox;
        let consumer = outbox.consumers.iter_mut().find(|consumer| consumer.name == by.consumer);
        let is_free = |consumer: &&mut Consumer| match &consumer.lease {
            Some((holder, until)) => holder == by.id || *until <= now || *until > now.plus(2 * lease),
            None => true,
        };
        let Some(consumer) = consumer.filter(is_free) else { return Ok(None) };
        consumer.lease = Some((by.id.to_owned(), now.plus(lease)));
        let mut users = Vec::new();
        let own = outbox.events.iter().filter(|row| row.consumer == by.consumer);
        let firsts = own.filter(|row| {
            let user = &row.due.event.user_id;
            let is_first = !users.contains(&user);
            users.push(user);
            is_first
        });
        let due = firsts.filter(|row| row.due_at.is_none_or(|at| at <= now || at > now.plus(TOO_FAR)));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Some(due.take(limit).map(|row| row.due.clone()).collect()))
    }

    async fn settle_event(&self, by: Deliverer<'_>, id: i64, retry_at: Option<Timestamp>) -> Result<()> {
        let outbox = &mut self.lock().await?.outbox;
        if outbox.leased(by).is_none() {
            return Ok(());
        }
        let is_it = |row: &Row| row.consumer == by.consumer && row.due.event.id == id;
        match retry_at {
            None => outbox.events.retain(|row| !is_it(row)),
            Some(at) => {
                for row in outbox.events.iter_mut().filter(|row| is_it(row)) {
                    row.due.attempts += 1;
                    row.due_at = Some(at);
                }
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
            let goes = row.due.event.at <= before && forgotten < u64::from(limit);
            forgotten += u64::from(goes);
            !goes
        });
        Ok(forgotten)
    }
}

//! Events that were not delivered to consumers of the outbox yet.

use std::time::Duration;

use async_trait::async_trait;

use super::errors::Result;
use super::rows::{backlog, readable_event};
use super::{Database, SqlStore, Statement, values};
use crate::store::outbox::MAX_DELAY;
use crate::store::{ConsumerBacklog, ConsumerLease, Deliverer, DueEvent, OutboxStore};
use crate::{Timestamp, UserId};

/// How many events of a consumer one statement deletes, or makes due again.
const BATCH: u32 = 1_000;
/// How long an event that this version cannot read is put off.
const UNREADABLE_DELAY: Duration = Duration::from_secs(10 * 60);

#[async_trait]
impl<D: Database> OutboxStore for SqlStore<D> {
    async fn add_consumer(&self, name: &str) -> Result<()> {
        self.change("add_consumer", |mut tx| async move {
            if !tx.exists(Statement::IsConsumer, values![name]).await? {
                tx.execute(Statement::LockOutbox, &[]).await?;
                tx.execute(Statement::AddConsumer, values![name]).await?;
                tx.commit_unseen(Vec::new()).await?;
            }
            Ok(())
        })
        .await
    }

    async fn remove_consumer(&self, name: &str) -> Result<bool> {
        let delete = values![name, BATCH];
        while self.write(Statement::DropEventsOfConsumer, delete).await? == u64::from(BATCH) {}
        self.change("remove_consumer", |mut tx| async move {
            tx.execute(Statement::LockOutbox, &[]).await?;
            let removed = tx.execute(Statement::RemoveConsumer, values![name]).await?;
            // Events that were written meanwhile.
            tx.execute(Statement::DropEventsOfConsumer, values![name, i64::MAX]).await?;
            tx.commit_unseen(Vec::new()).await?;
            Ok(removed == 1)
        })
        .await
    }

    async fn lease_consumer(
        &self,
        by: Deliverer<'_>,
        lease: Duration,
        now: Timestamp,
    ) -> Result<ConsumerLease> {
        let leasing = values![by.consumer, by.id, now, now.plus(lease), now.plus(2 * lease)];
        if self.write(Statement::LeaseConsumer, leasing).await? == 1 {
            return Ok(ConsumerLease::Held);
        }
        let known = self.find_one(Statement::IsConsumer, values![by.consumer], |_| Ok(())).await?;
        Ok(if known.is_some() { ConsumerLease::HeldByAnother } else { ConsumerLease::NoSuchConsumer })
    }

    async fn due_events(
        &self,
        by: Deliverer<'_>,
        after: Option<&UserId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<DueEvent>> {
        let after = after.map_or("", UserId::as_str);
        let values = values![by.consumer, by.id, after, now, now.plus(MAX_DELAY), limit];
        loop {
            let rows = self.list(Statement::DueEvents, values, readable_event).await?;
            let unreadable: Vec<i64> = rows.iter().filter_map(|row| row.as_ref().err().copied()).collect();
            if unreadable.is_empty() {
                return Ok(rows.into_iter().flatten().collect());
            }
            // Otherwise they would take the places of events that can be delivered.
            for id in unreadable {
                self.fail_event(by, id, Some(now.plus(UNREADABLE_DELAY)), "this version cannot read it")
                    .await?;
            }
        }
    }

    async fn drop_events(&self, by: Deliverer<'_>, ids: &[i64]) -> Result<()> {
        self.write(Statement::DropEvents, values![by.consumer, by.id, ids.to_vec()]).await.map(drop)
    }

    async fn fail_event(
        &self,
        by: Deliverer<'_>,
        id: i64,
        retry_at: Option<Timestamp>,
        error: &str,
    ) -> Result<()> {
        let failed = values![by.consumer, by.id, id, retry_at, retry_at.is_none(), error];
        self.write(Statement::FailEvent, failed).await.map(drop)
    }

    async fn retry_events(&self, consumer: &str) -> Result<u64> {
        let mut retried = self.write(Statement::RetryPutOff, values![consumer]).await?;
        loop {
            let batch = self.write(Statement::RetryGivenUp, values![consumer, BATCH]).await?;
            retried += batch;
            if batch < u64::from(BATCH) {
                return Ok(retried);
            }
        }
    }

    async fn consumers(&self) -> Result<Vec<ConsumerBacklog>> {
        self.list(Statement::Consumers, &[], backlog).await
    }

    async fn release_consumer(&self, by: Deliverer<'_>) -> Result<()> {
        self.write(Statement::ReleaseConsumer, values![by.consumer, by.id]).await.map(drop)
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(Statement::ForgetEvents, values![before, limit]).await
    }
}

//! What is still to be told to the consumers of the outbox.

use std::time::Duration;

use async_trait::async_trait;

use super::errors::Result;
use super::rows::readable_event;
use super::{Database, SqlStore, Statement, values};
use crate::Timestamp;
use crate::store::outbox::TOO_FAR;
use crate::store::{Deliverer, DueEvent, OutboxStore};

/// How many events of a removed consumer are deleted at once.
const DELETED_AT_ONCE: u32 = 1_000;

#[async_trait]
impl<D: Database> OutboxStore for SqlStore<D> {
    async fn add_consumer(&self, name: &str) -> Result<()> {
        self.write(Statement::AddConsumer, values![name]).await.map(drop)
    }

    async fn remove_consumer(&self, name: &str) -> Result<bool> {
        let delete = values![name, DELETED_AT_ONCE];
        while self.write(Statement::DropEvents, delete).await? == u64::from(DELETED_AT_ONCE) {}
        self.change(|mut tx| async move {
            tx.execute(Statement::LockOutbox, &[]).await?;
            let removed = tx.execute(Statement::RemoveConsumer, values![name]).await?;
            // Those that were written meanwhile.
            tx.execute(Statement::DropEvents, values![name, i64::MAX]).await?;
            tx.commit(Vec::new()).await?;
            Ok(removed == 1)
        })
        .await
    }

    async fn claim_events(
        &self,
        by: Deliverer<'_>,
        lease: Duration,
        limit: u32,
        now: Timestamp,
    ) -> Result<Option<Vec<DueEvent>>> {
        let due = self.change(|mut tx| async move {
            let leasing = values![by.consumer, by.id, now, now.plus(lease), now.plus(2 * lease)];
            if tx.execute(Statement::LeaseConsumer, leasing).await? == 0 {
                return Ok::<_, crate::StoreError>(None);
            }
            let values = values![by.consumer, now, now.plus(TOO_FAR), limit];
            let due = tx.list(Statement::DueEvents, values, |row| Ok(readable_event(row))).await?;
            tx.commit(Vec::new()).await?;
            Ok(Some(due))
        });
        Ok(due.await?.map(|due| due.into_iter().flatten().collect()))
    }

    async fn settle_event(&self, by: Deliverer<'_>, id: i64, retry_at: Option<Timestamp>) -> Result<()> {
        match retry_at {
            None => self.write(Statement::DropEvent, values![by.consumer, by.id, id]).await,
            Some(at) => self.write(Statement::PutOffEvent, values![by.consumer, by.id, id, at]).await,
        }
        .map(drop)
    }

    async fn release_consumer(&self, by: Deliverer<'_>) -> Result<()> {
        self.write(Statement::ReleaseConsumer, values![by.consumer, by.id]).await.map(drop)
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(Statement::ForgetEvents, values![before, limit]).await
    }
}

//! Callbacks that are told what happened, from the outbox that every change writes.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tracing::Instrument;

use crate::{Change, Deliverer, DueEvent, OutboxEvent, Result, Sessions, random};

/// How many users' events are delivered at the same time.
const AT_ONCE: u32 = 32;
/// How long a node delivers without asking the store whether it still may; it is also how long its death goes unnoticed.
const LEASE: Duration = Duration::from_secs(60);
/// How often the lease is extended, and events are looked for that no change of the store told of.
const POLL_EVERY: Duration = Duration::from_secs(5);
/// How long after the first failure an event is tried again; each further failure doubles it.
const FIRST_DELAY: Duration = Duration::from_secs(5);
const LONGEST_DELAY: Duration = Duration::from_secs(10 * 60);

/// Why a callback failed.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A consumer of the outbox: a callback of yours that is told what happens to users and their sessions.
///
/// Each change writes its [`OutboxEvent`]s in its own transaction, from the moment on that the consumer exists: an event is
/// there if its change was made, and only then. Each consumer has its own copy.
///
/// - **At least once.** An event is deleted once its callback has returned `Ok`. Where a node is killed in between, or loses
///   its database, the event is delivered again with the same [`OutboxEvent::id`]: let the callback do nothing for an id
///   that it has seen.
/// - **In order per user.** The next event of a user is delivered after the one before it. The events of up to 32 users are
///   delivered at the same time.
/// - **Retried.** A callback that returns an error, panics or takes longer than [`Outbox::TIMEOUT`] is called again, first
///   after 5 seconds, later every 10 minutes. It holds up its own user only, unless 32 of them hang at once.
/// - **On one node.** Any number of nodes may run the same consumer: one delivers, and another one takes over when it stops,
///   or within a minute when it dies. For that the clocks of the nodes may differ by some seconds, not by a minute.
/// - **Bounded.** An event that was not delivered within 30 days ([`Outbox::RETENTION`]) is deleted by
///   [`Sessions::sweep`], which logs it. Events of a consumer that never runs add up for as long, unless it is removed
///   with [`Sessions::remove_outbox`].
///
/// # Examples
///
/// ```
/// use multi_session::{MemoryStore, Options, OutboxEvent, OutboxEventKind, Result, Sessions};
/// use tokio::sync::oneshot;
///
/// # async fn write_to_audit_table(event: &OutboxEvent) -> Result<()> { Ok(()) }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let store = std::sync::Arc::new(MemoryStore::default());
/// let sessions = Sessions::new(store, Options::default());
/// let (stop, stopped) = oneshot::channel::<()>();
///
/// let outbox = sessions.outbox("audit").await?; // events are kept from here on
/// let delivering = tokio::spawn(outbox.run(
///     async { drop(stopped.await) },
///     async |event: OutboxEvent| match event.kind {
///         OutboxEventKind::Ended { .. } => write_to_audit_table(&event).await,
///         _ => Ok(()),
///     },
/// ));
///
/// // When your program stops: callbacks that have begun are finished, and another node takes over at once.
/// drop(stop);
/// delivering.await.expect("no panic");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is delivered until it runs"]
pub struct Outbox {
    sessions: Sessions,
    consumer: String,
}

impl Sessions {
    /// Adds a consumer of the outbox, which is told what happens from now on. One that is there already goes on where it
    /// was, after a restart or on another node.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn outbox(&self, consumer: &str) -> Result<Outbox> {
        self.0.store.add_consumer(consumer).await?;
        Ok(Outbox { sessions: self.clone(), consumer: consumer.to_owned() })
    }

    /// Removes a consumer of the outbox with its events; `false` if there is none. Stop it on all nodes before.
    ///
    /// # Errors
    ///
    /// When the store fails: then call it again.
    pub async fn remove_outbox(&self, consumer: &str) -> Result<bool> {
        Ok(self.0.store.remove_consumer(consumer).await?)
    }
}

impl Outbox {
    /// How long a callback may take: a minute.
    pub const TIMEOUT: Duration = Duration::from_secs(60);
    /// How long an event is kept that is not delivered: 30 days.
    pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// Delivers events to the callback until `stop` is ready; then it finishes the callbacks that have begun. It takes
    /// events while no other node does, and survives failures of the store and of the callback, which it logs.
    ///
    /// Where its future is dropped instead, callbacks are cut off, and other nodes wait for a minute.
    pub async fn run<F, Fut, E>(self, stop: impl Future<Output = ()>, callback: F)
    where
        F: Fn(OutboxEvent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Cause>,
    {
        let id = random::uuid_v7(&*self.sessions.0.random, self.sessions.now()).to_string();
        let mut changes = self.sessions.0.store.changes();
        let wake = Notify::new();
        let delivery = Delivery {
            outbox: self,
            id,
            callback: Arc::new(callback),
            running: JoinSet::new(),
            events: HashMap::new(),
            lease_until: None,
        };
        let listen = async {
            while let Some(change) = changes.next().await {
                if !matches!(change, Change::Touched(_) | Change::Switched { .. }) {
                    wake.notify_one();
                }
            }
            // Without changes there is the clock.
            std::future::pending().await
        };
        tokio::select! {
            () = delivery.run(stop, &wake) => {}
            () = listen => {}
        }
    }
}

/// What one node delivers.
struct Delivery<F> {
    outbox: Outbox,
    /// Names this node and run among those that may deliver.
    id: String,
    callback: Arc<F>,
    running: JoinSet<Result<(), Cause>>,
    /// What the running callbacks are told: at most one event of each user.
    events: HashMap<Id, DueEvent>,
    /// Until when no other node delivers; none while this one does not.
    lease_until: Option<Instant>,
}

impl<F, Fut, E> Delivery<F>
where
    F: Fn(OutboxEvent) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<Cause>,
{
    async fn run(mut self, stop: impl Future<Output = ()>, wake: &Notify) {
        let mut stop = pin!(stop);
        let mut is_stopping = false;
        let mut polls = interval(POLL_EVERY);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !is_stopping || !self.running.is_empty() {
            let lease_until = self.lease_until.unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                () = &mut stop, if !is_stopping => is_stopping = true,
                Some(done) = self.running.join_next_with_id() => {
                    if self.settle(done).await {
                        wake.notify_one();
                    }
                }
                // The store has not answered for as long, and another node may have what this one is at.
                () = sleep_until(lease_until), if self.lease_until.is_some() => self.lose_lease().await,
                _ = polls.tick() => self.claim(is_stopping).await,
                () = wake.notified(), if !is_stopping => self.claim(false).await,
            }
        }
        self.release().await;
    }

    /// Takes the lease or extends it, and begins to deliver what is due.
    async fn claim(&mut self, only_lease: bool) {
        let asked_at = Instant::now();
        let sessions = &self.outbox.sessions;
        let limit = if only_lease { 0 } else { AT_ONCE };
        let claimed = sessions.0.store.claim_events(self.deliverer(), LEASE, limit, sessions.now()).await;
        let consumer = &*self.outbox.consumer;
        match claimed {
            Ok(Some(due)) => {
                if self.lease_until.replace(asked_at + LEASE).is_none() {
                    tracing::info!(consumer, "this node delivers the events of the outbox to {consumer}");
                }
                due.into_iter().for_each(|due| self.deliver(due));
            }
            Ok(None) if self.lease_until.is_some() => self.lose_lease().await,
            Ok(None) => {}
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(
                    consumer,
                    cause,
                    "the outbox could not be read: it is tried again in a moment"
                );
            }
        }
    }

    /// Calls the callback, unless it is at an event of the same user or at too many.
    fn deliver(&mut self, due: DueEvent) {
        let user = &due.event.user_id;
        let is_busy = self.events.values().any(|other| other.event.user_id == *user);
        if is_busy || self.events.len() >= AT_ONCE as usize {
            return;
        }
        let (callback, event) = (Arc::clone(&self.callback), due.event.clone());
        let call = async move {
            match timeout(Outbox::TIMEOUT, callback(event)).await {
                Ok(outcome) => outcome.map_err(Into::into),
                Err(elapsed) => Err(elapsed.into()),
            }
        };
        let task = self.running.spawn(call.in_current_span());
        self.events.insert(task.id(), due);
    }

    /// Deletes an event that was delivered, or puts it off; `false` if that failed, and it will be delivered again.
    async fn settle(&mut self, done: Result<(Id, Result<(), Cause>), JoinError>) -> bool {
        let (id, outcome) = match done {
            Ok(done) => done,
            Err(panic) => (panic.id(), Err(panic.into())),
        };
        // None where it was cut off.
        let Some(DueEvent { event, attempts }) = self.events.remove(&id) else { return false };
        let (store, now) = (&self.outbox.sessions.0.store, self.outbox.sessions.now());
        let consumer = &*self.outbox.consumer;
        let retry_at = outcome.err().map(|error| {
            let delay = delay(attempts);
            tracing::warn!(
                consumer,
                event.id,
                attempts = attempts + 1,
                cause = &*error as &dyn std::error::Error,
                "{consumer} could not take event {} of the outbox: it is tried again in {delay:?}",
                event.id
            );
            now.plus(delay)
        });
        let settled = store.settle_event(self.deliverer(), event.id, retry_at).await;
        if let Err(error) = &settled {
            let cause = error as &dyn std::error::Error;
            tracing::warn!(consumer, event.id, cause, "an event may be delivered to {consumer} once more");
        }
        settled.is_ok()
    }

    /// Cuts off what is under way: another node begins with it anew.
    async fn lose_lease(&mut self) {
        let consumer = &*self.outbox.consumer;
        tracing::warn!(
            consumer,
            "this node does not deliver the events of the outbox to {consumer} any more"
        );
        self.lease_until = None;
        self.events.clear();
        self.running.shutdown().await;
    }

    async fn release(&self) {
        let consumer = &*self.outbox.consumer;
        if let Err(error) = self.outbox.sessions.0.store.release_consumer(self.deliverer()).await {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(
                consumer,
                cause,
                "other nodes deliver to {consumer} a minute from now at the latest"
            );
        }
    }

    fn deliverer(&self) -> Deliverer<'_> {
        Deliverer { consumer: &self.outbox.consumer, id: &self.id }
    }
}

fn delay(attempts: u32) -> Duration {
    FIRST_DELAY.saturating_mul(2_u32.saturating_pow(attempts.min(16))).min(LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_ten_minutes() {
        let seconds: Vec<u64> = (0..9).map(|attempts| delay(attempts).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(delay(u32::MAX), LONGEST_DELAY);
    }
}

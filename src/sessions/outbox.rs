//! Delivers the events of the outbox to callbacks.

use std::collections::HashMap;
use std::mem::replace;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout, timeout_at};
use tracing::Instrument;

use crate::metrics::{self, Delivered};
use crate::{
    Change, Code, ConsumerBacklog, ConsumerLease, Deliverer, DueEvent, OutboxEvent, Result, Sessions,
    SignInMethod, UserId, random,
};

/// How many callbacks run at the same time, each for another user.
const MAX_CONCURRENT: u32 = 32;
/// How long a node delivers without an answer from the store. A node that dies is replaced after this time.
const LEASE: Duration = Duration::from_secs(60);
/// How often in the time of a lease a node extends it, or tries to get it, and looks for events that no change announced.
const POLLS_PER_LEASE: u32 = 12;
/// How long after its first failure an event is tried again. Each further failure doubles the delay.
const FIRST_DELAY: Duration = Duration::from_secs(5);
const LONGEST_DELAY: Duration = Duration::from_secs(10 * 60);
/// How often the delivery of an event must have failed before it is given up: one that is old when it is first tried, or
/// that is retried by hand, gets more than one try.
const MIN_FAILURES: u32 = 10;
/// How many characters of the reason for a failure are stored.
const LONGEST_ERROR: usize = 200;

/// Why a callback failed.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What a finished callback leaves.
type Done = Result<(Id, Result<(), Cause>), JoinError>;

/// A consumer of the outbox: your callback gets an [`OutboxEvent`] for everything that happens to users and their
/// sessions.
///
/// Each change writes its events in its own transaction, once the consumer exists: an event is there if and only if its
/// change was made. Each consumer gets its own copy.
///
/// - **At least once.** An event is deleted after its callback has returned `Ok`. If the node is killed in between, or
///   loses its database, the event is delivered again with the same [`OutboxEvent::id`]. Let the callback ignore an id
///   that it has handled before.
/// - **In order per user.** The next event of a user is delivered after the one before it. Callbacks for up to 32 users
///   run at the same time, and between users there is no order.
/// - **Retried.** A callback that returns an error, panics or takes longer than [`Outbox::TIMEOUT`] is called again, first
///   after 5 seconds, later every 10 minutes. Only events of the same user wait for it, unless 32 callbacks hang at once.
///   [`Outbox::give_up_after`] sets for how long. The first 200 characters of the error are stored:
///   [`Sessions::outbox_consumers`] lists them.
/// - **On one node.** Any number of nodes may run the same consumer. One of them delivers. When it stops, another one takes
///   over within 5 seconds; when it dies, within about a minute. The clocks of the nodes may differ by some seconds, not by
///   a minute.
/// - **Bounded.** An event that was not delivered within 30 days ([`Outbox::RETENTION`]) is deleted by
///   [`Sessions::sweep`], which logs it. Events of a consumer that never runs add up for as long, unless you remove it
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
/// let outbox = sessions.outbox("audit").await?; // events are kept from now on
/// let delivering = tokio::spawn(outbox.run(
///     async { drop(stopped.await) },
///     async |event: OutboxEvent| match event.kind {
///         OutboxEventKind::Ended { .. } => write_to_audit_table(&event).await,
///         _ => Ok(()),
///     },
/// ));
///
/// // When your program stops: callbacks that have begun are finished, and another node takes over within 5 seconds.
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
    lease: Duration,
    give_up_after: Option<Duration>,
}

impl Sessions {
    /// Adds a consumer of the outbox, which gets every event from now on. A consumer that exists goes on where it was,
    /// after a restart or on another node.
    ///
    /// Its name has 1 to 40 characters of `a-z`, `0-9`, `:`, `.`, `_` and `-`.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidName`] when the name is not valid; else when the store fails. A new consumer waits for changes that
    /// are being made, so that may take some seconds, or fail and be tried again.
    pub async fn outbox(&self, consumer: &str) -> Result<Outbox> {
        // The same rule as for the names of sign-in methods.
        if SignInMethod::parse(consumer).is_none() {
            return Err(Code::InvalidName.into());
        }
        self.0.store.add_consumer(consumer).await?;
        let consumer = consumer.to_owned();
        Ok(Outbox { sessions: self.clone(), consumer, lease: LEASE, give_up_after: None })
    }

    /// Lists the consumers of the outbox in the order of their names, and what waits for each.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn outbox_consumers(&self) -> Result<Vec<ConsumerBacklog>> {
        Ok(self.0.store.consumers().await?)
    }

    /// Makes all events of a consumer due whose delivery has failed, also those that were given up. It returns the number.
    /// The node that delivers looks for them within 5 seconds. An event that was given up may now come after later events
    /// of its user.
    ///
    /// # Errors
    ///
    /// When the store fails: then call it again.
    pub async fn retry_outbox(&self, consumer: &str) -> Result<u64> {
        Ok(self.0.store.retry_events(consumer).await?)
    }

    /// Removes a consumer of the outbox with its events; `false` if it does not exist. Stop it on all nodes first.
    ///
    /// # Errors
    ///
    /// When the store fails: then call it again.
    pub async fn remove_outbox(&self, consumer: &str) -> Result<bool> {
        Ok(SignInMethod::parse(consumer).is_some() && self.0.store.remove_consumer(consumer).await?)
    }
}

impl Outbox {
    /// How long a callback may take: a minute.
    pub const TIMEOUT: Duration = Duration::from_secs(60);
    /// How long an undelivered event is kept: 30 days.
    pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// Gives up an event when its delivery fails this long after the event was written, and for the tenth time at least; by
    /// default it is retried until its retention ends. It is kept as long, and [`Sessions::retry_outbox`] tries it again. Meanwhile the later events of its
    /// user are delivered.
    pub fn give_up_after(self, age: Duration) -> Self {
        Self { give_up_after: Some(age), ..self }
    }

    /// Leases the consumer for another time than a minute, so that a test need not wait.
    #[cfg(feature = "test-support")]
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// Delivers events to the callback until `stop` is ready; then it finishes the callbacks that have begun. It delivers
    /// while no other node does, and survives failures of the store and of the callback, which it logs.
    ///
    /// If you drop its future instead, callbacks are cut off, and other nodes wait for a minute.
    pub async fn run<F, Fut, E>(self, stop: impl Future<Output = ()>, callback: F)
    where
        F: Fn(OutboxEvent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Cause>,
    {
        let id = random::uuid_v7(&*self.sessions.0.random, self.sessions.now()).to_string();
        metrics::outbox_started(&self.consumer);
        let mut changes = self.sessions.0.store.changes();
        let wake = Notify::new();
        let delivery = Delivery {
            outbox: self,
            id,
            callback: Arc::new(callback),
            running: JoinSet::new(),
            events: HashMap::new(),
            last_user: None,
            lease_until: None,
            is_removed: false,
        };
        let listen = async {
            while let Some(change) = changes.next().await {
                if !matches!(change, Change::Touched(_) | Change::Switched { .. }) {
                    wake.notify_one();
                }
            }
            // If the store sends no changes, polling is enough.
            std::future::pending().await
        };
        tokio::select! {
            () = delivery.run(stop, &wake) => {}
            () = listen => {}
        }
    }
}

/// What one node delivers to one consumer.
struct Delivery<F> {
    outbox: Outbox,
    /// The id of this run among all that may deliver.
    id: String,
    callback: Arc<F>,
    running: JoinSet<Result<(), Cause>>,
    /// The events of the running callbacks: at most one of each user.
    events: HashMap<Id, DueEvent>,
    /// The last user of the previous query. The next one continues after it, so that every user gets a turn.
    last_user: Option<UserId>,
    /// Until when this node has the lease, if it has it.
    lease_until: Option<Instant>,
    /// Whether the consumer was found to be missing. This is logged once.
    is_removed: bool,
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
        let mut polls = interval(self.outbox.lease / POLLS_PER_LEASE);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !is_stopping || !self.running.is_empty() {
            let is_leased = self.lease_until.is_some();
            let deadline = self.lease_until.unwrap_or_else(|| Instant::now() + self.outbox.lease);
            // Calls to the store time out at the end of the lease; then the first branch runs.
            tokio::select! {
                biased;
                () = sleep_until(deadline), if is_leased => self.lose_lease().await,
                () = &mut stop, if !is_stopping => is_stopping = true,
                _ = polls.tick() => until(deadline, async {
                    self.lease().await;
                    if self.lease_until.is_some() && !is_stopping {
                        self.look().await;
                    }
                }).await,
                Some(done) = self.running.join_next_with_id() => until(deadline, async {
                    if self.settle(done).await {
                        wake.notify_one();
                    }
                }).await,
                () = wake.notified(), if is_leased && !is_stopping => until(deadline, self.look()).await,
            }
        }
        self.release().await;
    }

    /// Takes the lease or extends it.
    async fn lease(&mut self) {
        let asked_at = Instant::now();
        let Outbox { sessions, consumer, lease, .. } = &self.outbox;
        match sessions.0.store.lease_consumer(self.deliverer(), *lease, sessions.now()).await {
            Ok(ConsumerLease::Held) => {
                self.is_removed = false;
                if self.lease_until.replace(asked_at + *lease).is_none() {
                    tracing::info!(consumer, "this node now delivers the events of the outbox to {consumer}");
                }
            }
            Ok(outcome) => {
                let is_removed = outcome == ConsumerLease::NoSuchConsumer;
                if is_removed && !replace(&mut self.is_removed, true) {
                    tracing::error!(
                        consumer,
                        "{consumer} was removed from the outbox: stop it here, or add it again with Sessions::outbox"
                    );
                }
                if self.lease_until.is_some() {
                    self.lose_lease().await;
                }
            }
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(consumer, cause, "{consumer} could not be leased: retrying soon");
            }
        }
    }

    /// Starts callbacks for due events, after the last user first and then from the first user, as long as
    /// there is room.
    async fn look(&mut self) {
        let mut is_last_round = self.last_user.is_none();
        while self.has_room() {
            let sessions = &self.outbox.sessions;
            let after = self.last_user.as_ref();
            let due =
                sessions.0.store.due_events(self.deliverer(), after, MAX_CONCURRENT, sessions.now()).await;
            let due = match due {
                Ok(due) => due,
                Err(error) => {
                    let (consumer, cause) = (&*self.outbox.consumer, &error as &dyn std::error::Error);
                    tracing::warn!(consumer, cause, "events for {consumer} could not be read: retrying soon");
                    return;
                }
            };
            let is_end = due.len() < MAX_CONCURRENT as usize;
            for due in due {
                if !self.has_room() {
                    return;
                }
                self.last_user = Some(due.event.user_id.clone());
                self.deliver(due);
            }
            if is_end {
                self.last_user = None;
                if replace(&mut is_last_round, true) {
                    return;
                }
            }
        }
    }

    fn has_room(&self) -> bool {
        self.events.len() < MAX_CONCURRENT as usize
    }

    /// Calls the callback, unless it runs for the same user.
    fn deliver(&mut self, due: DueEvent) {
        let user = &due.event.user_id;
        if self.events.values().any(|other| other.event.user_id == *user) {
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

    /// Deletes events that were delivered and puts off those that failed: the one whose callback is done, and others that
    /// are done too. `false` if the store failed: then they are delivered again.
    async fn settle(&mut self, done: Done) -> bool {
        let (mut delivered, mut failed) = (Vec::new(), Vec::new());
        let mut next = Some(done);
        while let Some(done) = next {
            let (id, outcome) = match done {
                Ok(done) => done,
                // The message of a panic may contain a person's input, and would be stored and logged.
                Err(panic) => (panic.id(), Err("the callback panicked".into())),
            };
            // `None` if its callback was cancelled.
            if let Some(due) = self.events.remove(&id) {
                match outcome {
                    Ok(()) => delivered.push(due.event.id),
                    Err(error) => failed.push((due, error)),
                }
            }
            next = self.running.try_join_next_with_id();
        }
        let store = &self.outbox.sessions.0.store;
        let mut outcomes = Vec::new();
        if !delivered.is_empty() {
            metrics::outbox_delivered(&self.outbox.consumer, Delivered::Success, delivered.len() as u64);
            outcomes.push(store.drop_events(self.deliverer(), &delivered).await);
        }
        for (due, error) in failed {
            let now = self.outbox.sessions.now();
            let is_late = |age| now.since(due.written_at) >= age && due.attempts + 1 >= MIN_FAILURES;
            let delay = (!self.outbox.give_up_after.is_some_and(is_late)).then(|| delay(due.attempts));
            self.log_failure(&due, delay, &*error);
            let outcome = if delay.is_some() { Delivered::Failed } else { Delivered::GivenUp };
            metrics::outbox_delivered(&self.outbox.consumer, outcome, 1);
            let retry_at = delay.map(|delay| now.plus(delay));
            let error = with_causes(&*error);
            outcomes.push(store.fail_event(self.deliverer(), due.event.id, retry_at, &error).await);
        }
        for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            let (consumer, cause) = (&*self.outbox.consumer, error as &dyn std::error::Error);
            tracing::warn!(consumer, cause, "some events may be delivered to {consumer} again");
        }
        outcomes.iter().all(Result::is_ok)
    }

    /// Logs when the next try is; without a delay there is none.
    fn log_failure(
        &self,
        due: &DueEvent,
        delay: Option<Duration>,
        cause: &(dyn std::error::Error + 'static),
    ) {
        let (consumer, id, attempts) = (&*self.outbox.consumer, due.event.id, due.attempts + 1);
        match delay {
            Some(delay) => tracing::warn!(
                consumer,
                event.id = id,
                attempts,
                cause,
                "event {id} of the outbox could not be delivered to {consumer}: retrying in {delay:?}"
            ),
            None => tracing::error!(
                consumer,
                event.id = id,
                attempts,
                cause,
                "event {id} of the outbox could not be delivered to {consumer} and is given up: it is kept until it is \
                 retried by hand or {} days old",
                Outbox::RETENTION.as_secs() / (24 * 60 * 60)
            ),
        }
    }

    /// Cancels the running callbacks. Another node delivers their events again.
    async fn lose_lease(&mut self) {
        let consumer = &*self.outbox.consumer;
        tracing::warn!(consumer, "this node no longer delivers the events of the outbox to {consumer}");
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
                "the lease of {consumer} could not be released: another node takes over within a minute"
            );
        }
    }

    fn deliverer(&self) -> Deliverer<'_> {
        Deliverer { consumer: &self.outbox.consumer, id: &self.id }
    }
}

/// Cancels a step at the deadline.
async fn until(deadline: Instant, step: impl Future<Output = ()>) {
    // The caller checks the clock.
    let _ = timeout_at(deadline, step).await;
}

/// An error and what caused it, as far as it is stored.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    // PostgreSQL stores no NUL.
    text.chars().filter(|it| *it != '\0').take(LONGEST_ERROR).collect()
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

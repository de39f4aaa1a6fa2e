//! Background work.

use std::time::Duration;

use scopeguard::{ScopeGuard, guard};
use tokio::sync::Mutex;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::activity::Activity;
use crate::metrics;
use crate::{EndedReason, Outbox, Result, SessionId, Sessions, Timestamp, Touch};

/// Together with the time in the buffer, `lastActiveAt` is accurate to the minute.
const FLUSH_EVERY: Duration = Duration::from_secs(15);
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How much activity one statement writes, so that it ends in time however many sessions are active.
const TOUCHED_AT_ONCE: usize = 500;

/// How many rows one sweep changes at most, so that sign-ins never wait long.
const SWEEP_LIMIT: u32 = 1_000;

/// How long the result of a write check is reused, because anybody can call the health check.
const WRITE_CHECKED_EVERY: Duration = Duration::from_secs(1);
/// How long running work may take at shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// The last write check: when, and its result.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, Result<()>)>>);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// How many sessions were marked as expired.
    pub expired: u64,
    /// How many ended sessions were deleted after their retention.
    pub deleted: u64,
    /// How many history entries were deleted after their retention.
    pub forgotten: u64,
    /// How many operator acts were deleted, which have the same retention.
    pub forgotten_acts: u64,
    /// How many outbox events were deleted because they were not delivered in time.
    pub forgotten_events: u64,
}

impl Swept {
    /// Whether there may be more to sweep.
    pub fn is_partial(self) -> bool {
        let swept = [self.expired, self.deleted, self.forgotten, self.forgotten_acts, self.forgotten_events];
        swept.iter().any(|swept| *swept >= u64::from(SWEEP_LIMIT))
    }
}

impl Sessions {
    /// Records that a session made a request, without a write. [`Sessions::current`] does it for the active one.
    pub fn touch(&self, id: &SessionId, now: Timestamp) {
        self.0.activity.touch(Touch::new(id.clone(), now));
    }

    /// Runs the background work until `stop` is done: it feeds the live streams ([`Sessions::follow`]), writes activity
    /// within a minute ([`Sessions::flush`] writes it at once) and sweeps every minute ([`Sessions::sweep`]). When it
    /// stops, it closes the live streams, which a graceful shutdown would wait for, and finishes a write that has
    /// begun. Run it once per process, in its own task, and await it before [`Sessions::shut_down`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::Sessions;
    /// # async fn serve() {}
    /// # async fn start(sessions: Sessions) -> Result<(), Box<dyn std::error::Error>> {
    /// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    /// let upkeep = tokio::spawn(sessions.clone().run(async { stopped.await.unwrap_or_default() }));
    /// serve().await;
    /// drop(stop);
    /// upkeep.await?;
    /// sessions.shut_down().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let stopped = CancellationToken::new();
        let stopping = async {
            stop.await;
            self.close_streams();
            stopped.cancel();
        };
        let flushing = async {
            let mut ticks = ticks(FLUSH_EVERY);
            while stopped.run_until_cancelled(ticks.tick()).await.is_some() {
                if let Err(error) = self.flush_taken(|activity| activity.take_due(self.now())).await {
                    tracing::warn!(
                        cause = &error as &dyn std::error::Error,
                        "activity could not be written: retrying later"
                    );
                }
            }
        };
        let sweeping = async {
            let mut ticks = ticks(SWEEP_EVERY);
            while stopped.run_until_cancelled(ticks.tick()).await.is_some() {
                while !stopped.is_cancelled() {
                    match self.sweep().await {
                        Ok(swept) if swept.is_partial() => tokio::task::yield_now().await,
                        Ok(_) => break,
                        Err(error) => {
                            tracing::warn!(
                                cause = &error as &dyn std::error::Error,
                                "expired and old sessions could not be swept: retrying later"
                            );
                            break;
                        }
                    }
                }
            }
        };
        tokio::join!(stopping, stopped.run_until_cancelled(self.follow()), flushing, sweeping);
    }

    /// Writes buffered activity, 500 sessions a statement, and refused passwords. Call it every few seconds and before exit.
    /// Returns how many sessions were active.
    ///
    /// # Errors
    ///
    /// When the store fails. Nothing is lost: the next call writes it. The same holds for a call that is dropped before
    /// it ends, but then a history entry may be written twice.
    pub async fn flush(&self) -> Result<usize> {
        self.flush_taken(Activity::take).await
    }

    /// Writes the refused passwords, and the activity that `take` removes from the buffer.
    #[tracing::instrument(name = "flush", level = "debug", skip_all)]
    async fn flush_taken(&self, take: impl FnOnce(&Activity) -> Vec<Touch>) -> Result<usize> {
        let (refused, active) = (self.flush_refused().await, self.flush_activity(take).await);
        refused?;
        active
    }

    async fn flush_refused(&self) -> Result<()> {
        let refused = guard(self.0.refused.take(), |refused| self.0.refused.put_back(refused));
        if !refused.is_empty() {
            self.0.store.record(&refused, None).await?;
        }
        ScopeGuard::into_inner(refused);
        Ok(())
    }

    async fn flush_activity(&self, take: impl FnOnce(&Activity) -> Vec<Touch>) -> Result<usize> {
        let mut rest = guard(take(&self.0.activity), |rest| self.0.activity.put_back(rest));
        let all = rest.len();
        while !rest.is_empty() {
            let part = &rest[..rest.len().min(TOUCHED_AT_ONCE)];
            self.0.store.touch(part).await?;
            let written = part.len();
            rest.drain(..written);
        }
        ScopeGuard::into_inner(rest);
        Ok(all)
    }

    /// Marks expired sessions as ended, and deletes sessions, history, operator acts and outbox events after their
    /// retention, a bounded number at a time.
    ///
    /// # Errors
    ///
    /// When the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sweep(&self) -> Result<Swept> {
        self.close_windows_if_the_clock_went_back().await?;
        let now = self.now();
        let (expired, deleted) = self.0.store.sweep(now, now.minus(self.0.retention), SWEEP_LIMIT).await?;
        metrics::sessions_ended(EndedReason::Expired, expired);
        let kept_since = now.minus(self.0.history_retention);
        let forgotten = self.0.store.forget_history(kept_since, SWEEP_LIMIT).await?;
        let forgotten_acts = self.0.store.forget_acts(kept_since, SWEEP_LIMIT).await?;
        let forgotten_events = self.0.store.forget_events(now.minus(Outbox::RETENTION), SWEEP_LIMIT).await?;
        if forgotten_events > 0 {
            tracing::warn!(
                forgotten_events,
                "events were deleted that were not delivered within 30 days: see which consumer of the outbox is down or no longer runs"
            );
        }
        Ok(Swept { expired, deleted, forgotten, forgotten_acts, forgotten_events })
    }

    /// Checks whether the store answers and can be written. It writes at most once a second, however often it is
    /// called.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.0.store.ping().await?;
        let mut checked = self.0.readiness.0.lock().await;
        if let Some((at, outcome)) = &*checked
            && at.elapsed() < WRITE_CHECKED_EVERY
        {
            return outcome.clone();
        }
        let outcome: Result<()> = self.0.store.check_writes().await.map_err(Into::into);
        *checked = Some((Instant::now(), outcome.clone()));
        outcome
    }

    /// Waits for the work of [`Sessions::finish`], writes the buffers and closes the store. Make it the last call,
    /// after all requests were answered and [`Sessions::run`] and each [`Outbox::run`] have ended.
    ///
    /// # Errors
    ///
    /// When a buffer could not be written. The store is closed anyway.
    pub async fn shut_down(&self) -> Result<()> {
        self.finish_all().await;
        let flushed = self.flush().await;
        self.0.store.close().await;
        flushed.map(drop)
    }

    /// Waits at most ten seconds for the work of [`Sessions::finish`]. Do not call [`Sessions::finish`]
    /// afterwards.
    pub async fn finish_all(&self) {
        self.0.work.close();
        if timeout(GRACE, self.0.work.wait()).await.is_err() {
            tracing::warn!("some requests took longer than {GRACE:?} and were cut off");
        }
    }
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

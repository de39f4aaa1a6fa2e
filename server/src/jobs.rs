//! What runs beside the requests.

use std::time::Duration;

use multi_session::{Accounts, Sessions};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Well under the minute to which `lastActiveAt` is right.
const FLUSH_EVERY: Duration = Duration::from_secs(15);
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Starts the flusher, the sweeper and what feeds the live streams; they end when `stop` is cancelled. A write
/// that has begun is finished; only the wait for the next one is cut short.
pub(crate) fn start(accounts: &Accounts, stop: CancellationToken) -> TaskTracker {
    let tasks = TaskTracker::new();
    let sessions = accounts.sessions().clone();
    tasks.spawn(flush(sessions.clone(), stop.clone()));
    tasks.spawn(sweep(accounts.clone(), stop.clone()));
    tasks.spawn(stop.run_until_cancelled_owned(async move { sessions.follow().await }));
    tasks.close();
    tasks
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn flush(sessions: Sessions, stop: CancellationToken) {
    let mut ticks = ticks(FLUSH_EVERY);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = sessions.flush().await {
            tracing::warn!(cause = crate::telemetry::with_causes(&error), "activity was not written yet");
        }
    }
}

async fn sweep(accounts: Accounts, stop: CancellationToken) {
    let mut ticks = ticks(SWEEP_EVERY);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        while !stop.is_cancelled() {
            match accounts.sweep().await {
                Ok(swept) if swept.is_partial() => tokio::task::yield_now().await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(cause = crate::telemetry::with_causes(&error), "nothing was swept");
                    break;
                }
            }
        }
    }
}

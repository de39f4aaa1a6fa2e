//! What runs beside the requests.

use std::time::Duration;

use multi_session::Accounts;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Starts what sessions and accounts need beside the requests; it ends when `stop` is cancelled. A write that has begun is
/// finished; only the wait for the next one is cut short.
pub(crate) fn start(accounts: &Accounts, stop: CancellationToken) -> TaskTracker {
    let tasks = TaskTracker::new();
    let (sessions, stopped) = (accounts.sessions().clone(), stop.clone());
    tasks.spawn(async move { sessions.run(stopped.cancelled_owned()).await });
    tasks.spawn(sweep(accounts.clone(), stop));
    tasks.close();
    tasks
}

async fn sweep(accounts: Accounts, stop: CancellationToken) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = accounts.sweep().await {
            tracing::warn!(cause = crate::telemetry::with_causes(&error), "no links were swept");
        }
    }
}

//! What runs beside the requests.

use std::time::Duration;

use multi_session::Engine;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Mailer;

/// Well under the minute to which `lastActiveAt` is right.
const FLUSH_EVERY: Duration = Duration::from_secs(15);
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Starts the flusher, the sweeper, what feeds the live streams and, where there is a mail server, what sends mails; they
/// end when `stop` is cancelled.
pub(crate) fn start(engine: Engine, mailer: Option<Mailer>, stop: CancellationToken) -> TaskTracker {
    let tasks = TaskTracker::new();
    tasks.spawn(stop.clone().run_until_cancelled_owned(flush(engine.clone())));
    tasks.spawn(stop.clone().run_until_cancelled_owned(sweep(engine.clone())));
    if let Some(mailer) = mailer {
        tasks.spawn(stop.clone().run_until_cancelled_owned(mailer.run(engine.clone())));
    }
    tasks.spawn(stop.run_until_cancelled_owned(async move { engine.follow().await }));
    tasks.close();
    tasks
}

async fn flush(engine: Engine) {
    let mut ticks = interval(FLUSH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = engine.flush().await {
            tracing::warn!(cause = crate::telemetry::with_causes(&error), "activity was not written yet");
        }
    }
}

async fn sweep(engine: Engine) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match engine.sweep().await {
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

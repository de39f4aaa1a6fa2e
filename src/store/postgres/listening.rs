//! Listens on its own connection for changes that any node has committed.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use tokio::sync::{Mutex, broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::PATIENCE;
use super::cluster::Cluster;
use super::connections::{Replaced, require_read_write};
use super::dialect::CONFIGURE;
use crate::Change;

/// A connection that was silent for this long is pinged.
const HEARTBEAT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Short, because no stream gets events meanwhile. One attempt per second and node is no burden.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How many rows one message names, so that it is below PostgreSQL's 8000 bytes even with the longest ids.
const SESSIONS_TOLD: usize = 100;
const TOUCHED_TOLD: usize = 40;

/// The listening task. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Listening {
    stopping: CancellationToken,
    task: Mutex<JoinHandle<()>>,
}

impl Listening {
    /// Starts to listen: everything committed after this returns is sent to `changes`. It also returns a
    /// receiver that says whether the connection is lost.
    pub(super) async fn start(
        options: PgConnectOptions,
        cluster: Arc<Cluster>,
        changes: broadcast::Sender<Change>,
        replaced: Replaced,
    ) -> sqlx::Result<(Self, watch::Receiver<bool>)> {
        // A name for operators.
        let name = options.get_application_name().unwrap_or("multi-session");
        let options = options.clone().application_name(&format!("{name} (listening)"));
        let listener = connect(&options, &cluster).await?;
        let (lost, is_lost) = watch::channel(false);
        let stopping = CancellationToken::new();
        let stopped = stopping.clone().cancelled_owned();
        let listening = listen(options, cluster, listener, changes, lost, replaced, stopping.clone());
        let task = tokio::spawn(async move {
            // A running query may finish, unless it takes too long.
            let overdue = async {
                stopped.await;
                tokio::time::sleep(PATIENCE).await;
            };
            tokio::select! {
                () = listening => {}
                () = overdue => {}
            }
        });
        Ok((Self { stopping, task: Mutex::new(task) }, is_lost))
    }

    /// Stops listening.
    pub(super) async fn stop(&self) {
        self.stopping.cancel();
        let mut task = self.task.lock().await;
        if !task.is_finished()
            && let Err(error) = (&mut *task).await
        {
            tracing::error!(%error, "the task that listens for changes has failed");
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.get_mut().abort();
    }
}

async fn listen(
    options: PgConnectOptions,
    cluster: Arc<Cluster>,
    mut listener: PgListener,
    changes: broadcast::Sender<Change>,
    lost: watch::Sender<bool>,
    replaced: Replaced,
    stopping: CancellationToken,
) {
    let mut is_replaced = replaced.subscribe();
    loop {
        let since = Instant::now();
        let error = tokio::select! {
            error = hear(&mut listener, &cluster, &changes, &stopping) => {
                if stopping.is_cancelled() {
                    return;
                }
                // If this connection is lost, the others are too, or soon will be.
                replaced.mark(since);
                error
            }
            _ = is_replaced.changed() => "another connection was lost, or became read-only".into(),
        };
        cluster.is_lost();
        lost.send_replace(true);
        tracing::warn!(%error, "the connection that listens for changes was lost");
        drop(listener);
        is_replaced.mark_unchanged();
        let Some(again) = stopping.run_until_cancelled(reconnect(&options, &cluster)).await else { return };
        listener = again;
        lost.send_replace(false);
        tracing::info!("listening for changes again");
        // Notifications may have been missed meanwhile.
        let _ = changes.send(Change::Gap);
    }
}

/// Receives notifications until the connection is lost.
async fn hear(
    listener: &mut PgListener,
    cluster: &Cluster,
    changes: &broadcast::Sender<Change>,
    stopping: &CancellationToken,
) -> Box<dyn Error + Send + Sync> {
    let mut acknowledgements = Vec::new();
    let mut asked_at = Instant::now();
    let mut renewed_at = None;
    let apply = |notification: &PgNotification, acknowledgements: &mut Vec<_>| {
        if let Some(change) = cluster.hear(notification, acknowledgements) {
            // This fails without receivers, which is fine.
            let _ = changes.send(change);
        }
    };
    loop {
        // Handle everything that has arrived before acknowledging.
        while let Some(notification) = listener.next_buffered() {
            apply(&notification, &mut acknowledgements);
        }
        let renews_at = cluster.renews_at(renewed_at);
        let asks_at = renews_at.unwrap_or(asked_at + HEARTBEAT);
        let asking = async {
            let is_time = Instant::now() >= asks_at;
            if is_time && renews_at.is_some() {
                renewed_at = Some(Instant::now());
                cluster.renew(listener).await?;
            } else if !acknowledgements.is_empty() {
                cluster.acknowledge(listener, &mut acknowledgements).await?;
            } else if is_time {
                require_read_write(&mut *listener).await?;
            } else {
                return Ok::<_, Box<dyn Error + Send + Sync>>(false);
            }
            Ok(true)
        };
        match timeout(PATIENCE, asking).await {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => {
                asked_at = Instant::now();
                continue;
            }
            Ok(Err(error)) => return error,
            Err(_elapsed) => return "it does not answer".into(),
        }
        let heard = timeout_at(asks_at.into(), listener.try_recv());
        let Some(heard) = stopping.run_until_cancelled(heard).await else { return "it is stopped".into() };
        match heard {
            Ok(Ok(Some(notification))) => apply(&notification, &mut acknowledgements),
            Ok(Ok(None)) => return "it was closed".into(),
            Ok(Err(error)) => return error.into(),
            Err(_elapsed) => {}
        }
    }
}

async fn reconnect(options: &PgConnectOptions, cluster: &Cluster) -> PgListener {
    let mut pause = FIRST_PAUSE;
    loop {
        match connect(options, cluster).await {
            Ok(listener) => return listener,
            Err(_still_away) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn connect(options: &PgConnectOptions, cluster: &Cluster) -> sqlx::Result<PgListener> {
    // A new pool each time, so that a hanging connection does not block the next attempt.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    require_read_write(&mut listener).await?;
    // A renewal must be durable.
    listener.execute(CONFIGURE).await?;
    cluster.listen(&mut listener).await?;
    Ok(listener)
}

/// Serializes changes as messages.
pub(super) fn payloads(changes: Vec<Change>) -> serde_json::Result<Vec<String>> {
    changes.into_iter().flat_map(in_parts).map(|part| serde_json::to_string(&part)).collect()
}

fn in_parts(change: Change) -> Vec<Change> {
    match change {
        // No session is named, but nodes that cache sessions of the user must know.
        Change::Sessions { ref ids, .. } if ids.is_empty() => vec![change],
        Change::Sessions { user, ids } => {
            let parts = ids.chunks(SESSIONS_TOLD);
            parts.map(|ids| Change::Sessions { user: user.clone(), ids: ids.to_vec() }).collect()
        }
        Change::Touched(rows) => {
            rows.chunks(TOUCHED_TOLD).map(|rows| Change::Touched(rows.to_vec())).collect()
        }
        Change::Switched { .. }
        | Change::Reauthenticated { .. }
        | Change::Renamed { .. }
        | Change::Recognized { .. }
        | Change::Gap => vec![change],
    }
}

#[cfg(test)]
mod tests {
    use super::super::cluster::change;
    use super::*;
    use crate::{SessionId, Timestamp, UserId};

    /// PostgreSQL refuses a payload of 8000 bytes or more.
    const LIMIT: usize = 8_000;

    #[test]
    fn long_changes_are_split_into_short_messages() {
        let user = UserId::new("u".repeat(64)).expect("an id");
        let id = |number: usize| SessionId::new(format!("{number:064}")).expect("an id");
        let at = Timestamp::from_unix_ms(1_795_000_000_123);
        let ids: Vec<SessionId> = (0..250).map(id).collect();
        let rows: Vec<_> = ids.iter().map(|id| (user.clone(), id.clone(), at)).collect();
        let told = [Change::Sessions { user, ids: ids.clone() }, Change::Touched(rows.clone())];
        let messages = payloads(told.to_vec()).expect("JSON");
        assert!(messages.iter().all(|message| message.len() < LIMIT));

        let (mut heard_ids, mut heard_rows) = (Vec::new(), Vec::new());
        for message in &messages {
            match change(message) {
                Change::Sessions { ids, .. } => heard_ids.extend(ids),
                Change::Touched(rows) => heard_rows.extend(rows),
                other => panic!("{other:?} was not told"),
            }
        }
        assert_eq!((heard_ids, heard_rows), (ids, rows));
    }

    #[test]
    fn change_without_session_ids_is_sent() {
        let told = Change::Sessions { user: UserId::new("ada").expect("an id"), ids: Vec::new() };
        let messages = payloads(vec![told.clone()]).expect("JSON");
        assert_eq!(messages.iter().map(|message| change(message)).collect::<Vec<_>>(), [told]);
    }

    #[test]
    fn unreadable_message_is_a_gap() {
        for message in ["", "{}", r#"{"renamed":{}}"#, r#"{"sessions":{"user":"a b","ids":[]}}"#] {
            assert_eq!(change(message), Change::Gap, "{message}");
        }
    }
}

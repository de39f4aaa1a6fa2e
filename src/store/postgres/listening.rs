//! What other nodes and this one have committed, heard on a connection of its own.

use std::error::Error;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::PATIENCE;
use super::connections::{Replaced, require_read_write};
use crate::Change;

/// A connection that is silent for so long is asked whether it is still there.
const HEARTBEAT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Short, as nobody is told of anything meanwhile; a node that tries each second is no burden.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How many rows one message names: with the longest ids it stays below PostgreSQL's 8000 bytes.
const SESSIONS_TOLD: usize = 100;
const TOUCHED_TOLD: usize = 40;

/// The task that listens; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Listening(AbortHandle);

impl Listening {
    /// Listens from now on: what is committed after this returned is told to `changes`. Says as well whether the
    /// connection is lost at present.
    pub(super) async fn start(
        options: PgConnectOptions,
        channel: String,
        changes: broadcast::Sender<Change>,
        replaced: Replaced,
    ) -> sqlx::Result<(Self, watch::Receiver<bool>)> {
        let listener = connect(&options, &channel).await?;
        let (lost, is_lost) = watch::channel(false);
        let listening = tokio::spawn(listen(options, channel, listener, changes, lost, replaced));
        Ok((Self(listening.abort_handle()), is_lost))
    }

    pub(super) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn listen(
    options: PgConnectOptions,
    channel: String,
    mut listener: PgListener,
    changes: broadcast::Sender<Change>,
    lost: watch::Sender<bool>,
    replaced: Replaced,
) {
    let mut is_replaced = replaced.subscribe();
    loop {
        let since = Instant::now();
        let error = tokio::select! {
            error = hear(&mut listener, &changes) => {
                // What this one has lost, the others have lost or are about to.
                replaced.mark(since);
                error
            }
            _ = is_replaced.changed() => "another connection was lost, or became read-only".into(),
        };
        lost.send_replace(true);
        tracing::warn!(%error, "the connection that hears of changes was lost");
        drop(listener);
        is_replaced.mark_unchanged();
        listener = reconnect(&options, &channel).await;
        lost.send_replace(false);
        tracing::info!("changes are heard again");
        // Nobody knows what was told meanwhile.
        let _ = changes.send(Change::Gap);
    }
}

/// Hears until the connection is lost.
async fn hear(
    listener: &mut PgListener,
    changes: &broadcast::Sender<Change>,
) -> Box<dyn Error + Send + Sync> {
    loop {
        match timeout(HEARTBEAT, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => {
                // Without listeners nobody hears it.
                let _ = changes.send(change(notification.payload()));
            }
            Ok(Ok(None)) => return "it was closed".into(),
            Ok(Err(error)) => return error.into(),
            Err(_elapsed) => match timeout(PATIENCE, require_read_write(&mut *listener)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error.into(),
                Err(_elapsed) => return "it does not answer".into(),
            },
        }
    }
}

async fn reconnect(options: &PgConnectOptions, channel: &str) -> PgListener {
    let mut pause = FIRST_PAUSE;
    loop {
        match connect(options, channel).await {
            Ok(listener) => return listener,
            Err(_still_away) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn connect(options: &PgConnectOptions, channel: &str) -> sqlx::Result<PgListener> {
    // A pool of its own each time: a connection that hangs keeps nobody from making the next one.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    require_read_write(&mut listener).await?;
    listener.listen(channel).await?;
    Ok(listener)
}

/// Reads a message; what a newer node tells and this one cannot read may have been anything.
fn change(payload: &str) -> Change {
    serde_json::from_str(payload).unwrap_or(Change::Gap)
}

/// Writes the messages that tell of these changes.
pub(super) fn payloads(changes: Vec<Change>) -> serde_json::Result<Vec<String>> {
    changes.into_iter().flat_map(in_parts).map(|part| serde_json::to_string(&part)).collect()
}

fn in_parts(change: Change) -> Vec<Change> {
    match change {
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
    use super::*;
    use crate::{SessionId, Timestamp, UserId};

    /// PostgreSQL refuses a payload of 8000 bytes or more.
    const LIMIT: usize = 8_000;

    #[test]
    fn a_message_with_the_longest_ids_is_short_enough_and_nothing_is_left_out() {
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
    fn what_cannot_be_read_is_a_gap() {
        for message in ["", "{}", r#"{"renamed":{}}"#, r#"{"sessions":{"user":"a b","ids":[]}}"#] {
            assert_eq!(change(message), Change::Gap, "{message}");
        }
    }
}

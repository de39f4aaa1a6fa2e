//! The messages with which nodes keep their session caches exact. `docs/session-cache.md` explains why this
//! is correct.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgListener, PgNotification};
use sqlx::{Row, SqlStr};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::time::{timeout, timeout_at};

use super::PATIENCE;
use super::connections::Connections;
use super::schema::Schema;
use crate::store::lease::{KnownServers, Lease, RENEWED_EVERY, Registered, Settling};
use crate::store::locked;
use crate::store::session_cache::SessionCache;
use crate::store::sql::errors::{Result, corrupt};
use crate::{Change, OsRandom, Random, metrics};

/// Identifies one run of the database server.
macro_rules! server {
    () => {
        "extract(epoch from pg_postmaster_start_time())::text"
    };
}

/// Registers a node or renews its lease, and notifies the node when that is committed.
const RENEW: &str = "with renewed as (insert into main.cache_nodes (node, renewal) values ($1, $2) \
                     on conflict (node) do update set renewal = excluded.renewal returning node) \
                     select pg_notify($3, $4) from renewed";
/// Reads the registered nodes, and asks the others to acknowledge.
const SETTLE: &str = concat!(
    "select ",
    server!(),
    " as server, nodes.node, nodes.renewal, case when nodes.node <> $1 then pg_notify($2, $3)::text end \
     from (select 1) as one left join main.cache_nodes as nodes on true"
);
/// Deletes nodes that have not renewed their lease since.
const EXPIRE: &str = "delete from main.cache_nodes using unnest($1::text[], $2::bigint[]) as silent (node, renewal) \
                      where cache_nodes.node = silent.node and cache_nodes.renewal = silent.renewal";
const LEAVE: &str = "delete from main.cache_nodes where node = $1";
/// Notifies nodes. Messages need not survive a crash of the database server, so nothing waits for the disk.
const TELL: &str = "select set_config('synchronous_commit', 'off', true), pg_notify(told.channel, told.payload) \
                    from unnest($1::text[], $2::text[]) as told (channel, payload)";
const SERVER: &str = concat!("select ", server!());

/// How often a node without a lease tries to register.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The runs of database servers that this process has seen.
static SERVERS: Mutex<KnownServers> = Mutex::new(KnownServers::new());

/// Messages between nodes other than changes. They use channels that older versions do not listen to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    /// To all nodes: acknowledge to this node once you have applied every earlier message.
    Settle { node: String, token: i64 },
    /// To the node that asked: this node has applied every earlier message.
    Applied { node: String, token: i64 },
    /// To the node itself: notifications arrive.
    Heard,
    /// To the node itself: a renewal is committed.
    Renewed { token: i64 },
}

/// An acknowledgement to send.
#[derive(Debug)]
pub(super) struct Due {
    node: String,
    token: i64,
}

/// This node, as a member of the cluster.
#[derive(Debug)]
pub(super) struct Cluster {
    /// A new id at each start.
    node: String,
    /// The channel for changes.
    changes: String,
    /// The channel for requests to acknowledge.
    settling: String,
    cache: Option<SessionCache>,
    lease: Mutex<Lease>,
    /// Whether the listening connection has received this node's own notification.
    hears: AtomicBool,
    /// The waiting changes, by token, with the sender that passes acknowledgements to them.
    waiting: Mutex<HashMap<i64, UnboundedSender<String>>>,
    waits: AtomicU64,
    texts: Texts,
}

#[derive(Debug)]
struct Texts {
    renew: SqlStr,
    settle: SqlStr,
    expire: SqlStr,
    leave: SqlStr,
}

impl Cluster {
    pub(super) fn new(schema: &Schema, session_cache: usize) -> Self {
        Self {
            node: format!("{:016x}", token()),
            changes: schema.channel(),
            settling: schema.settling_channel(),
            cache: (session_cache > 0).then(|| SessionCache::new(session_cache)),
            lease: Mutex::default(),
            hears: AtomicBool::default(),
            waiting: Mutex::default(),
            waits: AtomicU64::default(),
            texts: Texts {
                renew: schema.qualify(RENEW),
                settle: schema.qualify(SETTLE),
                expire: schema.qualify(EXPIRE),
                leave: schema.qualify(LEAVE),
            },
        }
    }

    pub(super) fn cache(&self) -> Option<&SessionCache> {
        self.cache.as_ref()
    }

    /// The generation of the cache; `None` without a lease. While a node has a lease, a change on another
    /// node does not return before this node has applied it.
    pub(super) fn generation(&self, now: Instant) -> Option<u64> {
        locked(&self.lease).until().is_some_and(|until| now < until).then_some(0)
    }

    pub(super) fn changes_channel(&self) -> &str {
        &self.changes
    }

    /// Listens from now on.
    pub(super) async fn listen(&self, listener: &mut PgListener) -> sqlx::Result<()> {
        let own = own_channel(&self.node);
        listener.listen_all([self.changes.as_str(), self.settling.as_str(), own.as_str()]).await?;
        let server: String = sqlx::query_scalar(SERVER).fetch_one(&mut *listener).await?;
        locked(&SERVERS).is_new(&server, Instant::now());
        self.hears.store(false, Ordering::Relaxed);
        // Earlier notifications were missed.
        self.cache.iter().for_each(SessionCache::clear);
        Ok(())
    }

    /// Notes that the listening connection is lost.
    pub(super) fn is_lost(&self) {
        locked(&self.lease).lose();
    }

    /// When to renew the lease next, after `last`. `None` if the node has no cache.
    pub(super) fn renews_at(&self, last: Option<Instant>) -> Option<Instant> {
        self.cache.as_ref()?;
        let pause = if locked(&self.lease).until().is_some() { RENEWED_EVERY } else { FIRST_PAUSE };
        Some(last.map_or_else(Instant::now, |last| last + pause))
    }

    /// Applies a notification. Returns the change in it, and adds the acknowledgement that it requests to
    /// `due`.
    pub(super) fn hear(&self, notification: &PgNotification, due: &mut Vec<Due>) -> Option<Change> {
        let payload = notification.payload();
        if notification.channel() == self.changes {
            let change = change(payload);
            self.cache.iter().for_each(|cache| cache.apply(std::slice::from_ref(&change)));
            return Some(change);
        }
        match serde_json::from_str(payload) {
            Ok(Message::Settle { node, token }) if self.cache.is_some() && node != self.node => {
                due.push(Due { node, token });
            }
            Ok(Message::Applied { node, token }) => {
                if let Some(waiting) = locked(&self.waiting).get(&token) {
                    // The change may have stopped waiting.
                    let _ = waiting.send(node);
                }
            }
            Ok(Message::Heard) => self.hears.store(true, Ordering::Relaxed),
            Ok(Message::Renewed { token }) => locked(&self.lease).renewed(token),
            Ok(Message::Settle { .. }) => {}
            Err(error) => tracing::debug!(%error, "a message of another version was ignored"),
        }
        None
    }

    /// Sends a renewal. The lease counts once the node receives the notification of it. A node registers only
    /// after it has received a notification from itself: behind a pooler in transaction mode it would receive
    /// none, and every change would wait for it in vain.
    pub(super) async fn renew(&self, connection: &mut PgListener) -> Result<()> {
        if !self.hears.load(Ordering::Relaxed) {
            return tell(connection, [(&*self.node, Message::Heard)]).await;
        }
        let token = token();
        let payload = payload(&Message::Renewed { token })?;
        locked(&self.lease).renew(token, Instant::now());
        let renew = sqlx::query(self.texts.renew.clone()).bind(&self.node).bind(token);
        renew.bind(own_channel(&self.node)).bind(payload).execute(connection).await?;
        Ok(())
    }

    /// Sends the acknowledgements that are due. Every earlier notification has been applied.
    pub(super) async fn acknowledge(&self, connection: &mut PgListener, due: &mut Vec<Due>) -> Result<()> {
        let due = std::mem::take(due);
        let applied = |token| Message::Applied { node: self.node.clone(), token };
        tell(connection, due.iter().map(|due| (&*due.node, applied(due.token)))).await
    }

    /// Waits until no other node can answer with data older than what is committed now.
    pub(super) async fn settle(&self, connections: &Connections) {
        let committed = Instant::now();
        let token = token();
        let (sender, mut acknowledged) = mpsc::unbounded_channel();
        locked(&self.waiting).insert(token, sender);
        let _answered = scopeguard::guard((), |()| drop(locked(&self.waiting).remove(&token)));
        let blind = Settling::blind(committed);
        let registered = timeout_at(blind.until().into(), self.registered(connections, token)).await;
        let mut settling = match registered {
            Ok(Ok(Some(registered))) => Settling::new(committed, Instant::now(), registered, &self.node),
            Ok(Ok(None)) => blind,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the nodes could not be read: a change waits the full time");
                blind
            }
            Err(_elapsed) => return,
        };
        if settling.is_over(committed) {
            return;
        }
        self.waits.fetch_add(1, Ordering::Relaxed);
        while !settling.is_over(Instant::now()) {
            match timeout_at(settling.until().into(), acknowledged.recv()).await {
                Ok(Some(node)) => settling.acknowledged(&node),
                Ok(None) | Err(_) => break,
            }
        }
        metrics::lease_wait(committed.elapsed());
        if !settling.silent().is_empty() {
            tracing::warn!(
                nodes = settling.silent().len(),
                "a change waited for nodes that did not acknowledge it"
            );
            // If it fails, the next change waits for them again.
            match timeout(PATIENCE, self.expire(connections, settling.silent())).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "silent nodes could not be removed"),
                Err(_elapsed) => tracing::warn!("silent nodes could not be removed in time"),
            }
        }
    }

    /// Reads the nodes that have a cache, and asks the others to acknowledge. `None` if the result may be
    /// incomplete.
    async fn registered(&self, connections: &Connections, token: i64) -> Result<Option<Vec<Registered>>> {
        let payload = payload(&Message::Settle { node: self.node.clone(), token })?;
        let settle = sqlx::query(self.texts.settle.clone()).bind(&self.node).bind(&self.settling);
        let rows = settle.bind(payload).fetch_all(&mut *connections.get().await?).await?;
        let mut registered = Vec::new();
        let mut server = None;
        for row in &rows {
            server = Some(row.try_get::<String, _>("server")?);
            if let Some(node) = row.try_get("node")? {
                registered.push(Registered { node, renewal: row.try_get("renewal")? });
            }
        }
        let mut servers = locked(&SERVERS);
        let is_new = servers.is_new(&server.unwrap_or_default(), Instant::now());
        // If no node has a cache and the database server was never replaced, the result is complete.
        let is_in_use = !registered.is_empty() || self.cache.is_some() || !servers.has_one();
        Ok((!is_new || !is_in_use).then_some(registered))
    }

    async fn expire(&self, connections: &Connections, silent: &[Registered]) -> Result<()> {
        let nodes: Vec<&str> = silent.iter().map(|it| it.node.as_str()).collect();
        let renewals: Vec<i64> = silent.iter().map(|it| it.renewal).collect();
        let expire = sqlx::query(self.texts.expire.clone()).bind(nodes).bind(renewals);
        expire.execute(&mut *connections.get().await?).await?;
        Ok(())
    }

    /// Stops using the cache, and removes this node so that no change waits for it.
    pub(super) async fn leave(&self, connections: &Connections) -> Result<()> {
        self.is_lost();
        if self.cache.is_some() {
            let leave = sqlx::query(self.texts.leave.clone()).bind(&self.node);
            leave.execute(&mut *connections.get().await?).await?;
        }
        Ok(())
    }

    /// How many changes waited for other nodes.
    pub(super) fn waits(&self) -> u64 {
        self.waits.load(Ordering::Relaxed)
    }
}

/// Parses a change. If a newer version has sent something that this one cannot parse, anything may have
/// changed.
pub(super) fn change(payload: &str) -> Change {
    serde_json::from_str(payload).unwrap_or(Change::Gap)
}

/// Sends messages to nodes.
async fn tell<'a>(
    connection: &mut PgListener,
    messages: impl IntoIterator<Item = (&'a str, Message)>,
) -> Result<()> {
    let (mut channels, mut payloads) = (Vec::new(), Vec::new());
    for (node, message) in messages {
        channels.push(own_channel(node));
        payloads.push(payload(&message)?);
    }
    sqlx::query(TELL).bind(channels).bind(payloads).execute(connection).await?;
    Ok(())
}

fn own_channel(node: &str) -> String {
    format!("multi_session.{node}")
}

fn payload(message: &Message) -> Result<String> {
    serde_json::to_string(message).map_err(corrupt)
}

fn token() -> i64 {
    let mut bytes = [0; 8];
    OsRandom.fill(&mut bytes);
    i64::from_be_bytes(bytes)
}

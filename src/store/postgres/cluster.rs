//! What nodes tell each other so that none answers from before a change; `docs/session-cache.md` argues why it is exact.

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

/// Names a start of the server.
macro_rules! server {
    () => {
        "extract(epoch from pg_postmaster_start_time())::text"
    };
}

/// Registers a node, or renews it, and tells it when that is done.
const RENEW: &str = "with renewed as (insert into main.cache_nodes (node, renewal) values ($1, $2) \
                     on conflict (node) do update set renewal = excluded.renewal returning node) \
                     select pg_notify($3, $4) from renewed";
/// Reads who is registered now, and asks the others to acknowledge.
const SETTLE: &str = concat!(
    "select ",
    server!(),
    " as server, nodes.node, nodes.renewal, case when nodes.node <> $1 then pg_notify($2, $3)::text end \
     from (select 1) as one left join main.cache_nodes as nodes on true"
);
/// Deletes nodes that have not renewed since.
const EXPIRE: &str = "delete from main.cache_nodes using unnest($1::text[], $2::bigint[]) as silent (node, renewal) \
                      where cache_nodes.node = silent.node and cache_nodes.renewal = silent.renewal";
const LEAVE: &str = "delete from main.cache_nodes where node = $1";
/// Tells nodes. What is lost with the server need not be written to its disk.
const TELL: &str = "select set_config('synchronous_commit', 'off', true), pg_notify(told.channel, told.payload) \
                    from unnest($1::text[], $2::text[]) as told (channel, payload)";
const SERVER: &str = concat!("select ", server!());

/// How often a node tries to register that has no lease yet.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The servers that this process has seen.
static SERVERS: Mutex<KnownServers> = Mutex::new(KnownServers::new());

/// What nodes tell each other beside changes, on channels that older versions do not listen to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    /// Whoever has applied what was told before acknowledges it to the node; to all.
    Settle { node: String, token: i64 },
    /// A node has applied all that was told before; to the one that asked.
    Applied { node: String, token: i64 },
    /// A node hears what is told; to itself.
    Heard,
    /// A renewal is done; to the node itself.
    Renewed { token: i64 },
}

/// An acknowledgement that is due.
#[derive(Debug)]
pub(super) struct Due {
    node: String,
    token: i64,
}

/// This node among the others.
#[derive(Debug)]
pub(super) struct Cluster {
    /// Another one at each start.
    node: String,
    /// Where all nodes are told of changes.
    changes: String,
    /// Where all nodes are asked to acknowledge.
    settling: String,
    cache: Option<SessionCache>,
    lease: Mutex<Lease>,
    /// Whether the connection that listens hears this node itself.
    hears: AtomicBool,
    /// The changes that wait, and who tells them that a node has acknowledged.
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

    /// Others tell this node of each change before it is answered, while it has a lease.
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
        // Nobody knows what was told before.
        self.cache.iter().for_each(SessionCache::clear);
        Ok(())
    }

    /// Notes that the node hears nothing any more.
    pub(super) fn is_lost(&self) {
        locked(&self.lease).lose();
    }

    /// When the lease is to be renewed next, after `last`; `None` where the node keeps no sessions.
    pub(super) fn renews_at(&self, last: Option<Instant>) -> Option<Instant> {
        self.cache.as_ref()?;
        let pause = if locked(&self.lease).until().is_some() { RENEWED_EVERY } else { FIRST_PAUSE };
        Some(last.map_or_else(Instant::now, |last| last + pause))
    }

    /// Applies what was notified; gives the change that it tells of, and adds the acknowledgement that it asks for.
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
                    // The one that waited may have been answered meanwhile.
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

    /// Sends a renewal; the lease counts once it is heard of. A node registers once it has heard itself: for one that hears
    /// nothing, as behind a pooler in transaction mode, every change would wait in vain.
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

    /// Acknowledges what was asked for, all that was told before being applied.
    pub(super) async fn acknowledge(&self, connection: &mut PgListener, due: &mut Vec<Due>) -> Result<()> {
        let due = std::mem::take(due);
        let applied = |token| Message::Applied { node: self.node.clone(), token };
        tell(connection, due.iter().map(|due| (&*due.node, applied(due.token)))).await
    }

    /// Waits until no other node answers from before what is committed now.
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
            // Where it fails, the next change waits for them again.
            match timeout(PATIENCE, self.expire(connections, settling.silent())).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "silent nodes could not be removed"),
                Err(_elapsed) => tracing::warn!("silent nodes could not be removed in time"),
            }
        }
    }

    /// Reads the nodes that keep sessions, and asks the others to acknowledge; `None` where some may be missing.
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
        // Where nobody keeps sessions and no server was left, no node can be missing.
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

    /// Answers nothing from memory any more, and lets no change wait for this node.
    pub(super) async fn leave(&self, connections: &Connections) -> Result<()> {
        self.is_lost();
        if self.cache.is_some() {
            let leave = sqlx::query(self.texts.leave.clone()).bind(&self.node);
            leave.execute(&mut *connections.get().await?).await?;
        }
        Ok(())
    }

    /// How many changes have waited for other nodes.
    pub(super) fn waits(&self) -> u64 {
        self.waits.load(Ordering::Relaxed)
    }
}

/// Reads what is told of a change; what a newer node tells and this one cannot read may have been anything.
pub(super) fn change(payload: &str) -> Change {
    serde_json::from_str(payload).unwrap_or(Change::Gap)
}

/// Tells nodes something.
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

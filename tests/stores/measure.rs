//! How fast the stores are: `cargo test --release … --test stores -- --ignored --nocapture measure`.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use multi_session::{
    Actor, EndedReason, Handle, NewSession, PostgresStore, PostgresTestDatabase, SecretHash, Session,
    SessionId, SqliteStore, Store, Timestamp, User, UserId,
};
use tempfile::TempDir;

use crate::opening::NewUser;
use crate::outbox::{self, AUDIT, BACKLOG};

const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);
const USERS: usize = 256;
const WRITES: usize = 512;
const READS: usize = 4_096;

fn user(number: usize) -> NewUser {
    let id = UserId::new(format!("user-{number}")).expect("an id");
    let user = User::new(id, "A user", format!("{number}@example.org"), NOW);
    NewUser { user, password_hash: "a hash".to_owned() }
}

fn session(user: usize, name: &str) -> NewSession {
    let id = SessionId::new(name).expect("an id");
    let handle = Handle::parse(&format!("{name:0>32}").replace('-', "0")).expect("a handle");
    let expires_at = NOW.plus(Duration::from_secs(60));
    let mut session = Session::new(id, handle, self::user(user).user.id, NOW, expires_at);
    session.ip_address = "203.0.113.7".to_owned();
    session.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".to_owned();
    NewSession {
        session,
        secret_hash: SecretHash::from_bytes(&[7; 32]).expect("32 bytes"),
        remember: true,
        shared_computer: false,
        new_device: false,
        device_keys: Vec::new(),
        signed_in_with: None,
    }
}

async fn open(store: &Arc<dyn Store>, is_new: bool, user: usize, name: &str) {
    let new_user = is_new.then(|| self::user(user));
    crate::opening::open(&**store, new_user.as_ref(), &session(user, name)).await.expect("a session");
}

/// Runs something so many times in so many tasks, and prints how long it took.
#[expect(clippy::print_stdout, reason = "that is what it is for")]
async fn measure<F: Future<Output = ()> + Send>(
    what: &str,
    tasks: usize,
    count: usize,
    act: impl Fn(usize) -> F + Clone + Send + 'static,
) {
    let since = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let act = act.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for number in (task..count).step_by(tasks) {
                    let since = Instant::now();
                    act(number).await;
                    times.push(since.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for running in running {
        times.extend(running.await.expect("no panic"));
    }
    let per_second = count as f64 / since.elapsed().as_secs_f64();
    times.sort();
    let (p50, p95) = (times[count / 2], times[count * 95 / 100]);
    println!("{what:32} {tasks:2} tasks {per_second:8.0}/s  p50 {p50:9.2?}  p95 {p95:9.2?}");
}

async fn measure_all(name: &str, store: Arc<dyn Store>) {
    for number in 0..USERS {
        open(&store, true, number, &format!("first-{number}")).await;
    }
    for tasks in [1, 8, 32] {
        let shared = Arc::clone(&store);
        measure(&format!("{name} open"), tasks, WRITES, move |number| {
            let store = Arc::clone(&shared);
            async move { open(&store, false, number % USERS, &format!("s-{tasks}-{number}")).await }
        })
        .await;
        let shared = Arc::clone(&store);
        measure(&format!("{name} live_by_handles"), tasks, READS, move |number| {
            let store = Arc::clone(&shared);
            async move {
                let handle = session(0, &format!("s-{tasks}-{}", number % WRITES)).session.handle;
                assert_eq!(store.live_by_handles(&[&handle], NOW).await.expect("an answer").len(), 1);
            }
        })
        .await;
        let shared = Arc::clone(&store);
        measure(&format!("{name} extend"), tasks, WRITES, move |number| {
            let store = Arc::clone(&shared);
            async move {
                let session = session(0, &format!("s-{tasks}-{number}")).session;
                let to = session.expires_at.plus(Duration::from_secs(1));
                let actor = Actor { session: &session.id, user: &session.user_id };
                assert!(store.extend(actor, session.expires_at, to, NOW).await.expect("an answer"));
            }
        })
        .await;
        let shared = Arc::clone(&store);
        measure(&format!("{name} end_by_id"), tasks, WRITES, move |number| {
            let store = Arc::clone(&shared);
            async move {
                let session = session(number % USERS, &format!("s-{tasks}-{number}")).session;
                let actor = Actor { session: &session.id, user: &session.user_id };
                let ended = store.end_by_id(actor, &session.id, EndedReason::Revoked, NOW).await;
                assert!(ended.expect("an answer").is_some());
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
async fn measure_sqlite() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    measure_all("sqlite", Arc::new(SqliteStore::open(&url).await.expect("a database"))).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
async fn measure_partitioned_postgres() {
    let (store, _database) = crate::postgres::partitioned::as_documented().await;
    measure_all("partitioned", store).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
async fn measure_postgres() {
    let database = PostgresTestDatabase::migrated().await;
    let store = PostgresStore::open(&database.url(), PostgresStore::CONNECTIONS).await.expect("a database");
    measure_all("postgres", Arc::new(store)).await;
}

/// The due events of a consumer with a long backlog.
async fn measure_due_events(name: &str, store: Arc<dyn Store>) {
    measure(&format!("{name} due_events"), 1, 64, move |_| {
        let store = Arc::clone(&store);
        async move {
            assert_eq!(store.due_events(AUDIT, None, 32, NOW).await.expect("a list"), []);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
async fn measure_backlog_sqlite() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let store = SqliteStore::open(&url).await.expect("a database");
    outbox::lease(&store).await;
    store.execute(BACKLOG).await.expect("a backlog");
    measure_due_events("sqlite", Arc::new(store)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
async fn measure_backlog_postgres() {
    let database = PostgresTestDatabase::migrated().await;
    let store = PostgresStore::open(&database.url(), PostgresStore::CONNECTIONS).await.expect("a database");
    outbox::lease(&store).await;
    database.execute(BACKLOG).await.map(drop).expect("a backlog");
    measure_due_events("postgres", Arc::new(store)).await;
}

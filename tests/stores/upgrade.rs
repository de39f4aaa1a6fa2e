//! A database of the previous version, and nodes of that version next to ours.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use multi_session::{
    Deliverer, Epoch, HistoryKind, HistoryQuery, Operator, OutboxEventKind, PostgresStore,
    PostgresTestDatabase, SessionId, SignInMethod, SqliteStore, Store, Timestamp, UserId,
};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);
/// The last migration of the previous version.
const BEFORE: i64 = 23;

/// The migrations of a folder up to a number.
fn migrations(folder: &str, last: i64) -> Migrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let migrations = files.into_iter().filter_map(|path| {
        let name = path.file_stem()?.to_str()?.to_owned();
        let (number, description) = name.split_once('_')?;
        let number = number.parse().expect("a number");
        let sql = AssertSqlSafe(std::fs::read_to_string(&path).expect("text")).into_sql_str();
        let migration =
            Migration::new(number, description.replace('_', " ").into(), MigrationType::Simple, sql, false);
        (number <= last).then_some(migration)
    });
    Migrator::with_migrations(migrations.collect())
}

/// A session as the previous version stores it. `{hash}` is 32 bytes.
fn session(user: &str, name: &str, hash: &str) -> String {
    format!(
        "insert into sessions (id, user_id, handle, secret_hash, ip_address, user_agent, remember, created_at, \
         updated_at, last_active_at, expires_at, shared_computer, new_device) values ('{name}', '{user}', \
         '{name:0>32}', {hash}, '', '', true, 1, 1, 1, {}, false, false);",
        NOW.unix_ms() + 60_000
    )
}

fn user(name: &str) -> String {
    format!(
        "insert into users (id, email, name, image, email_verified, created_at, updated_at, email_key) values \
         ('{name}', '{name}@example.org', '{name}', null, false, 1, 1, '{name}@example.org') on conflict do nothing;"
    )
}

fn password(name: &str) -> String {
    format!("insert into passwords (user_id, hash, updated_at) values ('{name}', 'a hash', 1);")
}

/// Users with a password, locked, disabled, and without a password.
fn written_before(hash: &str) -> String {
    let mut all = String::new();
    for name in ["ada", "locked", "disabled", "social"] {
        all += &user(name);
        all += &session(name, &format!("of{name}"), hash);
        if name != "social" {
            all += &password(name);
        }
    }
    all + "update passwords set locked_at = 7 where user_id = 'locked'; \
           update users set disabled_at = 8, two_factor = 'required', ban_imported_at = 9 where id = 'disabled'; \
           insert into known_devices (user_id, device_key, seen_at) select id, secret_hash, 1 from \
           (select user_id as id, secret_hash from sessions where user_id = 'ada') as own;"
}

async fn is_locked(store: &dyn Store, name: &str) -> bool {
    let email = format!("{name}@example.org");
    store.password_of(&email).await.expect("an answer").expect("an account").is_locked
}

async fn epoch(store: &dyn Store, name: &str) -> Epoch {
    store.epoch(&UserId::new(name).expect("an id")).await.expect("an answer")
}

/// Everything is kept, and sessions have a sign-in method as far as it can be known.
async fn everything_is_kept(store: &dyn Store) {
    for (name, locked, disabled, method) in [
        ("ada", false, false, Some(SignInMethod::PASSWORD)),
        ("locked", true, false, Some(SignInMethod::PASSWORD)),
        ("disabled", false, true, Some(SignInMethod::PASSWORD)),
        ("social", false, false, None),
    ] {
        let email = format!("{name}@example.org");
        let known = store.password_of(&email).await.expect("an answer").expect("an account");
        assert_eq!((known.is_locked, known.is_disabled), (locked, disabled), "{name}");
        assert_eq!(known.needs_two_factor, disabled, "{name}");
        assert_eq!(known.password_hash.is_some(), name != "social", "{name}");
        assert_ne!(known.epoch, Epoch::UNKNOWN, "{name}");
        let live = store.live_of_user(&known.user.id, NOW).await.expect("a list");
        let methods: Vec<_> = live.into_iter().map(|stored| stored.signed_in_with.clone()).collect();
        assert_eq!(methods, [method], "{name}");
        let kinds = &[HistoryKind::SignedIn];
        let query = HistoryQuery { session: None, kinds, before: None, limit: 10 };
        assert_eq!(store.history(&known.user.id, query).await.expect("a history").len(), 1, "{name}");
    }
    let ada = UserId::new("ada").expect("an id");
    assert_eq!(store.known_devices(&ada).await.expect("a list").len(), 1);
}

/// Changes by nodes of the previous version reach consumers, begin epochs, and lock and unlock for all nodes.
async fn nodes_of_the_previous_version_keep_working(
    store: &dyn Store,
    hash: &str,
    by_the_other: impl AsyncFn(String),
) {
    store.add_consumer("audit").await.expect("it is added");
    by_the_other(user("grace") + &password("grace") + &session("grace", "ofgrace", hash)).await;
    let by = Deliverer { consumer: "audit", id: "one" };
    store.lease_consumer(by, Duration::from_secs(60), NOW).await.expect("an answer");
    let due = store.due_events(by, None, 10, NOW).await.expect("a list");
    let told: Vec<_> = due.into_iter().map(|due| due.event).collect();
    let [event] = &*told else { panic!("{told:?}") };
    assert_eq!(event.session_id.as_ref().map(SessionId::as_str), Some("ofgrace"));
    assert_eq!(event.kind, OutboxEventKind::Begun { signed_in_with: None });
    let mut before = epoch(store, "grace").await;
    assert_ne!(before, Epoch::UNKNOWN);
    for (what, statement, locks) in [
        (
            "a change",
            "update passwords set hash = 'another', updated_at = 2 where user_id = 'grace' and hash = 'a hash' \
             and locked_at is null",
            false,
        ),
        ("a lock", "update passwords set locked_at = 3 where user_id = 'grace' and locked_at is null", true),
        (
            "a reset",
            "insert into passwords (user_id, hash, updated_at) values ('grace', 'reset', 4) on conflict (user_id) \
             do update set hash = excluded.hash, updated_at = excluded.updated_at, locked_at = null",
            false,
        ),
        ("a ban", "update users set disabled_at = 5 where id = 'grace' and disabled_at is null", false),
    ] {
        by_the_other(statement.to_owned()).await;
        let now = epoch(store, "grace").await;
        assert_ne!(std::mem::replace(&mut before, now), now, "{what}");
        assert_eq!(is_locked(store, "grace").await, locks, "{what}");
    }
    // The other way round, users that we lock are locked for those nodes.
    store.report_of(&UserId::new("ada").expect("an id"), None, true, None, NOW).await.expect("it is locked");
    by_the_other(
        "update passwords set hash = 'stolen' where user_id = 'ada' and locked_at is null".to_owned(),
    )
    .await;
    let known = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
    assert_eq!(known.password_hash.as_deref(), Some("a hash"), "their sign-ins and changes find it locked");
    let by = Operator::new("cli:test");
    let gone = store.forget_user(&by, &known.user.id, NOW).await.expect("an answer");
    assert!(gone.is_some());
    assert!(store.find(&[&SessionId::new("ofada").expect("an id")]).await.expect("an answer").is_empty());
}

const SQLITE_HASH: &str = "zeroblob(32)";
const POSTGRES_HASH: &str = "decode(repeat('00', 32), 'hex')";

async fn sqlite(folder: &TempDir) -> (String, sqlx::SqliteConnection) {
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let create = format!("{url}?mode=rwc");
    (url, sqlx::SqliteConnection::connect(&create).await.expect("a connection"))
}

#[tokio::test]
async fn sqlite_database_of_the_previous_version_is_migrated() {
    // Also if the process was killed right after the table of users was rebuilt.
    for is_cut_off in [false, true] {
        let folder = TempDir::new().expect("a folder");
        let (url, mut connection) = sqlite(&folder).await;
        migrations("sqlite", BEFORE)
            .run_direct(None, &mut connection, false)
            .await
            .expect("the schema before");
        sqlx::raw_sql(AssertSqlSafe(written_before(SQLITE_HASH)))
            .execute(&mut connection)
            .await
            .expect("rows");
        if is_cut_off {
            let rebuild = include_str!("../../migrations/sqlite/0024_subjects.sql");
            sqlx::raw_sql(rebuild).execute(&mut connection).await.expect("it is built anew");
        }
        connection.close().await.expect("it is closed");
        let store = SqliteStore::open(&url).await.expect("it is brought up to date");
        everything_is_kept(&store).await;
        let by_the_other = async |statements: String| {
            let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("a connection");
            let done = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await;
            done.map(drop).expect("it works as before");
        };
        nodes_of_the_previous_version_keep_working(&store, SQLITE_HASH, by_the_other).await;
    }
}

#[tokio::test]
async fn postgres_database_of_the_previous_version_is_migrated() {
    let database = PostgresTestDatabase::empty().await;
    let mut connection = sqlx::PgConnection::connect(&database.url()).await.expect("a connection");
    migrations("postgres", BEFORE).run_direct(None, &mut connection, false).await.expect("the schema before");
    sqlx::raw_sql(AssertSqlSafe(written_before(POSTGRES_HASH))).execute(&mut connection).await.expect("rows");
    let store = Arc::new(PostgresStore::open(&database.url(), 4).await.expect("it is brought up to date"));
    everything_is_kept(&*store).await;
    let by_the_other = async |statements: String| {
        let mut connection = sqlx::PgConnection::connect(&database.url()).await.expect("a connection");
        let done = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await;
        done.map(drop).expect("it works as before");
    };
    nodes_of_the_previous_version_keep_working(&*store, POSTGRES_HASH, by_the_other).await;
}

//! The database of a test's server: its own file, or with MULTI_SESSION_TEST_STORE=postgres its own
//! PostgreSQL database.

use std::sync::Arc;

use multi_session::{
    ImportStore, PostgresStore, PostgresTestDatabase, SessionId, SqliteStore, Store, StoreError,
};
use tempfile::TempDir;

/// Few, because many tests run at once.
const CONNECTIONS: u32 = 4;

/// The database operations of tests.
pub(crate) trait TestStore: Store + ImportStore {}

impl<T: Store + ImportStore> TestStore for T {}

/// A database. Dropping this deletes it.
pub(crate) enum TestDatabase {
    Sqlite(SqliteStore, TempDir),
    Postgres(PostgresStore, Box<PostgresTestDatabase>),
}

impl TestDatabase {
    pub(crate) async fn make() -> Self {
        match std::env::var("MULTI_SESSION_TEST_STORE").as_deref() {
            Err(_) | Ok("sqlite") => {
                let folder = TempDir::new().expect("a folder");
                let url = format!("sqlite://{}", folder.path().join("test.db").display());
                Self::Sqlite(SqliteStore::open(&url).await.expect("a database"), folder)
            }
            Ok("postgres") => {
                let database = PostgresTestDatabase::migrated().await;
                let store = PostgresStore::open(&database.url(), CONNECTIONS).await.expect("a database");
                Self::Postgres(store, Box::new(database))
            }
            Ok(other) => panic!("MULTI_SESSION_TEST_STORE is {other:?}: it may be sqlite or postgres"),
        }
    }

    pub(crate) fn store(&self) -> Arc<dyn TestStore> {
        match self {
            Self::Sqlite(store, _) => Arc::new(store.clone()),
            Self::Postgres(store, _) => Arc::new(store.clone()),
        }
    }

    /// Ends a session without a notification.
    pub(crate) async fn end_unannounced(&self, id: &SessionId) {
        let statement = format!(
            "update sessions set ended_at = last_active_at, ended_reason = 'revoked' where id = '{id}'"
        );
        self.execute(statement).await;
    }

    /// Runs statements bypassing the store.
    async fn execute(&self, statements: String) {
        match self {
            Self::Sqlite(store, _) => store.execute(statements.leak()).await.expect("it is done"),
            Self::Postgres(_, database) => {
                database.execute(statements.leak()).await.map(drop).expect("it is done");
            }
        }
    }

    /// Makes it refuse all writes, as with a full disk, or accept them again.
    pub(crate) async fn take_writes(&self, taken: bool) {
        const TABLES: [&str; 5] = ["users", "sessions", "passwords", "history", "write_checks"];
        let mut statements = String::new();
        for (table, change) in TABLES.iter().flat_map(|table| [(table, "insert"), (table, "update")]) {
            let name = format!("refuse_{change}_{table}");
            statements += &match (self, taken) {
                (Self::Sqlite(..), true) => format!("drop trigger {name};"),
                (Self::Postgres(..), true) => format!("drop trigger {name} on {table};"),
                // SQLite itself rolls the whole transaction back.
                (Self::Sqlite(..), false) => format!(
                    "create trigger {name} before {change} on {table}
                     begin select raise(rollback, 'database or disk is full'); end;"
                ),
                (Self::Postgres(..), false) => format!(
                    "create or replace function refuse() returns trigger language plpgsql as $$
                     begin raise exception 'the disk is full' using errcode = 'disk_full'; end $$;
                     create trigger {name} before {change} on {table}
                     for each row execute function refuse();"
                ),
            };
        }
        self.execute(statements).await;
    }

    /// Every session, live or not.
    pub(crate) async fn order_of_creation(&self) -> Result<Vec<SessionId>, StoreError> {
        match self {
            Self::Sqlite(store, _) => store.order_of_creation().await,
            Self::Postgres(store, _) => store.order_of_creation().await,
        }
    }

    /// Everything that is stored: the bytes of the files except for the WAL index, which readers change, or
    /// the rows as text.
    pub(crate) async fn contents(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(_, folder) => {
                let files = std::fs::read_dir(folder.path()).expect("the folder");
                let paths = files.map(|file| file.expect("a file").path());
                let kept = paths.filter(|path| !path.to_string_lossy().ends_with("-shm"));
                kept.flat_map(|path| std::fs::read(path).expect("its bytes")).collect()
            }
            Self::Postgres(_, database) => database.contents().await.into_bytes(),
        }
    }
}

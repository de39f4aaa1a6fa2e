//! Databases for tests.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

/// The variable with the URL of the server where tests create their databases.
const SERVER: &str = "MULTI_SESSION_TEST_POSTGRES";

/// The template databases, by the statements that changed their schema. Copying one is faster than migrating
/// again.
static TEMPLATES: tokio::sync::Mutex<BTreeMap<&str, String>> = tokio::sync::Mutex::const_new(BTreeMap::new());
static NUMBER: AtomicU32 = AtomicU32::new(0);
/// Databases whose tests are over, with the same keys. Emptying one is faster than creating one.
static FREE: Mutex<BTreeMap<&str, Vec<String>>> = Mutex::new(BTreeMap::new());

/// Ends all other connections and waits for them, then empties all tables except those of migrations. The timeout of
/// `pg_terminate_backend` would wait 100 ms for each connection. Without triggers, the order does not matter. `truncate`
/// would take longer, because it makes new files for every table and index.
const EMPTY: &str = r"do $$ declare
    name text;
    tries int := 0;
    schemas oid[] := array(select oid from pg_namespace
        where nspname <> 'information_schema' and nspname not like 'pg\_%');
begin
    loop
        perform pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid();
        exit when not found;
        tries := tries + 1;
        if tries > 10000 then raise 'the connections of another test do not end'; end if;
        perform pg_sleep(0.001), pg_stat_clear_snapshot();
    end loop;
    set local session_replication_role = replica;
    for name in select oid::regclass from pg_class where relnamespace = any(schemas)
        and relkind in ('r', 'p') and not relispartition and relname <> '_sqlx_migrations'
        loop execute 'delete from ' || name; end loop;
    perform setval(oid, 1, false) from pg_class where relnamespace = any(schemas) and relkind = 'S';
end $$";

/// A PostgreSQL database for one test, on a temporary server: PostgreSQL 14 or newer, with a superuser in its URL.
#[derive(Debug)]
pub struct PostgresTestDatabase {
    server: PgConnectOptions,
    name: String,
    /// The statements that changed its migrated schema; `None` if it began empty.
    changed_by: Option<&'static str>,
}

impl PostgresTestDatabase {
    /// Creates a database with an up-to-date schema.
    ///
    /// # Panics
    ///
    /// Without a server; the message says how to start one.
    pub async fn migrated() -> Self {
        Self::changed_by("").await
    }

    /// Creates a database with an up-to-date schema, and runs the statements in it.
    ///
    /// # Panics
    ///
    /// As [`PostgresTestDatabase::migrated`].
    pub async fn changed_by(statements: &'static str) -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).get_mut(statements).and_then(Vec::pop);
        if let Some(name) = free {
            let database = Self { server: server(), name, changed_by: Some(statements) };
            database.execute(EMPTY).await.map(drop).expect("it is emptied");
            return database;
        }
        let template = {
            let mut templates = TEMPLATES.lock().await;
            if !templates.contains_key(statements) {
                let made = template(templates.len(), statements).await;
                templates.insert(statements, made);
            }
            templates[statements].clone()
        };
        Self::create(&format!(" template {template}"), Some(statements)).await
    }

    /// Creates an empty database.
    ///
    /// # Panics
    ///
    /// As [`PostgresTestDatabase::migrated`].
    pub async fn empty() -> Self {
        Self::create("", None).await
    }

    async fn create(how: &str, changed_by: Option<&'static str>) -> Self {
        let server = server();
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        run(&server, &[format!("drop database if exists {name}"), format!("create database {name}{how}")])
            .await
            .expect("the server makes a database");
        Self { server, name, changed_by }
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        self.server.clone().database(&self.name).to_url_lossy().into()
    }

    /// Returns every row as text, in a fixed order.
    pub async fn contents(&self) -> String {
        let rows = "select users::text as row from users union all select passwords::text from passwords \
                    union all select sessions::text from sessions union all select history::text from history \
                    union all select operator_acts::text from operator_acts \
                    union all select mails::text from mails \
                    union all select mail_tokens::text from mail_tokens order by 1";
        let here = self.server.clone().database(&self.name);
        let mut connection = here.connect().await.expect("the server answers");
        let rows = sqlx::query_scalar::<_, String>(rows).fetch_all(&mut connection).await.expect("the rows");
        rows.join("\n")
    }

    /// Ends every connection to it, like a restart of the server.
    pub async fn disconnect_all(&self) {
        let statement =
            format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'", self.name);
        run(&self.server, &[statement]).await.expect("the server ends connections");
    }

    /// Waits until a connection waits for a lock, and ends that connection.
    pub async fn disconnect_waiting(&self) {
        let mut connection = self.server.connect().await.expect("the server answers");
        loop {
            let end = sqlx::query(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'",
            );
            let ended = end.bind(&self.name).execute(&mut connection).await.expect("an answer");
            if ended.rows_affected() > 0 {
                return;
            }
        }
    }

    /// Runs statements on another connection. Their locks are held until the guard is dropped.
    ///
    /// # Errors
    ///
    /// The database's error as text.
    pub async fn execute(&self, statements: &'static str) -> Result<impl Send, String> {
        let here = self.server.clone().database(&self.name);
        let mut connection = here.connect().await.map_err(|error| error.to_string())?;
        connection.execute(statements).await.map_err(|error| error.to_string())?;
        Ok(connection)
    }
}

impl Drop for PostgresTestDatabase {
    fn drop(&mut self) {
        if let Some(statements) = self.changed_by {
            let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
            free.entry(statements).or_default().push(std::mem::take(&mut self.name));
        }
    }
}

fn server() -> PgConnectOptions {
    let url = std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set: run the tests with scripts/unit.sh, or under scripts/with-postgres.sh")
    });
    PgConnectOptions::from_str(&url).expect("the URL of a PostgreSQL server")
}

/// Creates a template with a migrated schema that the statements have changed.
async fn template(number: usize, statements: &'static str) -> String {
    let server = server();
    let name = format!("template_{}_{number}", std::process::id());
    run(&server, &[format!("drop database if exists {name}"), format!("create database {name}")])
        .await
        .expect("the server makes a database");
    let here = server.database(&name);
    super::schema::Schema::migrate(&here, None).await.expect("the migrations run");
    run(&here, &[statements.to_owned()]).await.expect("the schema is changed");
    name
}

async fn run(at: &PgConnectOptions, statements: &[String]) -> sqlx::Result<()> {
    let mut connection: PgConnection = at.connect().await?;
    for statement in statements {
        // The names are made in this file.
        connection.execute(AssertSqlSafe(statement.clone())).await?;
    }
    connection.close().await
}

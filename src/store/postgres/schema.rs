//! The schema of an installation, and the channels and locks named after it.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqlSafeStr, SqlStr};
use tokio::time::timeout;

use super::PATIENCE;
use super::connections::require_read_write;
use crate::store::migrations::migrations;
use crate::store::sql::errors::{Result, unavailable};

/// Names of channels must be shorter than 64 bytes.
const LONGEST: usize = 50;

/// The schema of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schema(String);

impl Schema {
    /// The schema of older installations. Their channels and locks have no schema in their names, and keep
    /// these names.
    const PUBLIC: &str = "public";

    /// Checks that a name is safe in statements.
    pub(super) fn new(name: String) -> Result<Self> {
        let is_plain = name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-'));
        if name.is_empty() || name.len() > LONGEST || !is_plain {
            return Err(unavailable(
                "the name of a schema has letters, digits, underscores and hyphens, 50 at most",
            ));
        }
        Ok(Self(name))
    }

    /// The channel for changes.
    pub(super) fn channel(&self) -> String {
        if self.is_public() { "multi_session".to_owned() } else { format!("{}.changes", self.0) }
    }

    /// The channel on which nodes ask each other for acknowledgements.
    pub(super) fn settling_channel(&self) -> String {
        format!("{}.settling", self.0)
    }

    /// Fills the name of this schema into a statement.
    pub(super) fn qualify(&self, text: &str) -> SqlStr {
        let lock = "multi-session email keys";
        let text = text.replace("main.", &format!("\"{}\".", self.0)).replace(lock, &self.lock(lock));
        AssertSqlSafe(std::sync::Arc::<str>::from(text)).into_sql_str()
    }

    /// The name of an advisory lock.
    fn lock(&self, name: &str) -> String {
        if self.is_public() { name.to_owned() } else { format!("{name} of {}", self.0) }
    }

    fn is_public(&self) -> bool {
        self.0 == Self::PUBLIC
    }

    /// Creates a schema if it is missing and brings it up to date. Without a name, it is the first one in the
    /// connection's search path. If several nodes start at once, one does this and the others wait.
    pub(super) async fn migrate(options: &PgConnectOptions, name: Option<&str>) -> Result<Self> {
        // A single connection reports what is wrong at once; a pool would retry and then only report a
        // timeout. It has no statement timeout: a migration may take longer than a request.
        let mut connection = timeout(PATIENCE, options.connect()).await.map_err(unavailable)??;
        require_read_write(&mut connection).await?;
        let schema = match name {
            Some(name) => name.to_owned(),
            None => {
                let current: Option<String> =
                    sqlx::query_scalar("select current_schema()").fetch_one(&mut connection).await?;
                current.ok_or_else(|| unavailable("the search path names no schema: name one"))?
            }
        };
        let schema = Self::new(schema)?;
        schema.update(&mut connection).await?;
        connection.close().await?;
        Ok(schema)
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<()> {
        let configure = sqlx::query(
            "select set_config('search_path', quote_ident($1), false), set_config('statement_timeout', '0', false), \
             set_config('lock_timeout', '0', false), set_config('client_min_messages', 'warning', false)",
        );
        configure.bind(&self.0).execute(&mut *connection).await?;
        // The lock is held until the connection is closed.
        let lock = sqlx::query("select pg_advisory_lock(hashtext($1))");
        lock.bind(self.lock("multi-session migrations")).execute(&mut *connection).await?;
        let find = sqlx::query("select 1 from pg_namespace where nspname = $1").bind(&self.0);
        if find.fetch_optional(&mut *connection).await?.is_none() {
            let create = AssertSqlSafe(format!("create schema \"{}\"", self.0));
            sqlx::query(create).execute(&mut *connection).await?;
        }
        let mut migrations = migrations!("postgres");
        // A release works with the schema of the next release, also at start.
        migrations.set_ignore_missing(true);
        // sqlx's lock is for the whole database, and the application may hold it. Older releases, which are
        // always in `public`, use only this lock.
        migrations.set_locking(self.is_public());
        // The same as `run`, which the compiler accepts only with a pool.
        migrations.run_direct(None, connection, false).await.map_err(unavailable)?;
        // A trigger function must find our tables whatever the search path of the session that fires it. Only
        // its owner may set that, and once is enough.
        let names: Vec<&str> = migrations.iter().flat_map(|it| functions(it.sql.as_str())).collect();
        let unbound = "select proname from pg_proc where pronamespace = quote_ident($1)::regnamespace \
                       and proname = any($2) and proconfig is null";
        let unbound: Vec<String> =
            sqlx::query_scalar(unbound).bind(&self.0).bind(names).fetch_all(&mut *connection).await?;
        for function in unbound {
            let bind =
                format!("alter function \"{0}\".{function}() set search_path = \"{0}\", pg_temp", self.0);
            sqlx::query(AssertSqlSafe(bind)).execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// The names of the functions that a migration creates.
fn functions(sql: &str) -> impl Iterator<Item = &str> {
    let made =
        sql.split("\ncreate function ").skip(1).chain(sql.split("\ncreate or replace function ").skip(1));
    made.filter_map(|rest| rest.split('(').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(name: &str) -> Schema {
        Schema::new(name.to_owned()).expect("a name")
    }

    #[test]
    fn statements_channels_and_locks_are_named_after_the_schema() {
        let (public, own) = (schema("public"), schema("Own-1_a"));
        let text = "select 1 from main.users, hashtext('multi-session email keys')";
        let expected = "select 1 from \"public\".users, hashtext('multi-session email keys')";
        assert_eq!(public.qualify(text).as_str(), expected);
        let expected = "select 1 from \"Own-1_a\".users, hashtext('multi-session email keys of Own-1_a')";
        assert_eq!(own.qualify(text).as_str(), expected);
        assert_eq!((public.channel(), own.channel()), ("multi_session".into(), "Own-1_a.changes".into()));
        assert!(
            schema(&"s".repeat(LONGEST)).settling_channel().len() < 64,
            "PostgreSQL refuses a longer one"
        );
    }

    #[test]
    fn schema_name_that_could_change_a_statement_is_refused() {
        for name in ["", "a b", "a\"b", "a'b", "a.b", "\u{e4}", &"s".repeat(LONGEST + 1)] {
            assert!(Schema::new(name.to_owned()).is_err(), "{name}");
        }
    }

    #[test]
    fn functions_of_a_migration_are_found() {
        let sql = "-- create function no()\ncreate table a (b int);\ncreate function one() returns trigger as $$\n$$;\n\
                   create or replace function two() returns";
        assert_eq!(functions(sql).collect::<Vec<_>>(), ["one", "two"]);
    }
}

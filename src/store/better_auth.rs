//! Reads a Better Auth database: users, passwords and sessions.
//!
//! SQLite has times as ISO 8601 (Kysely) or as numbers (Drizzle, Prisma), PostgreSQL as `timestamp` or
//! `timestamptz`. Every column is read as text, so that one reader serves both.

use std::fmt::Write;
use std::str::FromStr;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use url::Url;

use self::layout::{CatalogueColumn, CatalogueTable, Layout, Located, locate};
pub use self::layout::{InvalidSourceName, SourceName};

mod layout;

/// Why the other database cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The URL names no database of a known kind.
    #[error("it must be sqlite://FILE or postgres://…")]
    Url,
    /// It cannot be reached or opened.
    #[error("it cannot be opened")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It has no such table, in whichever spelling.
    #[error("it has no table for Better Auth's {table:?}")]
    MissingTable {
        /// The table, as Better Auth calls it.
        table: &'static str,
    },
    /// A table has no such column, in whichever spelling.
    #[error("its table {table:?} has no column for Better Auth's {column:?}")]
    MissingColumn {
        /// The table, as the database calls it.
        table: String,
        /// The column, as Better Auth calls it.
        column: &'static str,
    },
    /// More than one table or column could be meant.
    #[error("both {:?} and {:?} can be Better Auth's {wanted:?}: set its name (--map)", .found[0], .found[1])]
    Ambiguous {
        /// The table or column, as Better Auth calls it.
        wanted: String,
        /// What the database has.
        found: [String; 2],
    },
    /// A table cannot be read.
    #[error("its table {table:?} cannot be read")]
    Table {
        /// The table.
        table: &'static str,
        /// What the database says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A table of Better Auth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// The users.
    User,
    /// The accounts with a password.
    Account,
    /// The sessions, the oldest first.
    Session,
}

impl Table {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Account => "account",
            Self::Session => "session",
        }
    }
}

/// A row as text, column by column.
pub(crate) type TextRow = Vec<Option<String>>;

/// A Better Auth database, read as one snapshot: changes meanwhile are not seen.
#[derive(Debug)]
pub struct BetterAuthSource {
    database: Database,
    users: String,
    accounts: String,
    sessions: Option<String>,
    not_understood: Vec<String>,
}

#[derive(Debug)]
enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl BetterAuthSource {
    /// Opens `sqlite://FILE` or `postgres://…`, for reading only, and finds Better Auth's tables in it.
    ///
    /// Tables and columns are found in each spelling of Better Auth's command-line tool. `names` has those
    /// that its configuration names differently. In PostgreSQL it reads the tables on the search path, or
    /// those of the schema that the URL names with `?schema=`, as Prisma's URLs do.
    ///
    /// # Errors
    ///
    /// [`SourceError`] when the database does not exist, when a column or a table other than that of the
    /// sessions is missing, or when a name is ambiguous.
    pub async fn open(url: &str, names: &[SourceName]) -> Result<Self, SourceError> {
        let (database, catalogue) = if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(open)?.read_only(true);
            let mut connection = options.connect().await.map_err(open)?;
            sqlx::query("begin").execute(&mut connection).await.map_err(open)?;
            let rows = sqlx::query_as(SQLITE_CATALOGUE).fetch_all(&mut connection).await.map_err(open)?;
            (Database::Sqlite(connection), tables_of(rows))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let (url, schema) = without_prisma(url)?;
            let options = PgConnectOptions::from_str(&url).map_err(open)?;
            let mut connection = PgConnection::connect_with(&options).await.map_err(open)?;
            let begin = "begin transaction isolation level repeatable read read only";
            sqlx::query(begin).execute(&mut connection).await.map_err(open)?;
            let rows = sqlx::query_as(POSTGRES_CATALOGUE).bind(schema);
            let rows = rows.fetch_all(&mut connection).await.map_err(open)?;
            (Database::Postgres(connection), tables_of(rows))
        } else {
            return Err(SourceError::Url);
        };
        let layout = locate(&catalogue, names)?;
        let select = |table, located: &Located<'_>| match &database {
            Database::Sqlite(_) => select(table, located, sqlite_text),
            Database::Postgres(_) => select(table, located, postgres_text),
        };
        let users = select(Table::User, &layout.user);
        let accounts = select(Table::Account, &layout.account);
        let sessions = layout.session.as_ref().map(|session| select(Table::Session, session));
        let Layout { not_understood, .. } = layout;
        Ok(Self { database, users, accounts, sessions, not_understood })
    }

    /// Whether the sessions are in the database. With `secondaryStorage` they are elsewhere.
    pub(crate) fn has_sessions(&self) -> bool {
        self.sessions.is_some()
    }

    /// Tables, and columns of the imported tables, that the import does not understand. Their content is not
    /// imported.
    pub fn not_understood(&self) -> &[String] {
        &self.not_understood
    }

    /// Reads a table row by row.
    pub(crate) fn rows(&mut self, table: Table) -> BoxStream<'_, Result<TextRow, SourceError>> {
        let failed =
            move |error: sqlx::Error| SourceError::Table { table: table.name(), source: error.into() };
        let select = match table {
            Table::User => &self.users,
            Table::Account => &self.accounts,
            Table::Session => match &self.sessions {
                Some(sessions) => sessions,
                None => return futures_util::stream::empty().boxed(),
            },
        };
        // It contains only names from the catalogue, all quoted.
        let select = AssertSqlSafe(select.clone());
        match &mut self.database {
            Database::Sqlite(connection) => sqlx::query(select)
                .fetch(connection)
                .map(move |row| row.and_then(|row| texts(&row)).map_err(failed))
                .boxed(),
            Database::Postgres(connection) => sqlx::query(select)
                .fetch(connection)
                .map(move |row| row.and_then(|row| texts(&row)).map_err(failed))
                .boxed(),
        }
    }
}

const SQLITE_CATALOGUE: &str = "select null, tables.name, columns.name, false from sqlite_schema as tables \
     join pragma_table_xinfo(tables.name) as columns \
     where tables.type in ('table', 'view') and tables.name not like 'sqlite\\_%' escape '\\' \
     and columns.hidden <> 1 order by tables.rowid, columns.cid";

/// `$1` is a schema or null. If several tables have one name, the search path decides.
const POSTGRES_CATALOGUE: &str = "select schemas.nspname::text, tables.relname::text, columns.attname::text, \
     columns.atttypid in ('timestamp'::regtype, 'timestamptz'::regtype, 'date'::regtype) \
     from pg_catalog.pg_class as tables \
     join pg_catalog.pg_namespace as schemas on schemas.oid = tables.relnamespace \
     join pg_catalog.pg_attribute as columns on columns.attrelid = tables.oid \
     where tables.relkind in ('r', 'p', 'v', 'm', 'f') and columns.attnum > 0 and not columns.attisdropped \
     and case when $1::text is null then pg_catalog.pg_table_is_visible(tables.oid) \
     and schemas.nspname = any (pg_catalog.current_schemas(false)) else schemas.nspname = $1 end \
     order by schemas.nspname, tables.relname, columns.attnum";

fn tables_of(rows: Vec<(Option<String>, String, String, bool)>) -> Vec<CatalogueTable> {
    let mut tables: Vec<CatalogueTable> = Vec::new();
    for (schema, table, column, is_time) in rows {
        let column = CatalogueColumn { name: column, is_time };
        match tables.last_mut().filter(|last| last.schema == schema && last.name == table) {
            Some(last) => last.columns.push(column),
            None => tables.push(CatalogueTable { schema, name: table, columns: vec![column] }),
        }
    }
    tables
}

/// URL parameters of Prisma that PostgreSQL does not know.
const PRISMA: [&str; 10] = [
    "schema",
    "connection_limit",
    "connect_timeout",
    "pool_timeout",
    "socket_timeout",
    "pgbouncer",
    "statement_cache_size",
    "sslaccept",
    "sslidentity",
    "sslpassword",
];

/// The URL without Prisma's parameters, and the schema that it names.
fn without_prisma(url: &str) -> Result<(String, Option<String>), SourceError> {
    let mut url = Url::parse(url).map_err(|error| SourceError::Open(error.into()))?;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let schema = pairs.iter().find(|(name, _)| name == "schema").map(|(_, schema)| schema.clone());
    url.set_query(None);
    let kept = pairs.iter().filter(|(name, _)| !PRISMA.contains(&&**name));
    url.query_pairs_mut().extend_pairs(kept);
    Ok((url.into(), schema))
}

fn select(table: Table, located: &Located<'_>, text: fn(&CatalogueColumn) -> String) -> String {
    let quoted = |name: &str| {
        let index = table.fields().iter().position(|field| field.name == name);
        let column = index.and_then(|index| located.columns.get(index).copied().flatten());
        column.map_or_else(|| "null".to_owned(), |column| quote(&column.name))
    };
    let columns: Vec<String> = located
        .columns
        .iter()
        .map(|column| column.map_or_else(|| "cast(null as text)".to_owned(), text))
        .collect();
    let mut select = format!("select {} from ", columns.join(", "));
    if let Some(schema) = &located.table.schema {
        let _ = write!(select, "{}.", quote(schema));
    }
    select += &quote(&located.table.name);
    match table {
        Table::User => {}
        Table::Account => {
            let (provider, password) = (quoted("providerId"), quoted("password"));
            let _ = write!(select, " where {provider} = 'credential' and {password} is not null");
        }
        Table::Session => {
            let _ = write!(select, " order by {}", quoted("createdAt"));
        }
    }
    select
}

fn sqlite_text(column: &CatalogueColumn) -> String {
    format!("cast({} as text)", quote(&column.name))
}

fn postgres_text(column: &CatalogueColumn) -> String {
    let name = quote(&column.name);
    if column.is_time {
        format!("(extract(epoch from {name}) * 1000)::bigint::text")
    } else {
        format!("{name}::text")
    }
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn texts<R>(row: &R) -> Result<TextRow, sqlx::Error>
where
    R: Row,
    usize: sqlx::ColumnIndex<R>,
    for<'a> Option<String>: sqlx::Decode<'a, R::Database> + sqlx::Type<R::Database>,
{
    (0..row.len()).map(|column| row.try_get(column)).collect()
}

fn open(error: sqlx::Error) -> SourceError {
    SourceError::Open(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prisma_parameters_are_removed_from_the_url() {
        for (url, kept, schema) in [
            ("postgres://a:b@h:1/x", "postgres://a:b@h:1/x", None),
            (
                "postgresql://a@h/x?schema=auth&sslmode=require",
                "postgresql://a@h/x?sslmode=require",
                Some("auth"),
            ),
            (
                "postgres://a@h/x?sslpassword=hidden&connection_limit=1&schema=a%20b",
                "postgres://a@h/x",
                Some("a b"),
            ),
            (
                "postgres://a@h/x?options=-csearch_path%3Da",
                "postgres://a@h/x?options=-csearch_path%3Da",
                None,
            ),
        ] {
            let (left, named) = without_prisma(url).expect("a URL");
            assert_eq!((left.trim_end_matches('?'), named.as_deref()), (kept, schema));
        }
    }

    #[test]
    fn names_are_quoted() {
        assert_eq!(quote("a\"; drop table b"), "\"a\"\"; drop table b\"");
    }
}

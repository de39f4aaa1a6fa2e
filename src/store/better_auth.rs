//! A Better Auth database, to be read: `user`, `account` and `session` as its command-line tool makes them.
//!
//! SQLite holds times as ISO 8601 (kysely) or as numbers (drizzle), PostgreSQL as `timestamp` or `timestamptz`. Every
//! column is read as text, so that one reader serves both.

use std::str::FromStr;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};

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
    /// A table or column is missing.
    #[error("its table {table:?} cannot be read as Better Auth's")]
    Table {
        /// The table.
        table: &'static str,
        /// What the database says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A table of Better Auth's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// `id, email, name, image, emailVerified, createdAt, updatedAt`.
    User,
    /// `id, userId, password, updatedAt` of the accounts with a password.
    Account,
    /// `id, userId, token, ipAddress, userAgent, createdAt, updatedAt, expiresAt`, the oldest first.
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

    const fn in_sqlite(self) -> &'static str {
        match self {
            Self::User => {
                "select cast(id as text), email, name, image, cast(\"emailVerified\" as text), \
                 cast(\"createdAt\" as text), cast(\"updatedAt\" as text) from \"user\""
            }
            Self::Account => {
                "select cast(id as text), cast(\"userId\" as text), password, cast(\"updatedAt\" as text) \
                 from \"account\" where \"providerId\" = 'credential' and password is not null"
            }
            Self::Session => {
                "select cast(id as text), cast(\"userId\" as text), token, \"ipAddress\", \"userAgent\", \
                 cast(\"createdAt\" as text), cast(\"updatedAt\" as text), cast(\"expiresAt\" as text) \
                 from \"session\" order by \"createdAt\""
            }
        }
    }

    const fn in_postgres(self) -> &'static str {
        match self {
            Self::User => {
                "select id::text, email::text, name::text, image::text, \"emailVerified\"::text, \
                 (extract(epoch from \"createdAt\") * 1000)::bigint::text, \
                 (extract(epoch from \"updatedAt\") * 1000)::bigint::text from \"user\""
            }
            Self::Account => {
                "select id::text, \"userId\"::text, password::text, \
                 (extract(epoch from \"updatedAt\") * 1000)::bigint::text \
                 from \"account\" where \"providerId\" = 'credential' and password is not null"
            }
            Self::Session => {
                "select id::text, \"userId\"::text, token::text, \"ipAddress\"::text, \"userAgent\"::text, \
                 (extract(epoch from \"createdAt\") * 1000)::bigint::text, \
                 (extract(epoch from \"updatedAt\") * 1000)::bigint::text, \
                 (extract(epoch from \"expiresAt\") * 1000)::bigint::text \
                 from \"session\" order by \"createdAt\""
            }
        }
    }
}

/// A row as text, column by column.
pub(crate) type TextRow = Vec<Option<String>>;

/// A Better Auth database, read at one moment: what changes meanwhile is not seen.
#[derive(Debug)]
pub struct BetterAuthSource(Database);

#[derive(Debug)]
enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl BetterAuthSource {
    /// Opens `sqlite://FILE` or `postgres://…`, for reading only.
    ///
    /// # Errors
    ///
    /// [`SourceError`] when it is not there, or no table of Better Auth's is in it.
    pub async fn open(url: &str) -> Result<Self, SourceError> {
        let database = if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(open)?.read_only(true);
            let mut connection = options.connect().await.map_err(open)?;
            sqlx::query("begin").execute(&mut connection).await.map_err(open)?;
            Database::Sqlite(connection)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url).map_err(open)?;
            let mut connection = PgConnection::connect_with(&options).await.map_err(open)?;
            let begin = "begin transaction isolation level repeatable read read only";
            sqlx::query(begin).execute(&mut connection).await.map_err(open)?;
            Database::Postgres(connection)
        } else {
            return Err(SourceError::Url);
        };
        let mut source = Self(database);
        for table in [Table::User, Table::Account, Table::Session] {
            source.rows(table).next().await.transpose()?;
        }
        Ok(source)
    }

    /// Reads a table row by row.
    pub(crate) fn rows(&mut self, table: Table) -> BoxStream<'_, Result<TextRow, SourceError>> {
        let failed =
            move |error: sqlx::Error| SourceError::Table { table: table.name(), source: error.into() };
        match &mut self.0 {
            Database::Sqlite(connection) => sqlx::query(table.in_sqlite())
                .fetch(connection)
                .map(move |row| row.and_then(|row| texts(&row)).map_err(failed))
                .boxed(),
            Database::Postgres(connection) => sqlx::query(table.in_postgres())
                .fetch(connection)
                .map(move |row| row.and_then(|row| texts(&row)).map_err(failed))
                .boxed(),
        }
    }
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

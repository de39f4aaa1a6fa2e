//! The database that a URL names.

use std::convert::Infallible;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use multi_session::{
    ImportStore, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Store, StoreError,
};
use url::Url;

use crate::{Config, ServerError};

/// The URL of a database. Its printed form has no password.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    // Errors are reported later, because clap's own message would print the whole URL.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.split(':').next().unwrap_or_default();
        if scheme == "sqlite" {
            // The whole path, because an operator may be in another folder than expected.
            let file = self.0.strip_prefix("sqlite://").and_then(|file| std::path::absolute(file).ok());
            return match file {
                Some(file) => write!(f, "sqlite://{}", file.display()),
                None => f.write_str(&self.0),
            };
        }
        // Parameters may contain a password as well.
        match Url::parse(&self.0) {
            Ok(url) => {
                write!(f, "{scheme}://{}", url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
            Err(_) => write!(f, "{scheme}://…"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The traits that the server needs of a store.
pub(crate) trait Database: Store + ImportStore {}

impl<T: Store + ImportStore> Database for T {}

/// Opens the configured database, creates it if it is missing, and runs the migrations.
pub(crate) async fn open(config: &Config) -> Result<Arc<dyn Database>, ServerError> {
    open_with(config, true).await
}

/// Opens the configured database, which must exist, so that an operator in the wrong folder gets an error.
pub(crate) async fn open_existing(config: &Config) -> Result<Arc<dyn Database>, ServerError> {
    open_with(config, false).await
}

/// Copies the configured database, which must be an SQLite file, into an empty file.
pub(crate) async fn copy(config: &Config, to: &Path) -> Result<(), ServerError> {
    let url = &config.database_url;
    if !url.0.starts_with("sqlite://") {
        return Err(ServerError::Config(
            "this command is for SQLite; use pg_dump for a PostgreSQL database".to_owned(),
        ));
    }
    let copied = SqliteStore::back_up(&url.0, to).await;
    copied.map_err(|source| ServerError::Database { url: url.clone(), source })
}

async fn open_with(config: &Config, create: bool) -> Result<Arc<dyn Database>, ServerError> {
    let url = &config.database_url;
    let failed = |source: StoreError| ServerError::Database { url: url.clone(), source };
    match url.0.split_once("://").map(|(scheme, _)| scheme) {
        Some("sqlite") => {
            let store = match create {
                true => {
                    let sessions = config.session_cache.unwrap_or(SqliteOptions::SESSION_CACHE);
                    SqliteStore::open_with(&url.0, &SqliteOptions::default().session_cache(sessions)).await
                }
                false => SqliteStore::open_existing(&url.0).await,
            };
            Ok(Arc::new(store.map_err(failed)?))
        }
        Some("postgres" | "postgresql") => {
            // Operators' commands verify no requests, so they need no cache.
            let sessions = config.session_cache.filter(|_| create).unwrap_or_default();
            let options = PostgresOptions::default().session_cache(sessions);
            let store = PostgresStore::open_with(&url.0, config.database_connections.get(), &options).await;
            Ok(Arc::new(store.map_err(failed)?))
        }
        _ => Err(ServerError::Config("DATABASE_URL must begin with sqlite:// or postgres://".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_url_has_the_whole_path_and_no_password() {
        let folder = std::env::current_dir().expect("a folder");
        for (text, printed) in [
            ("sqlite://data/app.db", &*format!("sqlite://{}/data/app.db", folder.display())),
            ("sqlite:///srv/app.db", "sqlite:///srv/app.db"),
            ("postgres://ada:s3cret@db.example.org/app", "postgres://db.example.org/app"),
            ("postgresql://ada:s3cret@127.0.0.1:5433/app?sslmode=require", "postgresql://127.0.0.1:5433/app"),
            ("postgres://db.example.org/app?user=ada&password=s3cret", "postgres://db.example.org/app"),
            ("postgres://ada:s3cret/x@db.example.org/app", "postgres://…"),
            ("mysql://ada:s3cret@db.example.org/app", "mysql://db.example.org/app"),
        ] {
            let url = DatabaseUrl(text.to_owned());
            assert_eq!(url.to_string(), printed);
            assert!(!format!("{url:?}").contains("s3cret"));
        }
    }
}

//! Moving from Better Auth: users, passwords and living sessions, so that nobody is signed out by the move.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::password::is_better_auth;
use crate::store::better_auth::{SourceError, Table, TextRow};
use crate::store::import::{Import, ImportStore, ImportedSession, TakeError, Taken};
use crate::{
    BetterAuthSource, ClientHints, Handle, IpMode, Secret, Session, SessionId, StoreError, Timestamp, User,
    UserId, email,
};

/// Better Auth gives a sign-in that is not to be remembered one day.
const NOT_REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60 + 60);
/// How many rows go by between two reports of progress.
const PROGRESS_EVERY: u64 = 10_000;

/// What became of the rows of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Taken now.
    pub taken: u64,
    /// Taken before, and brought up to date.
    pub updated: u64,
    /// Taken before, and left as they are.
    pub unchanged: u64,
    /// Left, since they are over.
    pub expired: u64,
    /// Skipped, since they are broken; each was reported.
    pub broken: u64,
}

impl ImportCounts {
    fn count(&mut self, taken: Taken) {
        match taken {
            Taken::New => self.taken += 1,
            Taken::Updated => self.updated += 1,
            Taken::Unchanged => self.unchanged += 1,
        }
    }
}

/// What an import did, or with [`ImportOptions::dry_run`] would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// The users.
    pub users: ImportCounts,
    /// The passwords.
    pub passwords: ImportCounts,
    /// The sessions; nothing without the secret.
    pub sessions: ImportCounts,
    /// How many sessions ended here since they had ended there.
    pub ended: u64,
}

/// What happens on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportProgress {
    /// So many rows of a table were read.
    Read {
        /// The table.
        table: &'static str,
        /// The number of rows.
        rows: u64,
    },
    /// A row was skipped.
    Broken {
        /// The table.
        table: &'static str,
        /// The row's id; empty if it has none.
        id: String,
        /// What is wrong with it, without its content.
        why: String,
    },
}

/// How an import goes.
#[derive(Clone, Default)]
pub struct ImportOptions {
    /// Better Auth's secret, with which it signs its cookies; without it sessions are left.
    pub secret: Option<String>,
    /// Whether nothing is kept of it.
    pub dry_run: bool,
    /// How much is kept of the sessions' addresses.
    pub ip_mode: IpMode,
}

/// Why an import failed as a whole: nothing of it is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The other database cannot be read.
    #[error("the Better Auth database cannot be read")]
    Source(#[from] SourceError),
    /// This store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Takes the users, passwords and sessions of a Better Auth database over, all in one transaction.
///
/// Ids are kept. Password hashes are kept as they are, and replaced at the next sign-in. With the secret living
/// sessions are taken, so that the cookies that browsers have go on to work. A second import takes what is new and
/// follows what has changed there, but for what has been changed here since.
///
/// # Errors
///
/// [`ImportError`] when one of the two databases fails; a broken row is told to `progress` and skipped.
pub async fn import_better_auth(
    source: &mut BetterAuthSource,
    target: &dyn ImportStore,
    options: &ImportOptions,
    now: Timestamp,
    progress: &mut (dyn FnMut(ImportProgress) + Send),
) -> Result<ImportReport, ImportError> {
    let mut import = target.begin_import(now).await?;
    let mut report = ImportReport::default();
    let mut work = Work { import: &mut *import, options, now, progress };
    work.table(source, Table::User, &mut report.users).await?;
    work.table(source, Table::Account, &mut report.passwords).await?;
    if options.secret.is_some() {
        work.table(source, Table::Session, &mut report.sessions).await?;
        report.ended = import.end_gone().await?;
    }
    if !options.dry_run {
        import.commit().await?;
    }
    Ok(report)
}

struct Work<'a> {
    import: &'a mut dyn Import,
    options: &'a ImportOptions,
    now: Timestamp,
    progress: &'a mut (dyn FnMut(ImportProgress) + Send),
}

impl Work<'_> {
    async fn table(
        &mut self,
        source: &mut BetterAuthSource,
        table: Table,
        counts: &mut ImportCounts,
    ) -> Result<(), ImportError> {
        let mut rows = source.rows(table);
        let mut read = 0;
        while let Some(row) = rows.next().await {
            let mut row = Columns::of(row?);
            read += 1;
            let done = match table {
                _ if row.has_nul() => Err(broken("it holds a NUL character, which PostgreSQL cannot store")),
                Table::User => self.user(&mut row).await,
                Table::Account => self.password(&mut row).await,
                Table::Session => self.session(&mut row).await,
            };
            match done {
                Ok(Some(taken)) => counts.count(taken),
                Ok(None) => counts.expired += 1,
                Err(Left::Broken(why)) => {
                    counts.broken += 1;
                    (self.progress)(ImportProgress::Broken { table: table.name(), id: row.id, why });
                }
                Err(Left::Failed(error)) => return Err(error.into()),
            }
            if read % PROGRESS_EVERY == 0 {
                (self.progress)(ImportProgress::Read { table: table.name(), rows: read });
            }
        }
        (self.progress)(ImportProgress::Read { table: table.name(), rows: read });
        Ok(())
    }

    async fn user(&mut self, row: &mut Columns) -> Result<Option<Taken>, Left> {
        let user = User {
            id: UserId::new(row.text("id")?).map_err(broken)?,
            email: email::normalise(&row.text("email")?).map_err(|_| broken("its e-mail is none"))?,
            name: row.optional(),
            image: row.take(),
            email_verified: row.truth("emailVerified")?,
            created_at: row.moment("createdAt")?,
            updated_at: row.moment("updatedAt")?,
        };
        Ok(Some(self.import.user(&user).await?))
    }

    async fn password(&mut self, row: &mut Columns) -> Result<Option<Taken>, Left> {
        row.text("id")?;
        let user = UserId::new(row.text("userId")?).map_err(broken)?;
        let hash = row.text("password")?;
        if !is_better_auth(&hash) {
            return Err(broken("its password's hash is not of the form that Better Auth writes by default"));
        }
        let updated_at = row.moment("updatedAt")?;
        Ok(Some(self.import.password(&user, &hash, updated_at).await?))
    }

    async fn session(&mut self, row: &mut Columns) -> Result<Option<Taken>, Left> {
        let id = SessionId::new(row.text("id")?).map_err(broken)?;
        let user_id = UserId::new(row.text("userId")?).map_err(broken)?;
        let token = row.text("token")?;
        let handle = Handle::parse(&token).ok_or_else(|| broken("its token is not 32 letters or digits"))?;
        let session = Session {
            id,
            handle,
            user_id,
            ip_address: kept(self.options.ip_mode, row.optional()),
            user_agent: crate::user_agent::shortened(&row.optional()).to_owned(),
            client_hints: ClientHints::default(),
            created_at: row.moment("createdAt")?,
            updated_at: row.moment("updatedAt")?,
            expires_at: row.moment("expiresAt")?,
        };
        if session.expires_at <= self.now {
            return Ok(None);
        }
        let secret = self.options.secret.as_deref().unwrap_or_default();
        let imported = ImportedSession {
            secret_hash: signature(secret, &token).hash(),
            // No column says it; the time that it was given does.
            remember: session.expires_at.since(session.updated_at) > NOT_REMEMBERED,
            session,
        };
        Ok(Some(self.import.session(&imported).await?))
    }
}

/// What is kept of an address of theirs: the text as it is, or truncated, and then nothing of what is no address.
fn kept(mode: IpMode, text: String) -> String {
    match mode {
        IpMode::Full => text,
        IpMode::Truncated => {
            text.trim().parse::<IpAddr>().map(|address| mode.kept(address).to_string()).unwrap_or_default()
        }
    }
}

/// What stands behind the dot of Better Auth's cookie: the HMAC-SHA-256 of the token.
fn signature(secret: &str, token: &str) -> Secret {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(token.as_bytes());
    Secret::from_bytes(mac.finalize().into_bytes().into())
}

/// Why a row was not taken.
enum Left {
    Broken(String),
    Failed(StoreError),
}

fn broken(why: impl ToString) -> Left {
    Left::Broken(why.to_string())
}

impl From<TakeError> for Left {
    fn from(error: TakeError) -> Self {
        match error {
            TakeError::Store(error) => Self::Failed(error),
            other => broken(other),
        }
    }
}

/// The columns of a row, taken from left to right.
struct Columns {
    id: String,
    rest: std::vec::IntoIter<Option<String>>,
}

impl Columns {
    fn of(row: TextRow) -> Self {
        let id = row.first().cloned().flatten().unwrap_or_default();
        Self { id, rest: row.into_iter() }
    }

    fn has_nul(&self) -> bool {
        self.rest.as_slice().iter().flatten().any(|text| text.contains('\0'))
    }

    fn take(&mut self) -> Option<String> {
        self.rest.next().flatten()
    }

    fn optional(&mut self) -> String {
        self.take().unwrap_or_default()
    }

    fn text(&mut self, name: &str) -> Result<String, Left> {
        self.take().filter(|text| !text.is_empty()).ok_or_else(|| broken(format!("it has no {name}")))
    }

    fn truth(&mut self, name: &str) -> Result<bool, Left> {
        match self.optional().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" => Ok(true),
            "" | "0" | "false" | "f" => Ok(false),
            _ => Err(broken(format!("its {name} is neither true nor false"))),
        }
    }

    fn moment(&mut self, name: &str) -> Result<Timestamp, Left> {
        let text = self.text(name)?;
        moment(&text).ok_or_else(|| broken(format!("its {name} is no time")))
    }
}

/// Reads ISO 8601, SQLite's own `2026-11-23 11:09:21`, and numbers of seconds or milliseconds.
fn moment(text: &str) -> Option<Timestamp> {
    /// As milliseconds it is in 1973, as seconds in the year 5138.
    const MILLISECONDS_FROM: i64 = 100_000_000_000;
    let number = text.parse::<i64>().ok().or_else(|| text.strip_suffix(".0")?.parse().ok());
    match number {
        Some(number) if number.abs() >= MILLISECONDS_FROM => Some(Timestamp::from_unix_ms(number)),
        Some(number) => Some(Timestamp::from_unix_ms(number * 1_000)),
        None => Timestamp::parse(text).or_else(|| Timestamp::parse(&(text.replacen(' ', "T", 1) + "Z"))),
    }
}

impl std::fmt::Debug for ImportOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportOptions").field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_it_is_or_truncated() {
        for (theirs, truncated) in [
            ("203.0.113.7", "203.0.113.0"),
            ("2001:0db8:0001:0002:0000:0000:0000:0001", "2001:db8:1::"),
            ("203.0.113.7, 10.0.0.1", ""),
            ("", ""),
        ] {
            assert_eq!(kept(IpMode::Full, theirs.to_owned()), theirs);
            assert_eq!(kept(IpMode::Truncated, theirs.to_owned()), truncated);
        }
    }

    #[test]
    fn times_are_read_in_every_form_that_adapters_write() {
        let moment_ms = 1_763_896_161_802;
        for text in
            ["2025-11-23T11:09:21.802Z", "1763896161802", "1763896161802.0", "2025-11-23 11:09:21.802"]
        {
            assert_eq!(moment(text), Some(Timestamp::from_unix_ms(moment_ms)), "{text}");
        }
        assert_eq!(moment("1763896161"), Some(Timestamp::from_unix_ms(1_763_896_161_000)));
        assert_eq!(moment("2025-11-23 11:09:21"), Some(Timestamp::from_unix_ms(1_763_896_161_000)));
        for text in ["", "soon", "2025-11-23", "NaN"] {
            assert_eq!(moment(text), None, "{text:?}");
        }
    }
}

//! Importing from Better Auth: users, passwords and live sessions, so that nobody is signed out.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::accounts::{email, is_better_auth, name_or_local_part};
use crate::store::better_auth::{SourceError, Table, TextRow};
use crate::store::import::{
    Import, ImportOutcome, ImportRowError, ImportStore, ImportedRestrictions, ImportedSession,
};
use crate::subject::{check_image, checked_name};
use crate::{
    BetterAuthSource, ClientHints, Handle, IpMode, Secret, Session, SessionId, StoreError, Timestamp, User,
    UserId,
};

/// Better Auth's lifetime of a sign-in that is not remembered: one day. A minute is added for rounding.
const NOT_REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60 + 60);
/// Longer than any address that a proxy sends. Better Auth stores whatever it was sent.
const MAXIMUM_ADDRESS_LEN: usize = 256;
/// How many rows are read between two progress reports.
const PROGRESS_EVERY: u64 = 10_000;

/// The result for the rows of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportCounts {
    /// Imported now.
    pub imported: u64,
    /// Imported before, and updated now.
    pub updated: u64,
    /// Imported before, and unchanged since.
    pub unchanged: u64,
    /// Skipped because they have expired.
    pub expired: u64,
    /// Skipped because they are broken. Each was reported.
    pub broken: u64,
}

impl ImportCounts {
    fn count(&mut self, taken: ImportOutcome) {
        match taken {
            ImportOutcome::New => self.imported += 1,
            ImportOutcome::Updated => self.updated += 1,
            ImportOutcome::Unchanged => self.unchanged += 1,
        }
    }
}

/// The result of an import, or with [`ImportOptions::dry_run`] what it would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// The users.
    pub users: ImportCounts,
    /// The passwords.
    pub passwords: ImportCounts,
    /// The sessions. All zero without the secret.
    pub sessions: ImportCounts,
    /// How many sessions ended here because they had ended in the source.
    pub ended: u64,
    /// How many users are banned in the source, whatever an operator did here since.
    pub banned: u64,
    /// How many users are still disabled here although their ban in the source has ended.
    pub still_disabled: u64,
    /// How many users have two-factor authentication in the source.
    pub two_factor: u64,
    /// How many sessions were skipped because an administrator impersonated the user in them.
    pub impersonated: u64,
    /// How many names, pictures and addresses were dropped because a sign-up would not accept them; each was reported.
    pub dropped: u64,
    /// Whether the sessions are not in the database, as with Better Auth's `secondaryStorage`.
    pub sessions_are_elsewhere: bool,
    /// Tables, and columns of the tables that were read, that the import does not understand.
    pub not_understood: Vec<String>,
}

/// Progress of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// A part of a row was dropped, and the rest was taken.
    Dropped {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: String,
        /// Which part and why, without its content.
        what: &'static str,
    },
}

/// The options of an import.
#[derive(Clone, Default)]
pub struct ImportOptions {
    /// The secret with which Better Auth signs its cookies. Without it sessions are skipped.
    pub secret: Option<String>,
    /// Whether nothing is stored.
    pub dry_run: bool,
    /// Whether users with two-factor authentication in the source can sign in by password alone.
    pub allow_password_alone: bool,
    /// How much of the sessions' addresses is stored.
    pub ip_mode: IpMode,
}

/// Why an import failed. Nothing was stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The other database cannot be read.
    #[error("the Better Auth database cannot be read")]
    Source(#[from] SourceError),
    /// This store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Every user row is broken, so the database was probably misread.
    #[error("every user row is broken")]
    EveryUserBroken,
}

/// Imports the users, passwords and sessions of a Better Auth database in one transaction.
///
/// Ids are kept. Password hashes are kept as they are, and replaced at the next sign-in. With the secret live sessions
/// are imported too, so that the cookies in browsers keep working. A second import adds what is new and updates what
/// has changed in the source, except for what has been changed here since.
///
/// Users who are banned in the source are disabled here. Users with two-factor authentication cannot sign in by
/// password alone, even after a mailed reset, unless [`ImportOptions::allow_password_alone`] or an operator allows it.
/// Sessions in which an administrator impersonates a user are skipped.
///
/// # Errors
///
/// [`ImportError`] when one of the two databases fails. A broken row is reported to `progress` and skipped.
pub async fn import_better_auth(
    source: &mut BetterAuthSource,
    target: &dyn ImportStore,
    options: &ImportOptions,
    now: Timestamp,
    progress: &mut (dyn FnMut(ImportProgress) + Send),
) -> Result<ImportReport, ImportError> {
    let mut import = target.begin_import(now).await?;
    let mut report = ImportReport {
        not_understood: source.not_understood().to_vec(),
        sessions_are_elsewhere: !source.has_sessions(),
        ..ImportReport::default()
    };
    let mut work = Work { import: &mut *import, options, now, progress, report: &mut report };
    let users = work.table(source, Table::User).await?;
    if users.broken > 0 && users.imported + users.updated + users.unchanged == 0 {
        return Err(ImportError::EveryUserBroken);
    }
    let passwords = work.table(source, Table::Account).await?;
    let mut sessions = ImportCounts::default();
    if options.secret.is_some() && source.has_sessions() {
        sessions = work.table(source, Table::Session).await?;
        report.ended += import.end_gone().await?;
    }
    (report.users, report.passwords, report.sessions) = (users, passwords, sessions);
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
    report: &'a mut ImportReport,
}

impl Work<'_> {
    async fn table(
        &mut self,
        source: &mut BetterAuthSource,
        table: Table,
    ) -> Result<ImportCounts, ImportError> {
        let mut rows = source.rows(table);
        let mut counts = ImportCounts::default();
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
                Err(Skipped::Impersonated) => self.report.impersonated += 1,
                Err(Skipped::Broken(why)) => {
                    counts.broken += 1;
                    (self.progress)(ImportProgress::Broken { table: table.name(), id: row.id, why });
                }
                Err(Skipped::Failed(error)) => return Err(error.into()),
            }
            if read % PROGRESS_EVERY == 0 {
                (self.progress)(ImportProgress::Read { table: table.name(), rows: read });
            }
        }
        (self.progress)(ImportProgress::Read { table: table.name(), rows: read });
        Ok(counts)
    }

    /// Reports that a part of a row is dropped, because a sign-up would not accept it either.
    fn drop_part(&mut self, table: Table, id: &str, what: &'static str) {
        self.report.dropped += 1;
        (self.progress)(ImportProgress::Dropped { table: table.name(), id: id.to_owned(), what });
    }

    async fn user(&mut self, row: &mut Columns) -> Result<Option<ImportOutcome>, Skipped> {
        let id = UserId::new(row.text("id")?).map_err(broken)?;
        let email =
            email::normalise(&row.text("email")?).map_err(|_| broken("its email is missing or invalid"))?;
        let (name, image) = (row.optional(), row.take().filter(|image| !image.is_empty()));
        let name = checked_name(&name).unwrap_or_else(|_| {
            self.drop_part(Table::User, id.as_str(), "its name, which is too long");
            ""
        });
        let image = image.filter(|image| {
            let is_fine = check_image(Some(image)).is_ok();
            if !is_fine {
                self.drop_part(Table::User, id.as_str(), "its picture, whose address is too long");
            }
            is_fine
        });
        let user = User {
            name: name_or_local_part(name, &email),
            id,
            email,
            image,
            email_verified: row.truth("emailVerified")?,
            created_at: row.moment("createdAt")?,
            updated_at: row.moment("updatedAt")?,
        };
        let (banned, expires_at) = (row.truth("banned")?, row.optional_moment("banExpires")?);
        let is_banned = banned && expires_at.is_none_or(|expires_at| expires_at > self.now);
        let has_two_factor = row.truth("twoFactorEnabled")?;

        let taken = self.import.user(&user).await?;
        self.report.banned += u64::from(is_banned);
        self.report.two_factor += u64::from(has_two_factor);
        let needs_two_factor = has_two_factor && !self.options.allow_password_alone;
        let restrictions = ImportedRestrictions { is_banned, needs_two_factor };
        // A new user has no earlier restriction that could be lifted.
        if taken != ImportOutcome::New || restrictions != ImportedRestrictions::default() {
            let restricted = self.import.restrict(&user.id, restrictions).await?;
            self.report.ended += restricted.ended;
            self.report.still_disabled += u64::from(restricted.is_still_disabled);
        }
        Ok(Some(taken))
    }

    async fn password(&mut self, row: &mut Columns) -> Result<Option<ImportOutcome>, Skipped> {
        row.text("id")?;
        let user = UserId::new(row.text("userId")?).map_err(broken)?;
        let hash = row.text("password")?;
        if !is_better_auth(&hash) {
            return Err(broken("its password hash does not have Better Auth's default format"));
        }
        let updated_at = row.moment("updatedAt")?;
        Ok(Some(self.import.password(&user, &hash, updated_at).await?))
    }

    async fn session(&mut self, row: &mut Columns) -> Result<Option<ImportOutcome>, Skipped> {
        let id = SessionId::new(row.text("id")?).map_err(broken)?;
        let user_id = UserId::new(row.text("userId")?).map_err(broken)?;
        let token = row.text("token")?;
        let handle = Handle::parse(&token).ok_or_else(|| broken("its token is not 32 letters or digits"))?;
        let mut address = row.optional();
        if address.len() > MAXIMUM_ADDRESS_LEN {
            self.drop_part(Table::Session, id.as_str(), "its IP address, which is too long");
            address.clear();
        }
        let session = Session {
            id,
            handle,
            user_id,
            ip_address: kept(self.options.ip_mode, address),
            user_agent: crate::user_agent::shortened(&row.optional()).to_owned(),
            client_hints: ClientHints::default(),
            created_at: row.moment("createdAt")?,
            updated_at: row.moment("updatedAt")?,
            expires_at: row.moment("expiresAt")?,
        };
        if session.expires_at <= self.now {
            return Ok(None);
        }
        if row.take().is_some_and(|by| !by.is_empty()) {
            return Err(Skipped::Impersonated);
        }
        let secret = self.options.secret.as_deref().unwrap_or_default();
        let imported = ImportedSession {
            secret_hash: signature(secret, &token).hash(),
            // No column says whether the sign-in was remembered, but its lifetime does.
            remember: session.expires_at.since(session.updated_at) > NOT_REMEMBERED,
            session,
        };
        Ok(Some(self.import.session(&imported).await?))
    }
}

/// What is stored of an imported address: the text as it is, or truncated. When truncating, text that is no
/// address is dropped.
fn kept(mode: IpMode, text: String) -> String {
    match mode {
        IpMode::Full => text,
        IpMode::Truncated => {
            text.trim().parse::<IpAddr>().map(|address| mode.kept(address).to_string()).unwrap_or_default()
        }
    }
}

/// The part behind the dot of Better Auth's cookie: the HMAC-SHA-256 of the token.
fn signature(secret: &str, token: &str) -> Secret {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(token.as_bytes());
    Secret::from_bytes(mac.finalize().into_bytes().into())
}

/// Why a row was not imported.
enum Skipped {
    /// It is a session in which an administrator acts as the user.
    Impersonated,
    Broken(String),
    Failed(StoreError),
}

fn broken(why: impl ToString) -> Skipped {
    Skipped::Broken(why.to_string())
}

impl From<ImportRowError> for Skipped {
    fn from(error: ImportRowError) -> Self {
        match error {
            ImportRowError::Store(error) => Self::Failed(error),
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

    fn text(&mut self, name: &str) -> Result<String, Skipped> {
        self.take().filter(|text| !text.is_empty()).ok_or_else(|| broken(format!("it has no {name}")))
    }

    fn truth(&mut self, name: &str) -> Result<bool, Skipped> {
        match self.optional().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" => Ok(true),
            "" | "0" | "false" | "f" => Ok(false),
            _ => Err(broken(format!("its {name} is neither true nor false"))),
        }
    }

    fn moment(&mut self, name: &str) -> Result<Timestamp, Skipped> {
        self.optional_moment(name)?.ok_or_else(|| broken(format!("it has no {name}")))
    }

    fn optional_moment(&mut self, name: &str) -> Result<Option<Timestamp>, Skipped> {
        let text = self.take().filter(|text| !text.is_empty());
        let read = text.map(|text| moment(&text).ok_or_else(|| broken(format!("its {name} is not a time"))));
        read.transpose()
    }
}

/// Reads ISO 8601, SQLite's `2026-11-23 11:09:21`, and numbers of seconds or milliseconds.
fn moment(text: &str) -> Option<Timestamp> {
    /// Numbers from here on are milliseconds: as milliseconds it is in 1973, as seconds in the year 5138.
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
        let Self { dry_run, allow_password_alone, .. } = self;
        f.debug_struct("ImportOptions")
            .field("dry_run", dry_run)
            .field("allow_password_alone", allow_password_alone)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imported_address_is_kept_or_truncated() {
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
    fn times_are_read_in_every_format_of_better_auth_adapters() {
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

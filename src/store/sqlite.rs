//! The embedded store: one file, one writer, many readers.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Row, Sqlite, Transaction};
use tokio::sync::broadcast;

use self::watching::Watching;
use super::fit::{ended_for, fit};
use super::migrations::migrations;
use super::sql::{
    Result, TwoFactor, corrupt, ended_rows, found, history_entry, known_device, not_opened, session_id,
    statistics, stored_session, superseded, touched, two_factor, unavailable, undoable, user, user_id,
};
use super::{
    Actor, Ended, Found, HistoryQuery, Limit, NewHistoryEntry, NewMail, NewSession, NewUser, NextSession,
    OpenError, Page, PasswordOf, Renewal, Statistics, Store, StoreError, StoredHistoryEntry, StoredSession,
    Superseded, Touch, Undo, Undoable, changes_of, password_changed, reauthenticated, renamed, rounds,
    touches, undone,
};
use crate::{
    Change, Changes, DeviceKey, EndedReason, Handle, KnownDevice, SessionId, Timestamp, User, UserId,
    email_key,
};

mod email_keys;
#[cfg(feature = "import-better-auth")]
mod import;
mod mail;
mod operating;
mod statements;
mod watching;

use statements as sql;

type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// How long a statement waits for another one's lock, and a request for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many changes wait for a slow listener before it is told of a gap.
const CHANGES_KEPT: usize = 1_024;

/// Sessions in an SQLite file.
///
/// WAL lets readers go on beside the one writer, and `synchronous = full` makes an answered change survive a power
/// cut. Every change is one `begin immediate` transaction or one statement, so limits are exact.
///
/// It is for one node. What another process commits, such as an operator's command, is seen by the next read, and told
/// within a second as [`Change::Gap`].
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    changes: broadcast::Sender<Change>,
    watching: Arc<Watching>,
}

impl SqliteStore {
    /// Opens the database of a URL such as `sqlite://data/multi-session.db`, made with its folder where it is
    /// missing, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the URL is not one of a file, the file cannot be opened or a migration fails.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, true).await
    }

    /// Opens a database that is there already, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// As of [`SqliteStore::open`], and when there is no such file.
    pub async fn open_existing(url: &str) -> Result<Self> {
        Self::open_with(url, false).await
    }

    async fn open_with(url: &str, create: bool) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url).map_err(unavailable)?;
        if url.contains(":memory:") || options.get_filename() == Path::new("") {
            return Err(unavailable("an SQLite URL must name a file, as in sqlite://data/multi-session.db"));
        }
        if create && let Some(folder) = options.get_filename().parent() {
            std::fs::create_dir_all(folder).map_err(unavailable)?;
        }
        let options = options
            .create_if_missing(create)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is deleted is overwritten: an erased user is in no part of the file.
            .pragma("secure_delete", "on")
            .busy_timeout(PATIENCE);
        let readers = u32::try_from(std::thread::available_parallelism().map_or(2, usize::from)).unwrap_or(2);
        let connections = Arc::new(AtomicU64::default());
        let connected = Arc::clone(&connections);
        let writer = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            // One and the same for as long as it works: what others commit is seen against its own commits.
            .max_lifetime(None)
            .idle_timeout(None)
            .after_connect(move |_, _| {
                connected.fetch_add(1, Ordering::SeqCst);
                Box::pin(async { Ok(()) })
            })
            .after_release(|connection, _| Box::pin(is_clean(connection)))
            .connect_with(options.clone())
            .await?;
        migrations!("sqlite").run(&writer).await.map_err(unavailable)?;
        email_keys::fill(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(readers.max(2) * 2)
            .acquire_timeout(PATIENCE)
            .connect_with(options.read_only(true))
            .await?;
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        let watching = Watching::start(writer.clone(), connections, changes.clone()).await?;
        Ok(Self { writer, readers, changes, watching: watching.into() })
    }

    /// Gives the plan of each statement, as SQLite explains it, for the test that refuses scans.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when a statement does not compile.
    #[cfg(feature = "test-support")]
    pub async fn explain(&self) -> Result<Vec<(&'static str, Vec<String>)>> {
        let mut plans = Vec::new();
        for (name, statement) in super::statements::ALL.iter().chain(sql::ALL) {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {statement}"));
            let rows = sqlx::query(explain).fetch_all(&self.writer).await?;
            let details = rows.iter().map(|row| row.try_get("detail")).collect::<Result<_, _>>()?;
            plans.push((*name, details));
        }
        Ok(plans)
    }

    /// Runs statements, as somebody else with access to the file would.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when one fails.
    #[cfg(feature = "test-support")]
    pub async fn execute(&self, statements: &'static str) -> Result<()> {
        sqlx::raw_sql(statements).execute(&self.writer).await?;
        Ok(())
    }

    /// Lists every session in the order of creation, live or not, for the test of the limit.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    #[cfg(feature = "test-support")]
    pub async fn order_of_creation(&self) -> Result<Vec<SessionId>> {
        let rows = sqlx::query("select id from sessions order by seq").fetch_all(&self.readers).await?;
        rows.iter().map(session_id).collect()
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.writer.begin_with("begin immediate").await?)
    }

    /// Commits, then tells of the changes.
    ///
    /// Both run in a task of their own: the caller may be dropped while it waits, and SQLite commits all the same.
    async fn commit(&self, tx: Transaction<'static, Sqlite>, changes: Vec<Change>) -> Result<()> {
        let listeners = self.changes.clone();
        let committing = tokio::spawn(async move {
            tx.commit().await?;
            for change in changes {
                // Without listeners nobody hears it.
                let _ = listeners.send(change);
            }
            Ok::<_, StoreError>(())
        });
        committing.await.map_err(unavailable)?
    }

    /// Makes a change that nobody is told of.
    async fn write(&self, query: Query) -> Result<u64> {
        Ok(query.execute(&self.writer).await?.rows_affected())
    }

    /// Makes a change of one row, and tells of it if the row was there.
    async fn write_one(&self, query: Query, change: Change) -> Result<bool> {
        let mut tx = self.begin().await?;
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        self.commit(tx, vec![change]).await?;
        Ok(true)
    }

    async fn end(&self, query: Query, reason: EndedReason) -> Result<Vec<Ended>> {
        let mut tx = self.begin().await?;
        let ended = end_in(&mut tx, query, reason).await?;
        self.commit(tx, changes_of(None, &ended)).await?;
        Ok(ended)
    }
}

/// Whether a connection can be used again.
///
/// SQLite rolls a transaction back by itself when the disk is full or fails. sqlx then fails to roll it back, believes
/// the transaction to be open, and refuses the next one: such a connection is closed.
async fn is_clean(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // A rollback may still be in the connection's queue: this waits for it.
    connection.ping().await?;
    let is_clean = !connection.is_in_transaction();
    if !is_clean {
        tracing::warn!("a database connection was closed: its transaction could not be rolled back");
    }
    Ok(is_clean)
}

/// Binds what every statement that ends sessions begins with.
fn ending(statement: &'static str, now: Timestamp, reason: EndedReason, by: Option<&SessionId>) -> Query {
    sqlx::query(statement).bind(now.unix_ms()).bind(reason.as_str()).bind(by.map(|id| id.as_str().to_owned()))
}

fn reauthenticating(actor: Actor<'_>, renewal: &Renewal, now: Timestamp) -> Query {
    sqlx::query(sql::REAUTHENTICATE)
        .bind(now.unix_ms())
        .bind(actor.session.as_str().to_owned())
        .bind(actor.user.as_str().to_owned())
        .bind(renewal.handle.as_str().to_owned())
        .bind(renewal.secret_hash.as_bytes().to_vec())
        .bind(renewal.expires_at.unix_ms())
}

fn undoing(undo: Undo<'_>, now: Timestamp) -> Query {
    sqlx::query(sql::UNDO_REVOKE)
        .bind(now.unix_ms())
        .bind(undo.ended_after.unix_ms())
        .bind(undo.actor.session.as_str().to_owned())
        .bind(undo.actor.user.as_str().to_owned())
        .bind(undo.id.as_str().to_owned())
        .bind(undo.maximum)
}

async fn end_in(connection: &mut SqliteConnection, query: Query, reason: EndedReason) -> Result<Vec<Ended>> {
    ended_rows(&query.fetch_all(connection).await?, reason)
}

#[async_trait]
impl Store for SqliteStore {
    async fn live_by_handles(&self, handles: &[&Handle], now: Timestamp) -> Result<Vec<StoredSession>> {
        let rows = sqlx::query(sql::LIVE_BY_HANDLES)
            .bind(now.unix_ms())
            .bind(json_list(handles.iter().map(|handle| handle.as_str())))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(stored_session).collect()
    }

    async fn live_of_user(&self, user: &UserId, now: Timestamp) -> Result<Vec<StoredSession>> {
        let rows = sqlx::query(sql::LIVE_OF_USER)
            .bind(now.unix_ms())
            .bind(user.as_str())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(stored_session).collect()
    }

    async fn find(&self, ids: &[&SessionId]) -> Result<Vec<Found>> {
        let ids = json_list(ids.iter().map(|id| id.as_str()));
        let rows = sqlx::query(sql::FIND).bind(ids).fetch_all(&self.readers).await?;
        rows.iter().map(found).collect()
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Found>> {
        let row = sqlx::query(sql::FIND_BY_HANDLE).bind(handle.as_str());
        row.fetch_optional(&self.readers).await?.as_ref().map(found).transpose()
    }

    async fn of_user(&self, user: &UserId, page: Page<'_>, now: Timestamp) -> Result<Vec<Found>> {
        let rows = sqlx::query(sql::OF_USER)
            .bind(user.as_str())
            .bind(page.ended)
            .bind(now.unix_ms())
            .bind(page.after.map(SessionId::as_str))
            .bind(page.limit);
        rows.fetch_all(&self.readers).await?.iter().map(found).collect()
    }

    async fn known_devices(&self, user: &UserId) -> Result<Vec<KnownDevice>> {
        let rows = sqlx::query(sql::KNOWN_DEVICES).bind(user.as_str()).fetch_all(&self.readers).await?;
        rows.iter().map(known_device).collect()
    }

    async fn is_known_device(&self, email: &str, key: &DeviceKey) -> Result<bool> {
        let query = sqlx::query(sql::IS_KNOWN_DEVICE).bind(email).bind(email_key(email));
        let query = query.bind(key.as_bytes().as_slice());
        Ok(query.fetch_optional(&self.readers).await?.is_some())
    }

    async fn find_user(&self, id: &UserId) -> Result<Option<User>> {
        let row = sqlx::query(sql::FIND_USER).bind(id.as_str()).fetch_optional(&self.readers).await?;
        row.map(|row| user(&row, "id")).transpose()
    }

    async fn statistics(&self, now: Timestamp, since: Timestamp) -> Result<Statistics> {
        let rows = sqlx::query(sql::STATISTICS).bind(now.unix_ms()).bind(since.unix_ms());
        statistics(&rows.fetch_all(&self.readers).await?)
    }

    async fn password_of(&self, email: &str) -> Result<Option<PasswordOf>> {
        let row = sqlx::query(sql::PASSWORD_OF).bind(email).bind(email_key(email));
        let row = row.fetch_optional(&self.readers).await?;
        let found = row.map(|row| {
            Ok(PasswordOf {
                user: user(&row, "id")?,
                password_hash: row.try_get("password_hash")?,
                is_locked: row.try_get::<Option<i64>, _>("locked_at")?.is_some(),
                is_disabled: row.try_get::<Option<i64>, _>("disabled_at")?.is_some(),
                needs_two_factor: two_factor(&row)? == TwoFactor::Required,
            })
        });
        found.transpose()
    }

    async fn open(
        &self,
        user: Option<&NewUser>,
        new: &NewSession,
        limit: &Limit,
    ) -> Result<Vec<Ended>, OpenError> {
        let session = &new.session;
        let now = session.created_at;
        let by = Some(&session.id);
        let held = json_list(limit.held.iter().map(SessionId::as_str));
        let mut tx = self.begin().await?;

        if let Some(NewUser { user, password_hash }) = user {
            let key = email_key(&user.email);
            let other = sqlx::query(sql::OTHER_USER_OF_EMAIL).bind(&user.email).bind(&key);
            let other = other.bind(user.id.as_str()).fetch_optional(&mut *tx).await;
            if other.map_err(StoreError::from)?.is_some() {
                return Err(OpenError::EmailTaken);
            }
            let inserted = sqlx::query(sql::INSERT_USER)
                .bind(user.id.as_str())
                .bind(&user.email)
                .bind(&user.name)
                .bind(&user.image)
                .bind(user.email_verified)
                .bind(user.created_at.unix_ms())
                .bind(user.updated_at.unix_ms())
                .bind(key)
                .execute(&mut *tx)
                .await
                .map_err(StoreError::from)?;
            if inserted.rows_affected() == 0 {
                return Err(OpenError::EmailTaken);
            }
            sqlx::query(sql::INSERT_PASSWORD)
                .bind(user.id.as_str())
                .bind(password_hash)
                .bind(user.created_at.unix_ms())
                .execute(&mut *tx)
                .await
                .map_err(StoreError::from)?;
        }

        if let Some(proved) = &limit.proved
            && !mail::password_stands(&mut tx, &session.user_id, proved).await?
        {
            return Err(OpenError::PasswordChanged);
        }
        let restrictions = operating::restrictions_of(&mut tx, &session.user_id).await?;
        if let Some(refusal) = restrictions.and_then(|known| known.refusal()) {
            return Err(refusal);
        }
        let live = sqlx::query(sql::LIVE_TO_FIT)
            .bind(now.unix_ms())
            .bind(session.user_id.as_str())
            .bind(held)
            .fetch_all(&mut *tx)
            .await
            .map_err(StoreError::from)?;
        let live: Vec<_> =
            live.iter().map(|row| Ok((session_id(row)?, user_id(row, "user_id")?))).collect::<Result<_>>()?;
        // Dropping the transaction rolls it back: the new user is gone.
        let ended = fit(session, limit, &live)?;
        // It is there before it ends others, so that the history can say which device did.
        insert_session(&mut tx, new).await.map_err(not_opened)?;
        for reason in [EndedReason::Replaced, EndedReason::Evicted] {
            let ids = ended_for(reason, &ended);
            if !ids.is_empty() {
                let ids = json_list(ids.iter().map(String::as_str));
                end_in(&mut tx, ending(sql::END_HELD, now, reason, by).bind(ids), reason).await?;
            }
        }
        if let Some(kind) = limit.mail {
            mail::insert_mail(&mut tx, &NewMail::of(session, kind)).await?;
        }
        self.commit(tx, changes_of(Some(session), &ended)).await?;
        Ok(ended)
    }

    async fn extend(&self, id: &SessionId, from: Timestamp, to: Timestamp, now: Timestamp) -> Result<bool> {
        let query = sqlx::query(sql::EXTEND)
            .bind(now.unix_ms())
            .bind(to.unix_ms())
            .bind(id.as_str().to_owned())
            .bind(from.unix_ms());
        Ok(self.write(query).await? == 1)
    }

    async fn superseded_by_handles(&self, handles: &[&Handle], now: Timestamp) -> Result<Vec<Superseded>> {
        let rows = sqlx::query(sql::SUPERSEDED_BY_HANDLES)
            .bind(now.unix_ms())
            .bind(json_list(handles.iter().map(|handle| handle.as_str())))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(superseded).collect()
    }

    async fn use_credential(&self, actor: Actor<'_>, handle: &Handle) -> Result<()> {
        let using = sqlx::query(sql::USE_CREDENTIAL)
            .bind(actor.session.as_str().to_owned())
            .bind(actor.user.as_str().to_owned())
            .bind(handle.as_str().to_owned());
        self.write_one(using, reauthenticated(actor)).await.map(drop)
    }

    async fn reauthenticate(&self, actor: Actor<'_>, renewal: &Renewal, now: Timestamp) -> Result<bool> {
        self.write_one(reauthenticating(actor, renewal, now), reauthenticated(actor)).await
    }

    async fn rename(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let mut is_renamed = false;
        for statement in [sql::RECORD_NAME, sql::RENAME] {
            let query = sqlx::query(statement)
                .bind(now.unix_ms())
                .bind(name)
                .bind(actor.session.as_str())
                .bind(actor.user.as_str())
                .bind(id.as_str());
            is_renamed = query.execute(&mut *tx).await?.rows_affected() == 1;
        }
        if !is_renamed {
            return Ok(false);
        }
        self.commit(tx, vec![renamed(actor, id)]).await?;
        Ok(true)
    }

    async fn end_by_id(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>> {
        let query = ending(sql::END_BY_ID, now, reason, Some(actor.session))
            .bind(actor.user.as_str().to_owned())
            .bind(id.as_str().to_owned());
        Ok(self.end(query, reason).await?.pop())
    }

    async fn end_by_handle(
        &self,
        actor: Actor<'_>,
        handle: &Handle,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>> {
        let query = ending(sql::END_BY_HANDLE, now, reason, Some(actor.session))
            .bind(actor.user.as_str().to_owned())
            .bind(handle.as_str().to_owned());
        Ok(self.end(query, reason).await?.pop())
    }

    async fn end_all(
        &self,
        actor: Actor<'_>,
        own: bool,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        let mut tx = self.begin().await?;
        if !is_live(&mut tx, actor, now).await? {
            return Ok(None);
        }
        let statement = if own { sql::END_ALL } else { sql::END_OTHERS };
        let query = ending(statement, now, reason, Some(actor.session)).bind(actor.user.as_str().to_owned());
        let ended = end_in(&mut tx, query, reason).await?;
        if !own {
            make_ends_final(&mut tx, actor.user, Timestamp::default()).await?;
        }
        self.commit(tx, changes_of(None, &ended)).await?;
        Ok(Some(ended))
    }

    async fn undo_revoke(&self, undo: Undo<'_>, now: Timestamp) -> Result<bool> {
        self.write_one(undoing(undo, now), undone(undo)).await
    }

    async fn undoable_by_handles(
        &self,
        handles: &[&Handle],
        ended_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Undoable>> {
        let rows = sqlx::query(sql::UNDOABLE_BY_HANDLES)
            .bind(now.unix_ms())
            .bind(ended_after.unix_ms())
            .bind(json_list(handles.iter().map(|handle| handle.as_str())))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(undoable).collect()
    }

    async fn make_ends_final(&self, user: &UserId, ended_after: Timestamp) -> Result<()> {
        make_ends_final(&mut *self.writer.acquire().await?, user, ended_after).await
    }

    async fn make_all_ends_final(&self, ended_after: Timestamp) -> Result<()> {
        self.write(sqlx::query(sql::MAKE_ALL_ENDS_FINAL).bind(ended_after.unix_ms())).await.map(drop)
    }

    async fn end_held(
        &self,
        ids: &[&SessionId],
        by: Option<&SessionId>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        let ids = json_list(ids.iter().map(|id| id.as_str()));
        self.end(ending(sql::END_HELD, now, reason, by).bind(ids), reason).await
    }

    async fn change_password(
        &self,
        actor: Actor<'_>,
        from: &str,
        to: &str,
        next: NextSession<'_>,
        tell: bool,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        let mut tx = self.begin().await?;
        if !is_live(&mut tx, actor, now).await? {
            return Ok(None);
        }
        let changed = sqlx::query(sql::CHANGE_PASSWORD)
            .bind(actor.user.as_str())
            .bind(from)
            .bind(to)
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
        if changed.rows_affected() == 0 {
            return Ok(None);
        }
        let user = sqlx::query(sql::USER_CHANGED).bind(actor.user.as_str()).bind(now.unix_ms());
        user.execute(&mut *tx).await?;
        record(&mut tx, &[password_changed(actor, now)]).await?;
        let (ended, changes) = match next {
            NextSession::Renewed(renewal) => {
                reauthenticating(actor, renewal, now).execute(&mut *tx).await?;
                (Vec::new(), vec![reauthenticated(actor)])
            }
            NextSession::New(new) => {
                let reason = EndedReason::PasswordChanged;
                let end = ending(sql::END_ALL, now, reason, Some(actor.session));
                let ended = end_in(&mut tx, end.bind(actor.user.as_str().to_owned()), reason).await?;
                insert_session(&mut tx, new).await?;
                let changes = changes_of(Some(&new.session), &ended);
                (ended, changes)
            }
        };
        if tell {
            mail::insert_mail(&mut tx, &NewMail::password_changed(actor, now)).await?;
        }
        self.commit(tx, changes).await?;
        Ok(Some(ended))
    }

    async fn rehash_password(&self, user: &UserId, from: &str, to: &str, now: Timestamp) -> Result<()> {
        let query = sqlx::query(sql::CHANGE_PASSWORD)
            .bind(user.as_str().to_owned())
            .bind(from.to_owned())
            .bind(to.to_owned())
            .bind(now.unix_ms());
        self.write(query).await.map(drop)
    }

    async fn touch(&self, batch: &[Touch]) -> Result<()> {
        let mut tx = self.begin().await?;
        let mut all = Vec::new();
        for round in rounds(batch) {
            let rows: Vec<_> = round
                .into_iter()
                .map(|touch| {
                    let (agent, other) = (touch.user_agent.as_deref(), touch.other_user_agent.as_deref());
                    (touch.session.as_str(), touch.at.unix_ms(), touch.ip_address.as_deref(), agent, other)
                })
                .collect();
            let rows = serde_json::to_string(&rows).map_err(corrupt)?;
            for row in sqlx::query(sql::TOUCH).bind(rows).fetch_all(&mut *tx).await? {
                all.push(touched(&row)?);
            }
        }
        self.commit(tx, touches(batch, all)).await
    }

    async fn sweep(&self, now: Timestamp, delete_before: Timestamp, limit: u32) -> Result<(u64, u64)> {
        let expire = sqlx::query(sql::END_EXPIRED).bind(now.unix_ms()).bind(limit);
        let expired = self.end(expire, EndedReason::Expired).await?;
        let delete = sqlx::query(sql::DELETE_ENDED).bind(delete_before.unix_ms()).bind(limit);
        Ok((expired.len() as u64, self.write(delete).await?))
    }

    async fn history(&self, user: &UserId, query: HistoryQuery<'_>) -> Result<Vec<StoredHistoryEntry>> {
        let statement = if query.session.is_some() { sql::HISTORY_OF_SESSION } else { sql::HISTORY };
        let mut rows = sqlx::query(statement)
            .bind(user.as_str())
            .bind(query.before.unwrap_or(i64::MAX))
            .bind(query.limit)
            .bind(json_list(query.kinds.iter().map(|kind| kind.as_str())));
        if let Some(session) = query.session {
            rows = rows.bind(session.as_str());
        }
        rows.fetch_all(&self.readers).await?.iter().map(history_entry).collect()
    }

    async fn record(&self, entries: &[NewHistoryEntry], change: Option<Change>) -> Result<()> {
        let mut tx = self.begin().await?;
        record(&mut tx, entries).await?;
        self.commit(tx, change.into_iter().collect()).await
    }

    async fn forget_history(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(sqlx::query(sql::FORGET_HISTORY).bind(before.unix_ms()).bind(limit)).await
    }

    fn changes(&self) -> Changes {
        Changes::new(self.changes.subscribe())
    }

    async fn announce(&self, change: Change) -> Result<()> {
        let _ = self.changes.send(change);
        Ok(())
    }

    async fn ping(&self) -> Result<()> {
        sqlx::query(sql::PING).execute(&self.readers).await?;
        Ok(())
    }

    async fn check_writes(&self) -> Result<()> {
        self.write(sqlx::query(sql::CHECK_WRITES)).await.map(drop)
    }

    async fn close(&self) {
        self.watching.stop();
        self.readers.close().await;
        self.writer.close().await;
    }
}

async fn make_ends_final(
    connection: &mut SqliteConnection,
    user: &UserId,
    ended_after: Timestamp,
) -> Result<()> {
    let make = sqlx::query(sql::MAKE_ENDS_FINAL).bind(ended_after.unix_ms()).bind(user.as_str());
    make.execute(connection).await?;
    Ok(())
}

async fn insert_session(connection: &mut SqliteConnection, new: &NewSession) -> Result<()> {
    let session = &new.session;
    sqlx::query(sql::INSERT_SESSION)
        .bind(session.id.as_str())
        .bind(session.user_id.as_str())
        .bind(session.handle.as_str())
        .bind(new.secret_hash.as_bytes().as_slice())
        .bind(&session.ip_address)
        .bind(session.agent())
        .bind(new.remember)
        .bind(session.created_at.unix_ms())
        .bind(session.expires_at.unix_ms())
        .bind(new.shared_computer)
        .bind(new.new_device)
        .execute(&mut *connection)
        .await?;
    if new.device_keys.is_empty() {
        return Ok(());
    }
    for key in &new.device_keys {
        sqlx::query(sql::REMEMBER_DEVICE)
            .bind(session.user_id.as_str())
            .bind(key.as_bytes().as_slice())
            .bind(session.created_at.unix_ms())
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(sql::DROP_OLD_DEVICES).bind(session.user_id.as_str()).execute(connection).await?;
    Ok(())
}

async fn forget_devices(connection: &mut SqliteConnection, user: &UserId) -> Result<()> {
    sqlx::query(sql::FORGET_DEVICES).bind(user.as_str()).execute(connection).await?;
    Ok(())
}

async fn record(connection: &mut SqliteConnection, entries: &[NewHistoryEntry]) -> Result<()> {
    let entries = serde_json::to_string(entries).map_err(corrupt)?;
    sqlx::query(sql::RECORD).bind(entries).execute(connection).await?;
    Ok(())
}

async fn is_live(connection: &mut SqliteConnection, actor: Actor<'_>, now: Timestamp) -> Result<bool> {
    let live = sqlx::query(sql::IS_LIVE)
        .bind(now.unix_ms())
        .bind(actor.session.as_str())
        .bind(actor.user.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(live.is_some())
}

fn json_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}

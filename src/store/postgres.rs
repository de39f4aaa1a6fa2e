//! The store for several nodes: one PostgreSQL database.

use std::str::FromStr;
use std::time::{Duration, Instant};

use async_trait::async_trait;
#[cfg(feature = "test-support")]
use sqlx::Executor;
use sqlx::postgres::{
    PgArguments, PgConnectOptions, PgConnection, PgPoolOptions, PgRow, PgTransaction, Postgres,
};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::broadcast;
use tokio::time::timeout;

use self::connections::{Connections, Replaced, require_read_write};
use self::listening::{Listening, payloads};
use super::fit::{ended_for, fit};
use super::migrations::migrations;
use super::sql::{
    Columns, Result, TwoFactor, corrupt, database_error, ended_rows, found, history_entry, known_device,
    not_opened, session_id, statistics, stored_session, superseded, touched, two_factor, unavailable,
    undoable, user, user_id,
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

/// Tries a change anew that the database took back in favour of another one; a lost connection is no such thing, as
/// then nobody knows what happened.
macro_rules! retrying {
    ($store:ident.$change:ident($($argument:expr),*)) => {{
        let mut tries = 1;
        loop {
            match $store.in_time($store.$change($($argument),*)).await {
                Err(error) if tries < TRIES && was_taken_back(&error) => tries += 1,
                outcome => break outcome,
            }
        }
    }};
}

mod connections;
mod email_keys;
#[cfg(feature = "import-better-auth")]
mod import;
mod listening;
mod mail;
mod operating;
mod statements;
#[cfg(feature = "test-support")]
pub(crate) mod test_database;

use statements as sql;

type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// How long the database may take to answer what no request waits for; the server gives a statement no longer either
/// (see `CONFIGURE`).
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a call takes at most: a server behind a broken network says nothing at all.
const DEADLINE: Duration = Duration::from_secs(8);
/// How often a change is tried that the database took back in favour of another one.
const TRIES: u32 = 3;
/// How many changes wait for a slow listener before it is told of a gap.
const CHANGES_KEPT: usize = 1_024;

/// Sessions in a PostgreSQL database, which several nodes may share.
///
/// Every change is one transaction or one statement at the level "read committed". Those that begin or end sessions
/// lock the rows of their users first, so limits are exact, and of two sessions that end each other one wins. A change
/// is answered when it is in the database's log on the disk: `synchronous_commit` is turned on where it is off.
/// Where the connection is lost during a commit the outcome is unknown: that is an error, and the change was made
/// wholly or not at all.
///
/// Nodes hear of each other's changes by `listen` and `notify`, which a pooler in transaction mode does not carry:
/// connect to the database itself, or to a pooler in session mode.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    connections: Connections,
    changes: broadcast::Sender<Change>,
    listening: std::sync::Arc<Listening>,
}

impl PostgresStore {
    /// How many connections a node has by default, beside the one that listens.
    pub const CONNECTIONS: u32 = 16;

    /// Connects to the database of a URL such as `postgres://user:password@host/database`, brings its schema up to
    /// date, and keeps at most so many connections.
    ///
    /// `?sslmode=verify-full` and `&sslrootcert=…` hold it to TLS and to whom it talks.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the URL is not one of PostgreSQL, the database does not answer or a migration fails.
    pub async fn open(url: &str, connections: u32) -> Result<Self> {
        let options = PgConnectOptions::from_str(url).map_err(unavailable)?;
        let options = match options.get_application_name() {
            None => options.application_name("multi-session"),
            Some(_) => options,
        };
        migrate(&options).await?;
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        let replaced = Replaced::default();
        let (listening, is_lost) =
            Listening::start(options.clone(), changes.clone(), replaced.clone()).await?;
        let connections = Connections::open(options, connections, is_lost, replaced).await?;
        email_keys::fill(&connections).await?;
        Ok(Self { connections, changes, listening: listening.into() })
    }

    /// Gives the plan of each statement for arguments that are not known, where every scan of a table is avoided that
    /// can be, for the test that refuses scans.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when a statement does not compile.
    #[cfg(feature = "test-support")]
    pub async fn explain(&self) -> Result<Vec<(&'static str, Vec<String>)>> {
        let mut connection = self.connections.get().await?.detach();
        connection.execute("set plan_cache_mode = force_generic_plan; set enable_seqscan = off").await?;
        let mut plans = Vec::new();
        // A statement that locks a table has no plan.
        for (name, statement) in
            super::statements::ALL.iter().chain(sql::ALL).filter(|(_, text)| !text.starts_with("lock "))
        {
            let count = (1..=11).filter(|number| statement.contains(&format!("${number}"))).count();
            let arguments = vec!["null"; count].join(", ");
            let arguments = if count > 0 { format!("({arguments})") } else { arguments };
            let prepare = format!("prepare {name} as {statement}");
            connection.execute(sqlx::AssertSqlSafe(prepare)).await?;
            let explain = sqlx::AssertSqlSafe(format!("explain execute {name}{arguments}"));
            let rows = sqlx::raw_sql(explain).fetch_all(&mut connection).await?;
            let steps = rows.iter().map(|row| sqlx::Row::try_get(row, 0)).collect::<Result<_, _>>()?;
            plans.push((*name, steps));
        }
        Ok(plans)
    }

    /// Lists every session in the order of creation, live or not, for the test of the limit.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    #[cfg(feature = "test-support")]
    pub async fn order_of_creation(&self) -> Result<Vec<SessionId>> {
        let rows = self.fetch_all(sqlx::query("select id from sessions order by seq")).await?;
        rows.iter().map(session_id).collect()
    }

    async fn begin(&self) -> Result<PgTransaction<'static>> {
        self.connections.begin().await
    }

    async fn fetch_all(&self, query: Query<'_>) -> Result<Vec<PgRow>> {
        self.in_time(async { Ok(query.fetch_all(&mut *self.connections.get().await?).await?) }).await
    }

    async fn fetch_optional(&self, query: Query<'_>) -> Result<Option<PgRow>> {
        self.in_time(async { Ok(query.fetch_optional(&mut *self.connections.get().await?).await?) }).await
    }

    /// Gives how many rows it changed.
    async fn execute(&self, query: Query<'_>) -> Result<u64> {
        self.in_time(async { Ok(query.execute(&mut *self.connections.get().await?).await?.rows_affected()) })
            .await
    }

    /// Gives up on a call that takes too long; whether a change was made is not known then.
    ///
    /// An error that is about the connection makes all connections of now be replaced.
    async fn in_time<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: From<StoreError> + std::error::Error + 'static,
    {
        let since = Instant::now();
        let outcome = timeout(DEADLINE, call).await.map_err(unavailable)?;
        if let Err(error) = &outcome
            && store_error(error).is_some_and(is_of_connection)
        {
            self.connections.replace(since);
        }
        outcome
    }

    /// Ends sessions of one user, in one transaction.
    async fn end(
        &self,
        user: &UserId,
        query: impl Fn() -> Query<'static>,
        reason: EndedReason,
    ) -> Result<Vec<Ended>> {
        let mut tx = self.begin().await?;
        lock_user(&mut tx, user).await?;
        let ended = end_in(&mut tx, query(), reason).await?;
        commit(tx, changes_of(None, &ended)).await?;
        Ok(ended)
    }

    async fn try_open(
        &self,
        user: Option<&NewUser>,
        new: &NewSession,
        limit: &Limit,
    ) -> Result<Vec<Ended>, OpenError> {
        let session = &new.session;
        let (id, now) = (&session.id, session.created_at);
        let held = texts(&limit.held);
        let mut tx = self.begin().await?;
        if let Some(user) = user
            && !insert_user(&mut tx, user).await?
        {
            return Err(OpenError::EmailTaken);
        }
        lock_users_of(&mut tx, Some(&session.user_id), held.clone()).await?;
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
                end_in(&mut tx, ending(sql::END_HELD, now, reason, Some(id)).bind(ids), reason).await?;
            }
        }
        if let Some(kind) = limit.mail {
            mail::insert_mail(&mut tx, &NewMail::of(session, kind)).await?;
        }
        commit(tx, changes_of(Some(session), &ended)).await?;
        Ok(ended)
    }

    async fn try_end_all(
        &self,
        actor: Actor<'_>,
        own: bool,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        let mut tx = self.begin().await?;
        lock_user(&mut tx, actor.user).await?;
        if !is_live(&mut tx, actor, now).await? {
            return Ok(None);
        }
        let statement = if own { sql::END_ALL } else { sql::END_OTHERS };
        let query = ending(statement, now, reason, Some(actor.session)).bind(actor.user.as_str().to_owned());
        if !own {
            let lock = sqlx::query(sql::LOCK_OTHERS).bind(actor.user.as_str()).bind(actor.session.as_str());
            lock.execute(&mut *tx).await?;
        }
        let ended = end_in(&mut tx, query, reason).await?;
        if !own {
            // However long ago it was: another node's clock may be behind.
            make_ends_final(&mut tx, actor.user, Timestamp::default()).await?;
        }
        commit(tx, changes_of(None, &ended)).await?;
        Ok(Some(ended))
    }

    async fn try_make_ends_final(&self, user: &UserId, ended_after: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        lock_user(&mut tx, user).await?;
        make_ends_final(&mut tx, user, ended_after).await?;
        commit(tx, Vec::new()).await
    }

    async fn try_end_held(
        &self,
        ids: &[&SessionId],
        by: Option<&SessionId>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        let ids = texts(ids.iter().copied());
        let mut tx = self.begin().await?;
        lock_users_of(&mut tx, None, ids.clone()).await?;
        let ended = end_in(&mut tx, ending(sql::END_HELD, now, reason, by).bind(ids), reason).await?;
        commit(tx, changes_of(None, &ended)).await?;
        Ok(ended)
    }

    async fn try_undo_revoke(&self, undo: Undo<'_>, now: Timestamp) -> Result<bool> {
        let mut tx = self.begin().await?;
        lock_user(&mut tx, undo.actor.user).await?;
        let is_undone = sqlx::query(sql::UNDO_REVOKE)
            .bind(now.unix_ms())
            .bind(undo.ended_after.unix_ms())
            .bind(undo.actor.session.as_str())
            .bind(undo.actor.user.as_str())
            .bind(undo.id.as_str())
            .bind(i64::from(undo.maximum))
            .execute(&mut *tx)
            .await?;
        if is_undone.rows_affected() == 0 {
            return Ok(false);
        }
        commit(tx, vec![undone(undo)]).await?;
        Ok(true)
    }

    async fn try_change_password(
        &self,
        actor: Actor<'_>,
        from: &str,
        to: &str,
        next: NextSession<'_>,
        tell: bool,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        let mut tx = self.begin().await?;
        lock_user(&mut tx, actor.user).await?;
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
                let renewed = reauthenticating(actor, renewal, now).execute(&mut *tx).await?;
                // A sweep does not wait for the user's lock, and another node's clock may be ahead.
                if renewed.rows_affected() == 0 {
                    return Ok(None);
                }
                (Vec::new(), vec![reauthenticated(actor)])
            }
            NextSession::New(new) => {
                let reason = EndedReason::PasswordChanged;
                let end = ending_by(sql::END_ALL, actor, reason, now);
                let ended = end_in(&mut tx, end, reason).await?;
                insert_session(&mut tx, new).await?;
                let changes = changes_of(Some(&new.session), &ended);
                (ended, changes)
            }
        };
        if tell {
            mail::insert_mail(&mut tx, &NewMail::password_changed(actor, now)).await?;
        }
        commit(tx, changes).await?;
        Ok(Some(ended))
    }

    async fn try_reauthenticate(&self, actor: Actor<'_>, renewal: &Renewal, now: Timestamp) -> Result<bool> {
        let mut tx = self.begin().await?;
        let renewed = reauthenticating(actor, renewal, now).execute(&mut *tx).await?;
        if renewed.rows_affected() == 0 {
            return Ok(false);
        }
        commit(tx, vec![reauthenticated(actor)]).await?;
        Ok(true)
    }

    async fn try_use_credential(&self, actor: Actor<'_>, handle: &Handle) -> Result<()> {
        let mut tx = self.begin().await?;
        let using = sqlx::query(sql::USE_CREDENTIAL)
            .bind(actor.session.as_str())
            .bind(actor.user.as_str())
            .bind(handle.as_str());
        if using.execute(&mut *tx).await?.rows_affected() == 1 {
            commit(tx, vec![reauthenticated(actor)]).await?;
        }
        Ok(())
    }

    async fn try_rename(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        lock_user(&mut tx, actor.user).await?;
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
        commit(tx, vec![renamed(actor, id)]).await?;
        Ok(true)
    }

    async fn try_touch(&self, batch: &[Touch]) -> Result<()> {
        let mut tx = self.begin().await?;
        let mut all = Vec::new();
        for round in rounds(batch) {
            let ids: Vec<_> = round.iter().map(|touch| touch.session.as_str()).collect();
            let times: Vec<_> = round.iter().map(|touch| touch.at.unix_ms()).collect();
            let addresses: Vec<_> = round.iter().map(|touch| touch.ip_address.as_deref()).collect();
            let agents: Vec<_> = round.iter().map(|touch| touch.user_agent.as_deref()).collect();
            let others: Vec<_> = round.iter().map(|touch| touch.other_user_agent.as_deref()).collect();
            let query =
                sqlx::query(sql::TOUCH).bind(ids).bind(times).bind(addresses).bind(agents).bind(others);
            for row in query.fetch_all(&mut *tx).await? {
                all.push(touched(&row)?);
            }
        }
        commit(tx, touches(batch, all)).await
    }

    async fn try_record(&self, entries: &[NewHistoryEntry], change: Option<&Change>) -> Result<()> {
        let mut tx = self.begin().await?;
        record(&mut tx, entries).await?;
        commit(tx, change.cloned().into_iter().collect()).await
    }

    async fn try_expire(&self, now: Timestamp, limit: u32) -> Result<u64> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(sql::END_EXPIRED).bind(now.unix_ms()).bind(i64::from(limit));
        let ended = end_in(&mut tx, query, EndedReason::Expired).await?;
        commit(tx, changes_of(None, &ended)).await?;
        Ok(ended.len() as u64)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn live_by_handles(&self, handles: &[&Handle], now: Timestamp) -> Result<Vec<StoredSession>> {
        let handles: Vec<&str> = handles.iter().map(|handle| handle.as_str()).collect();
        let rows = sqlx::query(sql::LIVE_BY_HANDLES).bind(now.unix_ms()).bind(handles);
        self.fetch_all(rows).await?.iter().map(stored_session).collect()
    }

    async fn live_of_user(&self, user: &UserId, now: Timestamp) -> Result<Vec<StoredSession>> {
        let rows = sqlx::query(sql::LIVE_OF_USER).bind(now.unix_ms()).bind(user.as_str());
        self.fetch_all(rows).await?.iter().map(stored_session).collect()
    }

    async fn find(&self, ids: &[&SessionId]) -> Result<Vec<Found>> {
        let rows = sqlx::query(sql::FIND).bind(texts(ids.iter().copied()));
        self.fetch_all(rows).await?.iter().map(found).collect()
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Found>> {
        let row = sqlx::query(sql::FIND_BY_HANDLE).bind(handle.as_str());
        self.fetch_optional(row).await?.as_ref().map(found).transpose()
    }

    async fn of_user(&self, user: &UserId, page: Page<'_>, now: Timestamp) -> Result<Vec<Found>> {
        let rows = sqlx::query(sql::OF_USER)
            .bind(user.as_str())
            .bind(page.ended)
            .bind(now.unix_ms())
            .bind(page.after.map(SessionId::as_str))
            .bind(i64::from(page.limit));
        self.fetch_all(rows).await?.iter().map(found).collect()
    }

    async fn known_devices(&self, user: &UserId) -> Result<Vec<KnownDevice>> {
        let rows = self.fetch_all(sqlx::query(sql::KNOWN_DEVICES).bind(user.as_str())).await?;
        rows.iter().map(known_device).collect()
    }

    async fn is_known_device(&self, email: &str, key: &DeviceKey) -> Result<bool> {
        let query = sqlx::query(sql::IS_KNOWN_DEVICE).bind(email).bind(email_key(email));
        let query = query.bind(key.as_bytes().as_slice());
        Ok(self.fetch_optional(query).await?.is_some())
    }

    async fn find_user(&self, id: &UserId) -> Result<Option<User>> {
        let row = sqlx::query(sql::FIND_USER).bind(id.as_str());
        self.fetch_optional(row).await?.map(|row| user(&row, "id")).transpose()
    }

    async fn statistics(&self, now: Timestamp, since: Timestamp) -> Result<Statistics> {
        let rows = sqlx::query(sql::STATISTICS).bind(now.unix_ms()).bind(since.unix_ms());
        statistics(&self.fetch_all(rows).await?)
    }

    async fn password_of(&self, email: &str) -> Result<Option<PasswordOf>> {
        let row = sqlx::query(sql::PASSWORD_OF).bind(email).bind(email_key(email));
        let found = self.fetch_optional(row).await?.map(|row| {
            Ok(PasswordOf {
                user: user(&row, "id")?,
                password_hash: row.optional_text("password_hash")?,
                is_locked: row.optional_integer("locked_at")?.is_some(),
                is_disabled: row.optional_integer("disabled_at")?.is_some(),
                needs_two_factor: two_factor(&row)? == TwoFactor::Required,
            })
        });
        found.transpose()
    }

    async fn open(
        &self,
        user: Option<&NewUser>,
        session: &NewSession,
        limit: &Limit,
    ) -> Result<Vec<Ended>, OpenError> {
        retrying!(self.try_open(user, session, limit))
    }

    async fn extend(&self, id: &SessionId, from: Timestamp, to: Timestamp, now: Timestamp) -> Result<bool> {
        let extend = sqlx::query(sql::EXTEND)
            .bind(now.unix_ms())
            .bind(to.unix_ms())
            .bind(id.as_str())
            .bind(from.unix_ms());
        Ok(self.execute(extend).await? == 1)
    }

    async fn superseded_by_handles(&self, handles: &[&Handle], now: Timestamp) -> Result<Vec<Superseded>> {
        let handles: Vec<&str> = handles.iter().map(|handle| handle.as_str()).collect();
        let rows = sqlx::query(sql::SUPERSEDED_BY_HANDLES).bind(now.unix_ms()).bind(handles);
        self.fetch_all(rows).await?.iter().map(superseded).collect()
    }

    async fn use_credential(&self, actor: Actor<'_>, handle: &Handle) -> Result<()> {
        retrying!(self.try_use_credential(actor, handle))
    }

    async fn reauthenticate(&self, actor: Actor<'_>, renewal: &Renewal, now: Timestamp) -> Result<bool> {
        retrying!(self.try_reauthenticate(actor, renewal, now))
    }

    async fn rename(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        retrying!(self.try_rename(actor, id, name, now))
    }

    async fn end_by_id(
        &self,
        actor: Actor<'_>,
        id: &SessionId,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>> {
        let query = || ending_by(sql::END_BY_ID, actor, reason, now).bind(id.as_str().to_owned());
        Ok(retrying!(self.end(actor.user, query, reason))?.pop())
    }

    async fn end_by_handle(
        &self,
        actor: Actor<'_>,
        handle: &Handle,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Ended>> {
        let query = || ending_by(sql::END_BY_HANDLE, actor, reason, now).bind(handle.as_str().to_owned());
        Ok(retrying!(self.end(actor.user, query, reason))?.pop())
    }

    async fn end_all(
        &self,
        actor: Actor<'_>,
        own: bool,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Option<Vec<Ended>>> {
        retrying!(self.try_end_all(actor, own, reason, now))
    }

    async fn undo_revoke(&self, undo: Undo<'_>, now: Timestamp) -> Result<bool> {
        retrying!(self.try_undo_revoke(undo, now))
    }

    async fn undoable_by_handles(
        &self,
        handles: &[&Handle],
        ended_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Undoable>> {
        let handles: Vec<&str> = handles.iter().map(|handle| handle.as_str()).collect();
        let rows = sqlx::query(sql::UNDOABLE_BY_HANDLES).bind(now.unix_ms()).bind(ended_after.unix_ms());
        self.fetch_all(rows.bind(handles)).await?.iter().map(undoable).collect()
    }

    async fn make_ends_final(&self, user: &UserId, ended_after: Timestamp) -> Result<()> {
        retrying!(self.try_make_ends_final(user, ended_after))
    }

    async fn make_all_ends_final(&self, ended_after: Timestamp) -> Result<()> {
        let make = || sqlx::query(sql::MAKE_ALL_ENDS_FINAL).bind(ended_after.unix_ms());
        retrying!(self.execute(make())).map(drop)
    }

    async fn end_held(
        &self,
        ids: &[&SessionId],
        by: Option<&SessionId>,
        reason: EndedReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        retrying!(self.try_end_held(ids, by, reason, now))
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
        retrying!(self.try_change_password(actor, from, to, next, tell, now))
    }

    async fn rehash_password(&self, user: &UserId, from: &str, to: &str, now: Timestamp) -> Result<()> {
        let query = sqlx::query(sql::CHANGE_PASSWORD).bind(user.as_str()).bind(from).bind(to);
        self.execute(query.bind(now.unix_ms())).await.map(drop)
    }

    async fn touch(&self, batch: &[Touch]) -> Result<()> {
        retrying!(self.try_touch(batch))
    }

    async fn sweep(&self, now: Timestamp, delete_before: Timestamp, limit: u32) -> Result<(u64, u64)> {
        let expired = retrying!(self.try_expire(now, limit))?;
        let delete = sqlx::query(sql::DELETE_ENDED).bind(delete_before.unix_ms()).bind(i64::from(limit));
        Ok((expired, self.execute(delete).await?))
    }

    async fn history(&self, user: &UserId, query: HistoryQuery<'_>) -> Result<Vec<StoredHistoryEntry>> {
        let statement = if query.session.is_some() { sql::HISTORY_OF_SESSION } else { sql::HISTORY };
        let kinds: Vec<_> = query.kinds.iter().map(|kind| kind.as_str()).collect();
        let mut rows = sqlx::query(statement)
            .bind(user.as_str())
            .bind(query.before.unwrap_or(i64::MAX))
            .bind(i64::from(query.limit))
            .bind(kinds);
        if let Some(session) = query.session {
            rows = rows.bind(session.as_str());
        }
        self.fetch_all(rows).await?.iter().map(history_entry).collect()
    }

    async fn record(&self, entries: &[NewHistoryEntry], change: Option<Change>) -> Result<()> {
        retrying!(self.try_record(entries, change.as_ref()))
    }

    async fn forget_history(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let query = sqlx::query(sql::FORGET_HISTORY).bind(before.unix_ms()).bind(i64::from(limit));
        self.execute(query).await
    }

    fn changes(&self) -> Changes {
        Changes::new(self.changes.subscribe())
    }

    async fn announce(&self, change: Change) -> Result<()> {
        self.in_time(async { notify(&mut *self.connections.get().await?, vec![change]).await }).await
    }

    async fn ping(&self) -> Result<()> {
        self.execute(sqlx::query(sql::PING)).await.map(drop)
    }

    async fn check_writes(&self) -> Result<()> {
        self.execute(sqlx::query(sql::CHECK_WRITES)).await.map(drop)
    }

    async fn close(&self) {
        self.listening.stop();
        self.connections.close().await;
    }
}

/// Brings the schema up to date; of several nodes that start at once one does it, and the others wait.
async fn migrate(options: &PgConnectOptions) -> Result<()> {
    let mut migrations = migrations!("postgres");
    // A release still works with the schema of the one after it, also when it starts.
    migrations.set_ignore_missing(true);
    // Says at once what is wrong, where a pool goes on trying and then only tells that it took too long.
    let mut connection = timeout(PATIENCE, options.connect()).await.map_err(unavailable)??;
    require_read_write(&mut connection).await?;
    connection.close().await?;
    // Not the requests' pool: a migration may take longer than a request may.
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
    let pool = pool.connect_with(options.clone()).await?;
    let migrated = migrations.run(&pool).await.map_err(unavailable);
    pool.close().await;
    migrated
}

/// Commits, and tells of the changes if and when it is committed.
async fn commit(mut tx: PgTransaction<'_>, changes: Vec<Change>) -> Result<()> {
    notify(&mut tx, changes).await?;
    Ok(tx.commit().await?)
}

async fn notify(connection: &mut PgConnection, changes: Vec<Change>) -> Result<()> {
    let payloads = payloads(changes).map_err(corrupt)?;
    if !payloads.is_empty() {
        sqlx::query(sql::NOTIFY).bind(payloads).execute(connection).await?;
    }
    Ok(())
}

async fn lock_user(connection: &mut PgConnection, user: &UserId) -> Result<()> {
    sqlx::query(sql::LOCK_USER).bind(user.as_str()).execute(connection).await?;
    Ok(())
}

/// Locks the users of these sessions and one more.
async fn lock_users_of(
    connection: &mut PgConnection,
    user: Option<&UserId>,
    sessions: Vec<String>,
) -> Result<()> {
    let user = user.map(UserId::as_str);
    sqlx::query(sql::LOCK_USERS_OF).bind(user).bind(sessions).execute(connection).await?;
    Ok(())
}

/// Binds what every statement that ends sessions begins with.
fn ending(
    statement: &'static str,
    now: Timestamp,
    reason: EndedReason,
    by: Option<&SessionId>,
) -> Query<'static> {
    sqlx::query(statement).bind(now.unix_ms()).bind(reason.as_str()).bind(by.map(|id| id.as_str().to_owned()))
}

/// Binds what every statement that ends sessions of the actor's user begins with.
fn ending_by(
    statement: &'static str,
    actor: Actor<'_>,
    reason: EndedReason,
    now: Timestamp,
) -> Query<'static> {
    ending(statement, now, reason, Some(actor.session)).bind(actor.user.as_str().to_owned())
}

fn reauthenticating(actor: Actor<'_>, renewal: &Renewal, now: Timestamp) -> Query<'static> {
    sqlx::query(sql::REAUTHENTICATE)
        .bind(now.unix_ms())
        .bind(actor.session.as_str().to_owned())
        .bind(actor.user.as_str().to_owned())
        .bind(renewal.handle.as_str().to_owned())
        .bind(renewal.secret_hash.as_bytes().to_vec())
        .bind(renewal.expires_at.unix_ms())
}

async fn end_in(connection: &mut PgConnection, query: Query<'_>, reason: EndedReason) -> Result<Vec<Ended>> {
    ended_rows(&query.fetch_all(connection).await?, reason)
}

/// Whoever calls it has locked the user.
async fn make_ends_final(connection: &mut PgConnection, user: &UserId, ended_after: Timestamp) -> Result<()> {
    let make = sqlx::query(sql::MAKE_ENDS_FINAL).bind(ended_after.unix_ms()).bind(user.as_str());
    make.execute(connection).await?;
    Ok(())
}

/// `false` if the e-mail has an account already.
async fn insert_user(connection: &mut PgConnection, new: &NewUser) -> Result<bool> {
    let NewUser { user, password_hash } = new;
    let key = email_key(&user.email);
    let other = sqlx::query(sql::OTHER_USER_OF_EMAIL).bind(&user.email).bind(&key).bind(user.id.as_str());
    if other.fetch_optional(&mut *connection).await?.is_some() {
        return Ok(false);
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
        .execute(&mut *connection)
        .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(sql::INSERT_PASSWORD)
        .bind(user.id.as_str())
        .bind(password_hash)
        .bind(user.created_at.unix_ms())
        .execute(connection)
        .await?;
    Ok(true)
}

async fn insert_session(connection: &mut PgConnection, new: &NewSession) -> Result<()> {
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

async fn forget_devices(connection: &mut PgConnection, user: &UserId) -> Result<()> {
    sqlx::query(sql::FORGET_DEVICES).bind(user.as_str()).execute(connection).await?;
    Ok(())
}

async fn record(connection: &mut PgConnection, entries: &[NewHistoryEntry]) -> Result<()> {
    let entries = serde_json::to_string(entries).map_err(corrupt)?;
    sqlx::query(sql::RECORD).bind(entries).execute(connection).await?;
    Ok(())
}

async fn is_live(connection: &mut PgConnection, actor: Actor<'_>, now: Timestamp) -> Result<bool> {
    let live = sqlx::query(sql::IS_LIVE)
        .bind(now.unix_ms())
        .bind(actor.session.as_str())
        .bind(actor.user.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(live.is_some())
}

fn texts<'a>(ids: impl IntoIterator<Item = &'a SessionId>) -> Vec<String> {
    ids.into_iter().map(|id| id.as_str().to_owned()).collect()
}

/// The store's error that a call failed with, if it is what failed.
fn store_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a StoreError> {
    match error.downcast_ref::<OpenError>() {
        Some(OpenError::Store(error)) => Some(error),
        _ => error.downcast_ref::<StoreError>(),
    }
}

/// Whether the database chose another change over this one: `serialization_failure` or `deadlock_detected`.
fn was_taken_back(error: &(dyn std::error::Error + 'static)) -> bool {
    let code = store_error(error).and_then(database_error).and_then(|cause| cause.code());
    matches!(code.as_deref(), Some("40001" | "40P01"))
}

/// Whether no connection of the same age can be expected to work: the server was demoted (`read_only_sql_transaction`),
/// stops (`admin_shutdown`, `crash_shutdown`, `cannot_connect_now`) or was lost (class 08, or no answer at all).
fn is_of_connection(error: &StoreError) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};

    if let Some(cause) = database_error(error) {
        let code = cause.code();
        let code = code.as_deref().unwrap_or_default();
        return code.starts_with("08") || matches!(code, "25006" | "57P01" | "57P02" | "57P03");
    }
    let (StoreError::Unavailable(cause) | StoreError::Corrupt(cause)) = error;
    let Some(sqlx::Error::Io(error)) = cause.downcast_ref() else { return false };
    // Not every one: where no file can be opened any more, the connections that there are must stay.
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

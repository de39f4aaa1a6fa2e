//! Converts rows to values.

use super::errors::{Result, corrupt};
use crate::store::accounts::Reset;
use crate::store::{
    ChangeContext, ConsumerBacklog, DueEvent, DueMail, End, EndingSession, Found, OperatorAct, Restrictions,
    Statistics, StoredHistoryEntry, StoredPassword, StoredSession, StoredTicket, StoredToken, Superseded,
    Undoable,
};
use crate::{
    AccountStatus, ClientHints, DeviceKey, EndedReason, Epoch, Handle, HistoryKind, Keep, KnownDevice,
    MailKind, OutboxEvent, OutboxEventKind, Purpose, SecretHash, Session, SessionId, SignInMethod, Subject,
    Timestamp, User, UserId,
};

/// Reads columns by name. The drivers' rows have no common trait for the types that all of them can read.
pub trait Columns {
    /// Reads a text.
    fn text(&self, column: &str) -> Result<&str>;
    /// Reads a text or null.
    fn optional_text(&self, column: &str) -> Result<Option<String>>;
    /// Reads an integer.
    fn integer(&self, column: &str) -> Result<i64>;
    /// Reads an integer or null.
    fn optional_integer(&self, column: &str) -> Result<Option<i64>>;
    /// Reads a boolean.
    fn boolean(&self, column: &str) -> Result<bool>;
    /// Reads bytes.
    fn bytes(&self, column: &str) -> Result<&[u8]>;
}

macro_rules! columns {
    ($row:ty) => {
        impl Columns for $row {
            fn text(&self, column: &str) -> Result<&str> {
                Ok(sqlx::Row::try_get(self, column)?)
            }

            fn optional_text(&self, column: &str) -> Result<Option<String>> {
                Ok(sqlx::Row::try_get(self, column)?)
            }

            fn integer(&self, column: &str) -> Result<i64> {
                Ok(sqlx::Row::try_get(self, column)?)
            }

            fn optional_integer(&self, column: &str) -> Result<Option<i64>> {
                Ok(sqlx::Row::try_get(self, column)?)
            }

            fn boolean(&self, column: &str) -> Result<bool> {
                Ok(sqlx::Row::try_get(self, column)?)
            }

            fn bytes(&self, column: &str) -> Result<&[u8]> {
                Ok(sqlx::Row::try_get(self, column)?)
            }
        }
    };
}

#[cfg(feature = "postgres")]
columns!(sqlx::postgres::PgRow);
#[cfg(feature = "sqlite")]
columns!(sqlx::sqlite::SqliteRow);

/// A user with the restrictions that prevent new sessions.
pub(super) struct KnownUser {
    pub(super) user: User,
    /// Whether the application provides the profile.
    managed_elsewhere: bool,
    pub(super) restrictions: Restrictions,
    /// Whether an import has found a ban in the other system, whatever an operator did since.
    #[cfg(feature = "import-better-auth")]
    pub(super) is_ban_known: bool,
    #[cfg(feature = "import-better-auth")]
    pub(super) two_factor: TwoFactor,
}

impl KnownUser {
    /// The profile that replaces the stored one; `None` if that stays.
    pub(super) fn followed(&self, subject: &Subject, now: Timestamp) -> Option<User> {
        let known = &self.user;
        let User { created_at, updated_at, email_verified, .. } = *known;
        let followed = User { created_at, updated_at, email_verified, ..subject.first_seen(now) };
        (self.managed_elsewhere && followed != *known).then_some(User { updated_at: now, ..followed })
    }

    /// The context for the caller's own work.
    pub(super) fn context<'a>(
        &self,
        user: &'a UserId,
        session: Option<&'a SessionId>,
        now: Timestamp,
    ) -> ChangeContext<'a> {
        ChangeContext {
            was_locked: self.restrictions.is_locked,
            needs_two_factor: self.restrictions.needs_two_factor,
            ..ChangeContext::new(user, session, now)
        }
    }
}

/// Whether two-factor authentication is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TwoFactor {
    None,
    Required,
    /// An operator allows it.
    Waived,
}

pub(super) fn known_user(row: &impl Columns) -> Result<KnownUser> {
    Ok(KnownUser {
        user: user(row, "id")?,
        managed_elsewhere: row.boolean("managed_elsewhere")?,
        restrictions: restrictions(row)?,
        #[cfg(feature = "import-better-auth")]
        is_ban_known: row.optional_integer("ban_imported_at")?.is_some(),
        #[cfg(feature = "import-better-auth")]
        two_factor: two_factor(row)?,
    })
}

fn restrictions(row: &impl Columns) -> Result<Restrictions> {
    Ok(Restrictions {
        epoch: epoch(row)?,
        is_locked: row.optional_integer("locked_at")?.is_some(),
        is_disabled: row.optional_integer("disabled_at")?.is_some(),
        needs_two_factor: two_factor(row)? == TwoFactor::Required,
    })
}

pub(super) fn epoch(row: &impl Columns) -> Result<Epoch> {
    Ok(Epoch::from_number(row.integer("credential_epoch")?))
}

pub(super) fn account_status(row: &impl Columns) -> Result<AccountStatus> {
    Ok(AccountStatus {
        is_locked: row.optional_integer("locked_at")?.is_some(),
        refused_sign_ins: u64::try_from(row.integer("refused")?).map_err(corrupt)?,
    })
}

fn two_factor(row: &impl Columns) -> Result<TwoFactor> {
    Ok(match row.optional_text("two_factor")?.as_deref() {
        None => TwoFactor::None,
        Some("waived") => TwoFactor::Waived,
        Some(_) => TwoFactor::Required,
    })
}

pub(super) fn stored_session(row: &impl Columns) -> Result<StoredSession> {
    let (user_agent, client_hints) = ClientHints::split_from(row.text("user_agent")?);
    let user = user(row, "user_id")?;
    let ip_address = row.text("ip_address")?;
    let session = Session {
        id: session_id(row)?,
        handle: handle(row)?,
        user_id: user.id.clone(),
        expires_at: timestamp(row, "expires_at")?,
        created_at: timestamp(row, "created_at")?,
        updated_at: timestamp(row, "updated_at")?,
        ip_address: ip_address.to_owned(),
        user_agent: user_agent.to_owned(),
        client_hints,
    };
    Ok(StoredSession {
        session,
        user,
        secret_hash: secret_hash(row)?,
        remember: row.boolean("remember")?,
        shared_computer: row.boolean("shared_computer")?,
        new_device: row.boolean("new_device")?,
        signed_in_with: row.optional_text("signed_in_with")?.and_then(|how| SignInMethod::parse(&how)),
        authenticated_at: timestamp(row, "authenticated_at")?,
        last_active_at: timestamp(row, "last_active_at")?,
        device_name: row.optional_text("device_name")?.map(Into::into),
        last_ip_address: Some(row.text("last_ip_address")?)
            .filter(|last| *last != ip_address)
            .map(Into::into),
        last_user_agent: row.optional_text("last_user_agent")?.map(Into::into),
        other_user_agent: row.optional_text("other_user_agent")?.map(Into::into),
        imported_at: row.optional_integer("imported_at")?.map(Timestamp::from_unix_ms),
        credential_is_new: row.boolean("credential_is_new")?,
    })
}

pub(super) fn password_of(row: &impl Columns) -> Result<StoredPassword> {
    let Restrictions { epoch, is_locked, is_disabled, needs_two_factor } = restrictions(row)?;
    Ok(StoredPassword {
        user: user(row, "id")?,
        password_hash: row.optional_text("password_hash")?,
        epoch,
        is_locked,
        is_disabled,
        needs_two_factor,
    })
}

pub(super) fn superseded(row: &impl Columns) -> Result<Superseded> {
    Ok(Superseded {
        handle: handle_in(row, "superseded_handle")?,
        secret_hash: secret_hash_in(row, "superseded_hash")?,
        is_dead: row.boolean("superseded_is_dead")?,
        session: stored_session(row)?,
    })
}

pub(super) fn undoable(row: &impl Columns) -> Result<Undoable> {
    Ok(Undoable { handle: handle(row)?, user_id: user_id(row, "user_id")?, secret_hash: secret_hash(row)? })
}

fn handle(row: &impl Columns) -> Result<Handle> {
    handle_in(row, "handle")
}

fn handle_in(row: &impl Columns, column: &'static str) -> Result<Handle> {
    Handle::parse(row.text(column)?).ok_or_else(|| corrupt("malformed session handle"))
}

fn secret_hash(row: &impl Columns) -> Result<SecretHash> {
    secret_hash_in(row, "secret_hash")
}

fn secret_hash_in(row: &impl Columns, column: &'static str) -> Result<SecretHash> {
    SecretHash::from_bytes(row.bytes(column)?).ok_or_else(|| corrupt("a secret's hash has the wrong length"))
}

pub(super) fn found(row: &impl Columns) -> Result<Found> {
    let end = match row.optional_integer("ended_at")? {
        None => None,
        Some(at) => Some(End {
            reason: EndedReason::parse(row.text("ended_reason")?)
                .ok_or_else(|| corrupt("a session ended for an unknown reason"))?,
            at: Timestamp::from_unix_ms(at),
            by: match row.optional_text("ended_by")? {
                Some(by) => {
                    let id = SessionId::new(by).map_err(corrupt)?;
                    let user_agent = row.optional_text("by_user_agent")?.unwrap_or_default();
                    Some(EndingSession { id, user_agent, device_name: row.optional_text("by_device_name")? })
                }
                None => None,
            },
        }),
    };
    Ok(Found { stored: stored_session(row)?, end })
}

/// An ended session and its user.
pub(super) fn ended(row: &impl Columns) -> Result<(SessionId, UserId)> {
    Ok((session_id(row)?, user_id(row, "user_id")?))
}

pub(super) fn history_entry(row: &impl Columns) -> Result<StoredHistoryEntry> {
    let session = |column| {
        let id = row.optional_text(column)?.map(SessionId::new).transpose();
        id.map_err(corrupt)
    };
    let by = match session("by_session")? {
        Some(by) => {
            let user_agent = row.optional_text("by_user_agent")?.unwrap_or_default();
            Some((by, user_agent, row.optional_text("by_device_name")?))
        }
        None => None,
    };
    Ok(StoredHistoryEntry {
        seq: row.integer("seq")?,
        at: timestamp(row, "at")?,
        kind: HistoryKind::parse(row.text("kind")?),
        session_id: session("session_id")?,
        user_agent: row.text("user_agent")?.to_owned(),
        device_name: row.optional_text("device_name")?,
        ip_address: row.text("ip_address")?.to_owned(),
        device_ip_address: row.optional_text("device_ip_address")?,
        by,
        detail: row.optional_text("detail")?,
    })
}

/// Reads the rows of the statement `Statistics`: what is counted, and the number. Several rows may count
/// parts of the same thing.
pub(super) fn statistics(rows: &[impl Columns]) -> Result<Statistics> {
    let mut statistics = Statistics::default();
    let mut ended = [0; EndedReason::ALL.len()];
    for row in rows {
        let number = u64::try_from(row.integer("number")?).map_err(corrupt)?;
        match row.text("what")? {
            "live sessions" => statistics.live_sessions += number,
            "live users" => statistics.live_users += number,
            "sign-ins" => statistics.sign_ins += number,
            reason => {
                let at = EndedReason::ALL.iter().position(|known| known.as_str() == reason);
                ended[at.ok_or_else(|| corrupt("a session ended for an unknown reason"))?] += number;
            }
        }
    }
    statistics.ended =
        EndedReason::ALL.iter().copied().zip(ended).filter(|(_, number)| *number > 0).collect();
    Ok(statistics)
}

/// The kinds of mails that this version knows.
pub(super) fn mail_kinds() -> Vec<&'static str> {
    MailKind::ALL.iter().map(|kind| kind.as_str()).collect()
}

/// A mail, if it can be read. One that cannot be read does not block others.
pub(super) fn readable_mail(row: &impl Columns) -> Option<DueMail> {
    due_mail(row)
        .inspect_err(|error| {
            tracing::error!(cause = error as &dyn std::error::Error, "a queued mail cannot be read");
        })
        .ok()
}

fn due_mail(row: &impl Columns) -> Result<DueMail> {
    let kind = MailKind::parse(row.text("kind")?);
    Ok(DueMail {
        seq: row.integer("seq")?,
        user: user(row, "user_id")?,
        kind: kind.ok_or_else(|| corrupt("a mail has an unknown kind"))?,
        session_id: optional_session_id(row)?,
        redirect_to: row.optional_text("redirect_to")?,
        created_at: timestamp(row, "created_at")?,
        attempts: u32::try_from(row.integer("attempts")?).map_err(corrupt)?,
    })
}

/// An event. If this version cannot read it, because a later one wrote it, the error is its id.
pub(super) fn readable_event(row: &impl Columns) -> Result<std::result::Result<DueEvent, i64>> {
    let id = row.integer("seq")?;
    Ok(due_event(row).map_err(|error| {
        let cause = &error as &dyn std::error::Error;
        tracing::error!(
            id,
            cause,
            "this version cannot read event {id} of the outbox: its user's events wait"
        );
        id
    }))
}

fn due_event(row: &impl Columns) -> Result<DueEvent> {
    let (kind, detail) = (row.text("kind")?, row.optional_text("detail")?);
    let known = match kind {
        "erased" => Some(OutboxEventKind::Erased),
        kind => {
            HistoryKind::parse(kind).and_then(|kind| OutboxEventKind::of_history(kind, detail.as_deref()))
        }
    };
    let known = known.ok_or_else(|| corrupt("an event has an unknown kind"))?;
    let by = row.optional_text("by_session")?.map(SessionId::new).transpose().map_err(corrupt)?;
    Ok(DueEvent {
        event: OutboxEvent {
            session_id: optional_session_id(row)?,
            by,
            ..OutboxEvent::new(row.integer("seq")?, user_id(row, "user_id")?, timestamp(row, "at")?, known)
        },
        attempts: u32::try_from(row.integer("attempts")?).map_err(corrupt)?,
        written_at: timestamp(row, "written_at")?,
    })
}

pub(super) fn backlog(row: &impl Columns) -> Result<ConsumerBacklog> {
    let count = |column| u64::try_from(row.integer(column)?).map_err(corrupt);
    Ok(ConsumerBacklog {
        name: row.text("name")?.to_owned(),
        waiting: count("waiting")?,
        failing: count("failing")?,
        given_up: count("given_up")?,
        oldest: row.optional_integer("oldest")?.map(Timestamp::from_unix_ms),
        last_error: row.optional_text("last_error")?,
    })
}

pub(super) fn stored_token(row: &impl Columns, purpose: Purpose) -> Result<StoredToken> {
    Ok(StoredToken {
        hash: SecretHash::from_bytes(row.bytes("token_hash")?)
            .ok_or_else(|| corrupt("a token's hash has the wrong length"))?,
        user_id: user_id(row, "user_id")?,
        purpose,
        session_id: optional_session_id(row)?,
        redirect_to: row.optional_text("redirect_to")?,
        created_at: timestamp(row, "created_at")?,
        expires_at: timestamp(row, "expires_at")?,
    })
}

pub(super) fn stored_ticket(row: &impl Columns) -> Result<StoredTicket> {
    Ok(StoredTicket {
        hash: SecretHash::from_bytes(row.bytes("token_hash")?)
            .ok_or_else(|| corrupt("a ticket's hash has the wrong length"))?,
        user_id: user_id(row, "user_id")?,
        epoch: epoch(row)?,
        keep: Keep::of(row.boolean("remember")?, row.boolean("shared_computer")?),
        signed_in_with: SignInMethod::parse(row.text("signed_in_with")?)
            .ok_or_else(|| corrupt("a ticket has an invalid sign-in method"))?,
        expires_at: timestamp(row, "expires_at")?,
    })
}

pub(super) fn reset(row: &impl Columns) -> Result<Reset> {
    Ok(Reset {
        redirect_to: row.optional_text("redirect_to")?,
        sent_at: row.optional_integer("sent_at")?.map(Timestamp::from_unix_ms),
    })
}

pub(super) fn operator_act(row: &impl Columns) -> Result<OperatorAct> {
    Ok(OperatorAct {
        seq: row.integer("seq")?,
        at: timestamp(row, "at")?,
        operator: row.text("operator")?.to_owned(),
        act: row.text("act")?.to_owned(),
        user_id: row.optional_text("user_id")?.map(UserId::new).transpose().map_err(corrupt)?,
        session_id: optional_session_id(row)?,
        ended: u64::try_from(row.integer("ended")?).map_err(corrupt)?,
    })
}

fn optional_session_id(row: &impl Columns) -> Result<Option<SessionId>> {
    row.optional_text("session_id")?.map(SessionId::new).transpose().map_err(corrupt)
}

pub(super) fn touched(row: &impl Columns) -> Result<(UserId, SessionId, Timestamp)> {
    Ok((user_id(row, "user_id")?, session_id(row)?, timestamp(row, "last_active_at")?))
}

pub(super) fn known_device(row: &impl Columns) -> Result<KnownDevice> {
    Ok(KnownDevice {
        key: DeviceKey::from_bytes(row.bytes("device_key")?)
            .ok_or_else(|| corrupt("a device key has the wrong length"))?,
        seen_at: timestamp(row, "seen_at")?,
        is_forgotten: row.boolean("is_forgotten")?,
    })
}

pub(super) fn user(row: &impl Columns, id_column: &str) -> Result<User> {
    Ok(User {
        id: user_id(row, id_column)?,
        name: row.text("name")?.to_owned(),
        email: row.text("email")?.to_owned(),
        email_verified: row.boolean("email_verified")?,
        image: row.optional_text("image")?,
        created_at: timestamp(row, "user_created_at")?,
        updated_at: timestamp(row, "user_updated_at")?,
    })
}

pub(super) fn mail_count(row: &impl Columns) -> Result<u64> {
    row.integer("number")?.try_into().map_err(corrupt)
}

pub(super) fn seq(row: &impl Columns) -> Result<i64> {
    row.integer("seq")
}

pub(super) fn session_id(row: &impl Columns) -> Result<SessionId> {
    SessionId::new(row.text("id")?).map_err(corrupt)
}

pub(super) fn user_id(row: &impl Columns, column: &str) -> Result<UserId> {
    UserId::new(row.text(column)?).map_err(corrupt)
}

fn timestamp(row: &impl Columns, column: &str) -> Result<Timestamp> {
    Ok(Timestamp::from_unix_ms(row.integer(column)?))
}

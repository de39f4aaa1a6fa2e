//! Metrics, through the facade crate [`metrics`](https://docs.rs/metrics): they go to the recorder that the program
//! installs. Without a recorder nothing is recorded.
//!
//! Install the recorder before the store is opened, and call [`describe`]. Counters and histograms then need no calls.
//! Call [`Sessions::measure`](crate::Sessions::measure), or `Accounts::measure`, before each export, and
//! [`Sessions::measure_store`](crate::Sessions::measure_store), or `Accounts::measure_store`, every minute: they set the
//! gauges.
//!
//! No label contains an id, an address or a person's input. `docs/metrics.md` lists all metrics with their labels.
//!
//! Each metric is recorded in one place, by a function here or in `src/accounts/metrics.rs`.

#[cfg(any(feature = "postgres", feature = "sqlite", test))]
use std::time::Duration;

use ::metrics::{counter, gauge, histogram};

use crate::store::{ConsumerBacklog, StoreLoad};
use crate::{Code, EndedReason, Error, Refusal, SignInMethod, Statistics};

/// Defines the names and descriptions of metrics.
macro_rules! described {
    ($($kind:ident $name:ident = $text:literal, $help:literal;)*) => {
        $(const $name: &str = $text;)*

        fn describe_all() {
            $(::metrics::$kind!($name, $help);)*
        }
    };
}

described! {
    describe_counter SIGN_INS = "multi_session_sign_ins_total",
        "Sign-ins and sign-ups by method and outcome.";
    describe_counter BEGUN = "multi_session_sessions_begun_total",
        "Sessions that began, by reason.";
    describe_counter ENDED = "multi_session_sessions_ended_total",
        "Sessions that ended, by reason.";
    describe_gauge LIVE_SESSIONS = "multi_session_live_sessions",
        "Live sessions in the database.";
    describe_gauge LIVE_USERS = "multi_session_live_users",
        "Users with a live session in the database.";
    describe_counter OUTBOX_DELIVERIES = "multi_session_outbox_deliveries_total",
        "Attempts to deliver an event of the outbox, by consumer and outcome.";
    describe_gauge OUTBOX_EVENTS = "multi_session_outbox_events",
        "Events of the outbox in the database, by consumer and state.";
    describe_gauge STREAMS = "multi_session_streams",
        "Live streams that are open on this node.";
    describe_counter CACHE_LOOKUPS = "multi_session_session_cache_lookups_total",
        "Lookups in the session cache, by outcome.";
    describe_gauge CACHE_SESSIONS = "multi_session_session_cache_sessions",
        "Sessions in the session cache.";
    describe_histogram STORE_SECONDS = "multi_session_store_operation_seconds",
        "Duration of store operations, by operation and outcome. Answers from the session cache are not counted.";
    describe_gauge POOL_CONNECTIONS = "multi_session_pool_connections",
        "Open database connections, by pool and state.";
    describe_gauge POOL_MAXIMUM = "multi_session_pool_connections_max",
        "The maximum number of database connections, by pool.";
    describe_histogram POOL_WAIT_SECONDS = "multi_session_pool_wait_seconds",
        "How long operations waited for a database connection, by pool.";
    describe_histogram LEASE_WAIT_SECONDS = "multi_session_lease_wait_seconds",
        "How long changes waited for the session caches of other nodes.";
}

/// The outcomes of a sign-in: `success`, or why it was refused.
const OUTCOMES: [&str; 10] = [
    SUCCESS,
    WRONG_PROOF,
    THROTTLED,
    BUSY,
    Refusal::Locked.as_str(),
    Refusal::Disabled.as_str(),
    Refusal::TwoFactor.as_str(),
    Refusal::LimitReached.as_str(),
    INVALID,
    FAILED,
];
const SUCCESS: &str = "success";
const WRONG_PROOF: &str = "wrong_proof";
const THROTTLED: &str = "throttled";
const BUSY: &str = "busy";
const INVALID: &str = "invalid";
const FAILED: &str = "error";

/// Why a session began.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Beginning {
    /// Somebody signed in or up.
    SignIn,
    /// A changed credential replaced every session of the user by this one.
    PasswordChanged,
    /// Its revocation was undone.
    Undone,
}

impl Beginning {
    const ALL: [Self; 3] = [Self::SignIn, Self::PasswordChanged, Self::Undone];

    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::PasswordChanged => "password_changed",
            Self::Undone => "undone",
        }
    }
}

/// How an attempt to deliver an event of the outbox ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Delivered {
    Success,
    /// It is tried again.
    Failed,
    GivenUp,
}

impl Delivered {
    const ALL: [Self; 3] = [Self::Success, Self::Failed, Self::GivenUp];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Success => SUCCESS,
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

/// Sessions of an erased user are gone; they have no [`EndedReason`].
const ERASED: &str = "erased";

/// Registers all metrics of this library with the recorder. Metrics with known labels start at zero. Call it once,
/// after the recorder is installed.
pub fn describe() {
    describe_all();
    for outcome in OUTCOMES {
        counter!(SIGN_INS, "method" => SignInMethod::PASSWORD.as_str().to_owned(), "outcome" => outcome)
            .increment(0);
    }
    for reason in Beginning::ALL {
        counter!(BEGUN, "reason" => reason.as_str()).increment(0);
    }
    for reason in EndedReason::ALL.iter().map(|reason| reason.as_str()).chain([ERASED]) {
        counter!(ENDED, "reason" => reason).increment(0);
    }
    let _ = histogram!(LEASE_WAIT_SECONDS);
    #[cfg(feature = "accounts")]
    crate::accounts::describe_metrics();
}

/// Counts a sign-in that was refused before [`Sessions::begin`](crate::Sessions::begin), because its proof was wrong or could
/// not be checked. [`Sessions::begin`](crate::Sessions::begin) and `Accounts` count all others themselves.
///
/// The method becomes a label: use few different ones.
pub fn sign_in_refused(method: &SignInMethod, why: &Error) {
    sign_in(method, outcome_of(why));
}

/// Counts a sign-in whose proof was right. A proof that must be checked again is not counted.
pub(crate) fn sign_in_ended<T>(method: &SignInMethod, begun: &Result<T, Error>) {
    match begun {
        Ok(_) => sign_in(method, SUCCESS),
        Err(Error::ProofOutdated) => {}
        Err(error) => sign_in(method, outcome_of(error)),
    }
}

fn sign_in(method: &SignInMethod, outcome: &'static str) {
    counter!(SIGN_INS, "method" => method.as_str().to_owned(), "outcome" => outcome).increment(1);
}

fn outcome_of(error: &Error) -> &'static str {
    match error {
        Error::Throttled { .. } => return THROTTLED,
        Error::Busy { .. } => return BUSY,
        _ => {}
    }
    match error.code() {
        Code::InvalidEmailOrPassword | Code::InvalidPassword => WRONG_PROOF,
        Code::PasswordResetRequired => Refusal::Locked.as_str(),
        Code::UserDisabled => Refusal::Disabled.as_str(),
        Code::TwoFactorRequired => Refusal::TwoFactor.as_str(),
        Code::MaximumSessionsReached | Code::MaximumAccountsReached => Refusal::LimitReached.as_str(),
        Code::ServiceUnavailable | Code::Internal => FAILED,
        _ => INVALID,
    }
}

pub(crate) fn session_began(why: Beginning) {
    counter!(BEGUN, "reason" => why.as_str()).increment(1);
}

pub(crate) fn sessions_ended(reason: EndedReason, number: u64) {
    counter!(ENDED, "reason" => reason.as_str()).increment(number);
}

pub(crate) fn sessions_erased(number: usize) {
    counter!(ENDED, "reason" => ERASED).increment(number as u64);
}

/// Starts to count the deliveries to a consumer at zero.
pub(crate) fn outbox_started(consumer: &str) {
    Delivered::ALL.into_iter().for_each(|outcome| outbox_delivered(consumer, outcome, 0));
}

pub(crate) fn outbox_delivered(consumer: &str, outcome: Delivered, number: u64) {
    counter!(OUTBOX_DELIVERIES, "consumer" => consumer.to_owned(), "outcome" => outcome.as_str())
        .increment(number);
}

/// Sets the gauges of the outbox.
pub(crate) fn set_outbox(consumers: &[ConsumerBacklog]) {
    for ConsumerBacklog { name, waiting, given_up, .. } in consumers {
        for (state, number) in [("waiting", waiting), ("given_up", given_up)] {
            gauge!(OUTBOX_EVENTS, "consumer" => name.clone(), "state" => state).set(*number as f64);
        }
    }
}

/// Sets the gauges of the database.
pub(crate) fn set_live(statistics: &Statistics) {
    gauge!(LIVE_SESSIONS).set(statistics.live_sessions as f64);
    gauge!(LIVE_USERS).set(statistics.live_users as f64);
}

/// Sets the gauges of this node.
pub(crate) fn set_load(streams: usize, store: &StoreLoad) {
    gauge!(STREAMS).set(streams as f64);
    if let Some(cache) = &store.session_cache {
        counter!(CACHE_LOOKUPS, "outcome" => "hit").absolute(cache.hits);
        counter!(CACHE_LOOKUPS, "outcome" => "miss").absolute(cache.misses);
        gauge!(CACHE_SESSIONS).set(cache.sessions as f64);
    }
    for pool in &store.pools {
        let set = |state: &'static str, number: u32| {
            gauge!(POOL_CONNECTIONS, "pool" => pool.name, "state" => state).set(number);
        };
        set("idle", pool.idle);
        set("busy", pool.open.saturating_sub(pool.idle));
        gauge!(POOL_MAXIMUM, "pool" => pool.name).set(pool.maximum);
    }
}

/// Records the duration of a store operation, and whether the store failed.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn store_operation(operation: &'static str, took: Duration, has_failed: bool) {
    let outcome = if has_failed { FAILED } else { SUCCESS };
    histogram!(STORE_SECONDS, "operation" => operation, "outcome" => outcome).record(took);
}

/// Records how long a call waited for a connection.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn pool_wait(pool: &'static str, took: Duration) {
    histogram!(POOL_WAIT_SECONDS, "pool" => pool).record(took);
}

/// Records how long a change waited for other nodes.
#[cfg(feature = "postgres")]
pub(crate) fn lease_wait(took: Duration) {
    histogram!(LEASE_WAIT_SECONDS).record(took);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreError;

    #[test]
    fn every_outcome_of_a_sign_in_starts_at_zero() {
        let errors = [
            Error::Throttled { retry_after: Duration::ZERO },
            Error::Busy { retry_after: Duration::ZERO },
            Error::Store(StoreError::Unavailable(std::sync::Arc::new(std::fmt::Error))),
        ];
        for error in errors.into_iter().chain(Code::ALL.iter().map(|code| Error::from(*code))) {
            assert!(OUTCOMES.contains(&outcome_of(&error)), "{error}");
        }
        for refusal in Refusal::ALL {
            assert_eq!(outcome_of(&Code::from(*refusal).into()), refusal.as_str());
        }
    }
}

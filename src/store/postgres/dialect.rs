//! The parts of statements that differ between databases, for PostgreSQL, and its own statements. Lists are
//! passed as arrays.

macro_rules! in_list {
    ($list:literal) => {
        in_list!($list, "text")
    };
    ($list:literal, $type:literal) => {
        concat!("= any(", $list, "::", $type, "[])")
    };
}

/// A selection with a limit. PostgreSQL may run `in (select …)` again for each row, and then takes more than the limit.
/// An array is made only once.
macro_rules! in_first {
    ($($select:expr),+) => {
        concat!("= any(array(", $($select),+, "))")
    };
}

macro_rules! is_empty {
    ($list:literal) => {
        concat!("cardinality(", $list, "::text[]) = 0")
    };
}

macro_rules! greatest {
    ($values:literal) => {
        concat!("greatest(", $values, ")")
    };
}

macro_rules! unindexed {
    ($column:literal) => {
        $column
    };
}

macro_rules! locking {
    ($sql:literal) => {
        $sql
    };
}

macro_rules! touched {
    () => {
        "json_to_recordset($1::text::json) as touched (session text, at bigint, ip_address text, user_agent text, \
         other_user_agent text)"
    };
}

macro_rules! entries {
    () => {
        "rows from (json_to_recordset($1::text::json) as (user_id text, at bigint, kind text, session_id text, \
         by_session text, user_agent text, ip_address text, detail text)) with ordinality as \
         batch (user_id, at, kind, session_id, by_session, user_agent, ip_address, detail, number)"
    };
}

every_statement!(texts);

pub(super) const NOTIFY: &str = "select pg_notify($2, payload) from unnest($1::text[]) as payload";
pub(super) const IS_READ_ONLY: &str = "select current_setting('transaction_read_only')";

/// The settings of a connection, or only of its transaction. Commits are durable. Timeouts end statements that wait and
/// transactions whose client has vanished. The planner may not read whole tables: a generic plan does not know limits, so
/// it would do so for large ones.
macro_rules! settings {
    ($of_transaction:literal) => {
        concat!(
            "set_config('synchronous_commit', case current_setting('synchronous_commit') \
             when 'off' then 'on' else current_setting('synchronous_commit') end, ",
            $of_transaction,
            "), set_config('enable_seqscan', 'off', ",
            $of_transaction,
            "), set_config('enable_hashjoin', 'off', ",
            $of_transaction,
            "), set_config('enable_mergejoin', 'off', ",
            $of_transaction,
            "), set_config('jit', 'off', ",
            $of_transaction,
            "), set_config('lock_timeout', '4s', ",
            $of_transaction,
            "), set_config('statement_timeout', '5s', ",
            $of_transaction,
            "), set_config('idle_in_transaction_session_timeout', '10s', ",
            $of_transaction,
            ")"
        )
    };
}

// With "read committed", a statement sees everything committed before it, so limits are exact. Every statement has one
// good plan, which a test checks, so generic plans save planning time.
pub(super) const CONFIGURE: &str = concat!(
    "select set_config('default_transaction_isolation', 'read committed', false), \
     set_config('plan_cache_mode', 'force_generic_plan', false), ",
    settings!("false")
);

// The same for one transaction on a connection of the application, whose own settings stay unchanged.
pub(super) const BEGIN_SHARED: &str =
    concat!("begin isolation level read committed; select ", settings!("true"));

//! SQLite's macros for the statements. Lists and batches are passed as JSON.

macro_rules! in_list {
    ($list:literal) => {
        concat!("in (select value from json_each(", $list, "))")
    };
    ($list:literal, $type:literal) => {
        in_list!($list)
    };
}

/// A selection with a limit. SQLite runs it once.
macro_rules! in_first {
    ($($select:expr),+) => {
        concat!("in (", $($select),+, ")")
    };
}

macro_rules! is_empty {
    ($list:literal) => {
        concat!($list, " = '[]'")
    };
}

macro_rules! greatest {
    ($values:literal) => {
        concat!("max(", $values, ")")
    };
}

/// A column whose index must not be used, because SQLite would choose it over a better one.
macro_rules! unindexed {
    ($column:literal) => {
        concat!("+", $column)
    };
}

/// Empty, because `begin immediate` blocks all other writers.
macro_rules! locking {
    ($sql:literal) => {
        ""
    };
}

macro_rules! touched {
    () => {
        "(select value ->> 'session' as session, value ->> 'at' as at, value ->> 'ip_address' as ip_address, \
         value ->> 'user_agent' as user_agent, value ->> 'other_user_agent' as other_user_agent \
         from json_each($1)) as touched"
    };
}

macro_rules! entries {
    () => {
        "(select key as number, value ->> 'user_id' as user_id, value ->> 'at' as at, value ->> 'kind' as kind, \
         value ->> 'session_id' as session_id, value ->> 'by_session' as by_session, \
         value ->> 'user_agent' as user_agent, value ->> 'ip_address' as ip_address, \
         value ->> 'detail' as detail from json_each($1)) as batch"
    };
}

every_statement!(texts);

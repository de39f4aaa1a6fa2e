//! Every statement of the PostgreSQL store; lists travel as arrays.
//!
//! Statements that change several sessions lock them in the order of `seq` first, so that no two wait for each other.

pub(in crate::store) use crate::store::statements::*;

/// Ends the live sessions that `$where` picks; `$1` now, `$2` reason, `$3` the acting session or null.
macro_rules! end_sessions {
    ($where:expr) => {
        end_sessions!("", $where)
    };
    ($of_user:literal, $where:expr) => {
        concat!(
            "update sessions set ended_at = $1, ended_reason = $2, ended_by = $3 where ",
            $of_user,
            "seq in (select seq from sessions where ",
            live!(),
            $where,
            " order by seq for no key update) returning id, user_id"
        )
    };
}

/// The same for user `$4`. It is said twice, so that in a partitioned table one part is looked at.
macro_rules! end_sessions_of_user {
    ($where:expr) => {
        end_sessions!("user_id = $4 and ", concat!(" and user_id = $4", $where))
    };
}

statements! {
    LIVE_BY_HANDLES = select_live!(" and sessions.handle = any($2::text[])");
    SUPERSEDED_BY_HANDLES = select_superseded!(" and superseded.handle = any($2::text[])");
    UNDOABLE_BY_HANDLES = select_undoable!(" and sessions.handle = any($3::text[])");
    FIND = find_sessions!("sessions.id = any($1::text[])");
    OF_USER = find_sessions!(
        "sessions.user_id = $1 and ($2::boolean or (sessions.ended_at is null and sessions.expires_at > $3)) \
         and ($4::text is null or sessions.seq < (select seq from sessions where id = $4::text)) \
         order by sessions.seq desc limit $5"
    );
    // One statement, so that the numbers are of one moment. Sign-ins have no index of their own: those that are live or
    // not marked yet are in the index by expiry, the others in the one by end, as nothing ends before it began.
    STATISTICS = concat!(
        "select 'live sessions' as what, count(*) as number from sessions where ",
        live!(),
        " union all select 'live users', count(distinct user_id) from sessions where ",
        live!(),
        " union all select 'sign-ins', count(*) from sessions \
         where ended_at is null and expires_at > $2 and created_at > $2 \
         union all select 'sign-ins', count(*) from sessions \
         where ended_at is not null and ended_at > $2 and created_at > $2 \
         union all select ended_reason, count(*) from sessions \
         where ended_at is not null and ended_at > $2 group by ended_reason"
    );

    // Whoever begins or ends sessions holds the lock of their users: the next statement then sees all that others did
    // before, and nobody else does anything until the end. Always in one order, so that no two wait for each other;
    // weaker than `for update`, so that rows of other tables may refer to the user meanwhile.
    LOCK_USER = "select 1 from users where id = $1 for no key update";
    LOCK_USERS_OF = "select 1 from users where id = any(array(select user_id from sessions \
                     where id = any($2::text[])) || $1::text) order by id for no key update";
    LIVE_TO_FIT = concat!(
        "select id, user_id from sessions where ",
        live!(),
        " and (user_id = $2 or id = any($3::text[])) order by seq for no key update"
    );
    USER_CHANGED = "update users set updated_at = greatest(updated_at, $2) where id = $1";
    END_HELD = end_sessions!(" and id = any($4::text[])");
    END_BY_ID = end_sessions_of_user!(concat!(" and id = $5", actor_is_live!()));
    END_BY_HANDLE = end_sessions_of_user!(concat!(" and handle = $5", actor_is_live!()));
    END_OTHERS = end_sessions_of_user!(" and id <> $3");
    END_ALL = end_sessions_of_user!("");
    // Before `END_OTHERS` and `MAKE_ENDS_FINAL`, which lock in order what each of them changes, but not what both do.
    LOCK_OTHERS = "select 1 from sessions where user_id = $1 and id <> $2 \
                   and (ended_at is null or ended_reason = 'revoked' and not is_final) \
                   order by seq for no key update";
    MAKE_ENDS_FINAL = "update sessions set is_final = true where user_id = $2 and seq in \
                       (select seq from sessions where ended_at > $1 and ended_reason = 'revoked' \
                       and not is_final and user_id = $2 order by seq for no key update)";
    MAKE_ALL_ENDS_FINAL = "update sessions set is_final = true where seq in \
                           (select seq from sessions where ended_at > $1 and ended_reason = 'revoked' \
                           and not is_final order by seq for no key update)";
    LIVE_OF_EVERYBODY = concat!("select id from sessions where ", live!(), " limit $2");
    TOUCH = "update sessions set last_active_at = greatest(sessions.last_active_at, batch.at), \
             last_ip_address = coalesce(batch.ip_address, sessions.last_ip_address), \
             last_user_agent = coalesce(batch.user_agent, sessions.last_user_agent), \
             other_user_agent = coalesce(batch.other_user_agent, sessions.other_user_agent) from \
             (select known.seq, touched.at, touched.ip_address, touched.user_agent, touched.other_user_agent \
             from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[]) \
             as touched (id, at, ip_address, user_agent, other_user_agent) \
             join sessions as known on known.id = touched.id where known.ended_at is null \
             order by known.seq for no key update of known) as batch \
             where sessions.seq = batch.seq \
             returning sessions.id, sessions.user_id, sessions.last_active_at";
    // What another node or request has locked is swept the next time.
    END_EXPIRED = "update sessions set ended_at = expires_at, ended_reason = 'expired' where seq in \
                   (select seq from sessions where ended_at is null and expires_at <= $1 limit $2 \
                   for no key update skip locked) returning id, user_id";
    DELETE_ENDED = "delete from sessions where seq in \
                    (select seq from sessions where ended_at is not null and ended_at <= $1 limit $2 \
                    for update skip locked)";
    HISTORY = select_history!(" and (cardinality($4::text[]) = 0 or kind = any($4::text[]))");
    HISTORY_OF_SESSION = select_history!(
        " and (cardinality($4::text[]) = 0 or kind = any($4::text[])) and session_id = $5"
    );
    RECORD = record_history!(
        "rows from (json_to_recordset($1::text::json) as (user_id text, at bigint, kind text, session_id text, \
         by_session text, user_agent text, ip_address text, detail text)) with ordinality as \
         batch (user_id, at, kind, session_id, by_session, user_agent, ip_address, detail, number)"
    );
    FORGET_HISTORY = "delete from history where seq in \
                      (select seq from history where at <= $1 limit $2 for update skip locked)";
    FORGET_ACTS = "delete from operator_acts where seq in \
                   (select seq from operator_acts where at <= $1 limit $2 for update skip locked)";
    // Everybody else may read meanwhile, and write when it is over: so no row changes that was looked at.
    #[cfg(feature = "import-better-auth")]
    LOCK_ALL = "lock table users, passwords, sessions in share row exclusive mode";
    // Within an import, which takes as long as there are rows.
    #[cfg(feature = "import-better-auth")]
    HURRY_NOT = "select set_config('statement_timeout', '0', true), \
                 set_config('idle_in_transaction_session_timeout', '0', true)";
    #[cfg(feature = "import-better-auth")]
    FOLLOW_SESSION = "update sessions set expires_at = greatest(expires_at, $2), \
                      updated_at = greatest(updated_at, $3), \
                      imported_at = $4 where id = $1 and ended_at is null and imported_at is not null";
    #[cfg(feature = "import-better-auth")]
    END_GONE = end_sessions!(" and imported_at < $1 and last_active_at <= imported_at");
    LOCK_USER_OF_EMAIL = concat!(
        "select id from users where disabled_at is null and id = ",
        user_of_email!(),
        " for no key update"
    );
    // Of several nodes that start at once one fills at a time.
    LOCK_EMAIL_KEYS = "select pg_advisory_xact_lock(hashtext('multi-session email keys'))";
    // At once, as nearly all are their own keys already.
    SET_OWN_EMAIL_KEYS = "update users set email_key = email where id = any($1::text[]) and email_key is null \
                          and not exists (select 1 from users as other \
                          where other.email_key = users.email and other.id <> users.id) returning id";
    CLAIM_MAILS = "update mails set due_at = $2, attempts = attempts + 1 where seq in \
                   (select seq from mails where due_at <= $1 and kind = any($4::text[]) \
                   order by due_at limit $3 for update skip locked) returning seq";
    MAILS = select_mails!("mails.seq = any($1::bigint[])");
    NOTIFY = "select pg_notify('multi_session', payload) from unnest($1::text[]) as payload";
    IS_READ_ONLY = "select current_setting('transaction_read_only')";

    // Of each connection. Limits are exact where a statement sees what was committed before it; what is answered is
    // durable; whoever waits or has vanished gives way to the others; and since every statement has one good plan, which
    // a test reads, none is planned anew each time.
    CONFIGURE = "select set_config('default_transaction_isolation', 'read committed', false), \
                 set_config('synchronous_commit', case current_setting('synchronous_commit') \
                 when 'off' then 'on' else current_setting('synchronous_commit') end, false), \
                 set_config('plan_cache_mode', 'force_generic_plan', false), \
                 set_config('lock_timeout', '4s', false), \
                 set_config('statement_timeout', '5s', false), \
                 set_config('idle_in_transaction_session_timeout', '10s', false)";
}

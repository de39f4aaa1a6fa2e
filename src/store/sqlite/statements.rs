//! Every statement of the SQLite store; lists travel as JSON arrays, so that no text is put together.

pub(in crate::store) use crate::store::statements::*;

/// Ends the live sessions that `$where` picks; `$1` now, `$2` reason, `$3` the acting session or null.
macro_rules! end_sessions {
    ($where:expr) => {
        concat!(
            "update sessions set ended_at = $1, ended_reason = $2, ended_by = $3 where ",
            live!(),
            $where,
            " returning id, user_id"
        )
    };
}

statements! {
    LIVE_BY_HANDLES = select_live!(" and sessions.handle in (select value from json_each($2))");
    SUPERSEDED_BY_HANDLES = select_superseded!(" and superseded.handle in (select value from json_each($2))");
    UNDOABLE_BY_HANDLES = select_undoable!(" and sessions.handle in (select value from json_each($3))");
    FIND = find_sessions!("sessions.id in (select value from json_each($1))");
    OF_USER = find_sessions!(
        "sessions.user_id = $1 and ($2 or (sessions.ended_at is null and sessions.expires_at > $3)) \
         and ($4 is null or sessions.seq < (select seq from sessions where id = $4)) \
         order by sessions.seq desc limit $5"
    );
    // One statement, so that the numbers are of one moment. Sign-ins have no index of their own: those that are live or
    // not marked yet are in the index by expiry, the others in the one by end, as nothing ends before it began. The plus keeps
    // SQLite from walking all sessions, ended ones too, in the order of their users.
    STATISTICS = concat!(
        "select 'live sessions' as what, count(*) as number from sessions where ",
        live!(),
        " union all select 'live users', count(distinct +user_id) from sessions where ",
        live!(),
        " union all select 'sign-ins', count(*) from sessions \
         where ended_at is null and expires_at > $2 and created_at > $2 \
         union all select 'sign-ins', count(*) from sessions \
         where ended_at is not null and ended_at > $2 and created_at > $2 \
         union all select ended_reason, count(*) from sessions \
         where ended_at is not null and ended_at > $2 group by ended_reason"
    );
    USER_CHANGED = "update users set updated_at = max(updated_at, $2) where id = $1";
    LIVE_TO_FIT = concat!(
        "select id, user_id from sessions where ",
        live!(),
        " and (user_id = $2 or id in (select value from json_each($3))) order by seq"
    );
    END_HELD = end_sessions!(" and id in (select value from json_each($4))");
    END_BY_ID = end_sessions!(concat!(" and user_id = $4 and id = $5", actor_is_live!()));
    END_BY_HANDLE = end_sessions!(concat!(" and user_id = $4 and handle = $5", actor_is_live!()));
    END_OTHERS = end_sessions!(" and user_id = $4 and id <> $3");
    END_ALL = end_sessions!(" and user_id = $4");
    MAKE_ENDS_FINAL = "update sessions set is_final = true \
         where ended_at > $1 and ended_reason = 'revoked' and not is_final and user_id = $2";
    MAKE_ALL_ENDS_FINAL = "update sessions set is_final = true \
         where ended_at > $1 and ended_reason = 'revoked' and not is_final";
    END_OF_EVERYBODY = concat!(
        "update sessions set ended_at = $1, ended_reason = $2, ended_by = $3 where seq in \
         (select seq from sessions where ",
        live!(),
        " limit $4) returning id, user_id"
    );
    TOUCH = "update sessions set last_active_at = max(last_active_at, batch.at), \
             last_ip_address = coalesce(batch.ip_address, sessions.last_ip_address), \
             last_user_agent = coalesce(batch.user_agent, sessions.last_user_agent), \
             other_user_agent = coalesce(batch.other_user_agent, sessions.other_user_agent) \
             from (select value ->> 0 as id, value ->> 1 as at, value ->> 2 as ip_address, \
             value ->> 3 as user_agent, value ->> 4 as other_user_agent from json_each($1)) as batch \
             where sessions.id = batch.id and sessions.ended_at is null \
             returning sessions.id, sessions.user_id, sessions.last_active_at";
    END_EXPIRED = "update sessions set ended_at = expires_at, ended_reason = 'expired' where seq in \
                   (select seq from sessions where ended_at is null and expires_at <= $1 limit $2) \
                   returning id, user_id";
    DELETE_ENDED = "delete from sessions where seq in \
                    (select seq from sessions where ended_at is not null and ended_at <= $1 limit $2)";
    HISTORY = select_history!(
        " and ($4 = '[]' or kind in (select value from json_each($4)))"
    );
    HISTORY_OF_SESSION = select_history!(
        " and ($4 = '[]' or kind in (select value from json_each($4))) and session_id = $5"
    );
    RECORD = record_history!(
        "(select key as number, value ->> 'user_id' as user_id, value ->> 'at' as at, value ->> 'kind' as kind, \
         value ->> 'session_id' as session_id, value ->> 'by_session' as by_session, \
         value ->> 'user_agent' as user_agent, value ->> 'ip_address' as ip_address, \
         value ->> 'detail' as detail from json_each($1)) as batch"
    );
    FORGET_HISTORY = "delete from history where seq in (select seq from history where at <= $1 limit $2)";
    FORGET_ACTS = "delete from operator_acts where seq in \
                   (select seq from operator_acts where at <= $1 limit $2)";
    #[cfg(feature = "import-better-auth")]
    FOLLOW_SESSION = "update sessions set expires_at = max(expires_at, $2), updated_at = max(updated_at, $3), \
                      imported_at = $4 where id = $1 and ended_at is null and imported_at is not null";
    #[cfg(feature = "import-better-auth")]
    END_GONE = end_sessions!(" and imported_at < $1 and last_active_at <= imported_at");
    USER_OF_EMAIL = concat!("select id from users where disabled_at is null and id = ", user_of_email!());
    // At once, as nearly all are their own keys already.
    SET_OWN_EMAIL_KEYS = "update users set email_key = email where id in (select value from json_each($1)) \
                          and email_key is null and not exists (select 1 from users as other \
                          where other.email_key = users.email and other.id <> users.id) returning id";
    CHECKPOINT = "pragma wal_checkpoint(truncate)";
    CLAIM_MAILS = "update mails set due_at = $2, attempts = attempts + 1 where seq in \
                   (select seq from mails where due_at <= $1 and kind in (select value from json_each($4)) \
                   order by due_at limit $3) returning seq";
    MAILS = select_mails!("mails.seq in (select value from json_each($1))");
    // Another number once another connection, which is another process's, has committed something.
    DATA_VERSION = "pragma data_version";
}

//! Every statement of the SQLite store; lists travel as JSON arrays, so that no text is put together.

/// What makes a session live: `$1` is the present moment in each statement that says so.
macro_rules! live {
    () => {
        "sessions.ended_at is null and sessions.expires_at > $1"
    };
}

macro_rules! columns {
    () => {
        "sessions.id, sessions.user_id, sessions.handle, sessions.secret_hash, sessions.ip_address, \
         sessions.user_agent, sessions.remember, sessions.shared_computer, sessions.created_at, sessions.updated_at, \
         sessions.last_active_at, sessions.expires_at, sessions.device_name, \
         coalesce(sessions.authenticated_at, sessions.created_at) as authenticated_at, \
         users.email, users.name, users.image, users.email_verified, \
         users.created_at as user_created_at, users.updated_at as user_updated_at"
    };
}

macro_rules! select_live {
    ($rest:literal) => {
        concat!(
            "select ",
            columns!(),
            " from sessions join users on users.id = sessions.user_id where ",
            live!(),
            $rest
        )
    };
}

/// Live or not, with what ended it.
macro_rules! find_sessions {
    ($where:literal) => {
        concat!(
            "select ",
            columns!(),
            ", sessions.ended_at, sessions.ended_reason, sessions.ended_by, actor.user_agent as by_user_agent, \
             actor.device_name as by_device_name \
             from sessions join users on users.id = sessions.user_id \
             left join sessions as actor on actor.id = sessions.ended_by where ",
            $where
        )
    };
}

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

/// Holds while the acting session `$3` of user `$4` is live itself.
macro_rules! actor_is_live {
    () => {
        " and exists (select 1 from sessions as actor where actor.id = $3 and actor.user_id = $4 \
         and actor.ended_at is null and actor.expires_at > $1)"
    };
}

macro_rules! statements {
    ($($(#[$cfg:meta])? $name:ident = $sql:expr;)*) => {
        $($(#[$cfg])? pub(crate) const $name: &str = $sql;)*

        /// Every statement with its name, for the test that reads the query plans.
        #[cfg(feature = "test-support")]
        pub(crate) const ALL: &[(&str, &str)] = &[$($(#[$cfg])? (stringify!($name), $name)),*];
    };
}

statements! {
    LIVE_BY_HANDLES = select_live!(" and sessions.handle in (select value from json_each($2))");
    LIVE_OF_USER = select_live!(" and sessions.user_id = $2 order by sessions.seq desc");
    FIND = find_sessions!("sessions.id in (select value from json_each($1))");
    FIND_BY_HANDLE = find_sessions!("sessions.handle = $1");
    OF_USER = find_sessions!(
        "sessions.user_id = $1 and ($2 or (sessions.ended_at is null and sessions.expires_at > $3)) \
         and ($4 is null or sessions.seq < (select seq from sessions where id = $4)) \
         order by sessions.seq desc limit $5"
    );
    FIND_USER = "select users.id, users.email, users.name, users.image, users.email_verified, \
                 users.created_at as user_created_at, users.updated_at as user_updated_at \
                 from users where users.id = $1";
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
    PASSWORD_OF = "select users.id, users.email, users.name, users.image, users.email_verified, \
                   users.created_at as user_created_at, users.updated_at as user_updated_at, \
                   passwords.hash as password_hash \
                   from users left join passwords on passwords.user_id = users.id where users.email = $1";

    INSERT_USER = "insert into users (id, email, name, image, email_verified, created_at, updated_at) \
                   values ($1, $2, $3, $4, $5, $6, $7) on conflict (email) do nothing";
    INSERT_PASSWORD = "insert into passwords (user_id, hash, updated_at) values ($1, $2, $3)";
    INSERT_SESSION = "insert into sessions (id, user_id, handle, secret_hash, ip_address, user_agent, remember, \
                      created_at, updated_at, last_active_at, expires_at, shared_computer) \
                      values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9, $10)";
    CHANGE_PASSWORD =
        "update passwords set hash = $3, updated_at = $4 where user_id = $1 and hash = $2";
    USER_CHANGED = "update users set updated_at = max(updated_at, $2) where id = $1";
    COUNT_LIVE_OF_USER = concat!("select count(*) from sessions where ", live!(), " and user_id = $2");
    COUNT_LIVE_HELD =
        concat!("select count(*) from sessions where ", live!(), " and id in (select value from json_each($2))");
    END_HELD_OF_USER = end_sessions!(" and user_id = $4 and id in (select value from json_each($5))");
    END_OLDEST_OF_USER = end_sessions!(
        " and seq in (select seq from sessions where user_id = $4 and ended_at is null and expires_at > $1 \
         order by seq limit $5)"
    );
    END_OLDEST_HELD = end_sessions!(
        " and seq in (select seq from sessions where id in (select value from json_each($4)) \
         and ended_at is null and expires_at > $1 order by seq limit $5)"
    );
    END_HELD = end_sessions!(" and id in (select value from json_each($4))");
    END_BY_ID = end_sessions!(concat!(" and user_id = $4 and id = $5", actor_is_live!()));
    END_BY_HANDLE = end_sessions!(concat!(" and user_id = $4 and handle = $5", actor_is_live!()));
    END_OTHERS = end_sessions!(" and user_id = $4 and id <> $3");
    END_ALL = end_sessions!(" and user_id = $4");
    END_OF_EVERYBODY = concat!(
        "update sessions set ended_at = $1, ended_reason = $2, ended_by = $3 where seq in \
         (select seq from sessions where ",
        live!(),
        " limit $4) returning id, user_id"
    );
    IS_LIVE = concat!("select 1 from sessions where ", live!(), " and id = $2 and user_id = $3");
    EXTEND = concat!(
        "update sessions set expires_at = $2, updated_at = $1 where ",
        live!(),
        " and id = $3 and expires_at = $4"
    );
    RENAME = concat!(
        "update sessions set device_name = $2 where ",
        live!(),
        " and user_id = $4 and id = $5",
        actor_is_live!()
    );
    REAUTHENTICATE = concat!(
        "update sessions set handle = $4, secret_hash = $5, expires_at = $6, updated_at = $1, authenticated_at = $1 \
         where ",
        live!(),
        " and id = $2 and user_id = $3"
    );
    TOUCH = "update sessions set last_active_at = max(last_active_at, batch.at) \
             from (select value ->> 0 as id, value ->> 1 as at from json_each($1)) as batch \
             where sessions.id = batch.id and sessions.ended_at is null \
             returning sessions.id, sessions.user_id, sessions.last_active_at";
    END_EXPIRED = "update sessions set ended_at = expires_at, ended_reason = 'expired' where seq in \
                   (select seq from sessions where ended_at is null and expires_at <= $1 limit $2) \
                   returning id, user_id";
    DELETE_ENDED = "delete from sessions where seq in \
                    (select seq from sessions where ended_at is not null and ended_at <= $1 limit $2)";
    #[cfg(feature = "import-better-auth")]
    OTHER_USER_OF_EMAIL = "select 1 from users where email = $1 and id <> $2";
    #[cfg(feature = "import-better-auth")]
    USER_UPDATED_AT = "select updated_at from users where id = $1";
    #[cfg(feature = "import-better-auth")]
    UPDATE_USER = "update users set email = $2, name = $3, image = $4, email_verified = $5, created_at = $6, \
                   updated_at = $7 where id = $1";
    #[cfg(feature = "import-better-auth")]
    PASSWORD_HASH = "select hash from passwords where user_id = $1";
    #[cfg(feature = "import-better-auth")]
    FOLLOW_PASSWORD = "update passwords set hash = $2, updated_at = $3 where user_id = $1";
    #[cfg(feature = "import-better-auth")]
    SESSION_TO_FOLLOW = "select id, expires_at from sessions where id = $1 or handle = $2";
    #[cfg(feature = "import-better-auth")]
    INSERT_IMPORTED_SESSION = "insert into sessions (id, user_id, handle, secret_hash, ip_address, user_agent, \
                               remember, created_at, updated_at, last_active_at, expires_at, imported_at) \
                               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)";
    #[cfg(feature = "import-better-auth")]
    FOLLOW_SESSION = "update sessions set expires_at = max(expires_at, $2), updated_at = max(updated_at, $3), \
                      imported_at = $4 where id = $1 and ended_at is null and imported_at is not null";
    #[cfg(feature = "import-better-auth")]
    END_GONE = end_sessions!(" and imported_at < $1 and last_active_at <= imported_at");
    PING = "select 1";
    // Another number once another connection, which is another process's, has committed something.
    DATA_VERSION = "pragma data_version";
}

//! What the statements of both SQL stores have in common, and those that are the same.

/// What makes a session live: `$1` is the present moment in each statement that says so.
macro_rules! live {
    () => {
        "sessions.ended_at is null and sessions.expires_at > $1"
    };
}

macro_rules! user_columns {
    () => {
        "users.email, users.name, users.image, users.email_verified, \
         users.created_at as user_created_at, users.updated_at as user_updated_at"
    };
}

macro_rules! columns {
    () => {
        concat!(
            "sessions.id, sessions.user_id, sessions.handle, sessions.secret_hash, sessions.ip_address, \
         sessions.user_agent, sessions.remember, sessions.shared_computer, sessions.new_device, sessions.created_at, \
         sessions.updated_at, \
         sessions.last_active_at, sessions.expires_at, sessions.device_name, \
         coalesce(sessions.authenticated_at, sessions.created_at) as authenticated_at, \
         coalesce(sessions.last_ip_address, sessions.ip_address) as last_ip_address, \
         sessions.imported_at, sessions.credential_is_new, \
         coalesce(sessions.last_user_agent, sessions.user_agent) as last_user_agent, sessions.other_user_agent, ",
            user_columns!()
        )
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

/// Credentials that live sessions had before their present one.
macro_rules! select_superseded {
    ($rest:literal) => {
        concat!(
            "select superseded.handle as superseded_handle, superseded.secret_hash as superseded_hash, \
             superseded.is_dead as superseded_is_dead, ",
            columns!(),
            " from superseded_credentials as superseded join sessions on sessions.id = superseded.session_id \
             join users on users.id = sessions.user_id where ",
            live!(),
            $rest
        )
    };
}

/// Revoked after `$2` by another session of the user that is live itself, or live, as an undo may have come between.
macro_rules! select_undoable {
    ($rest:literal) => {
        concat!(
            "select sessions.handle, sessions.user_id, sessions.secret_hash from sessions \
             where sessions.expires_at > $1 and (sessions.ended_at is null or sessions.ended_reason = 'revoked' \
             and sessions.ended_at > $2 and not sessions.is_final and exists (select 1 from sessions as actor where actor.id = sessions.ended_by \
             and actor.user_id = sessions.user_id and actor.id <> sessions.id \
             and actor.ended_at is null and actor.expires_at > $1))",
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
            ", sessions.ended_at, sessions.ended_reason, sessions.ended_by, \
             coalesce(actor.last_user_agent, actor.user_agent) as by_user_agent, actor.device_name as by_device_name \
             from sessions join users on users.id = sessions.user_id \
             left join sessions as actor on actor.id = sessions.ended_by where ",
            $where
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

/// Writes entries; `$batch` is a table of them with the fields of a `NewHistoryEntry`. What they do not say is looked up.
macro_rules! record_history {
    ($batch:literal) => {
        concat!(
            "insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, \
             device_ip_address, by_session, by_user_agent, by_device_name, detail) \
             select batch.user_id, batch.at, batch.kind, batch.session_id, \
             coalesce(batch.user_agent, subject.last_user_agent, subject.user_agent, ''), subject.device_name, \
             coalesce(batch.ip_address, actor.last_ip_address, actor.ip_address, ''), \
             coalesce(case when batch.by_session is null or batch.by_session = batch.session_id \
             then batch.ip_address end, subject.last_ip_address, subject.ip_address, ''), batch.by_session, \
             coalesce(actor.last_user_agent, actor.user_agent), actor.device_name, batch.detail from ",
            $batch,
            " join users on users.id = batch.user_id \
             left join sessions as subject on subject.id = batch.session_id \
             left join sessions as actor on actor.id = batch.by_session order by batch.number"
        )
    };
}

/// A user's history before entry `$2`, the latest `$3` of it.
macro_rules! select_history {
    ($where:literal) => {
        concat!(
            "select seq, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address, by_session, \
             by_user_agent, by_device_name, detail from history where user_id = $1 and seq < $2",
            $where,
            " order by seq desc limit $3"
        )
    };
}

/// A link that is good for `$2`, of a user who is not disabled; `$1` its hash, `$3` the present moment.
macro_rules! good_token {
    () => {
        "token_hash = $1 and purpose = $2 and expires_at > $3 and not exists (select 1 from users \
         where users.id = mail_tokens.user_id and users.disabled_at is not null)"
    };
}

/// The id of the user of an e-mail, `$1`, whose key is `$2`. Who has it in this spelling comes first: two accounts whose
/// addresses are one may be older than keys are.
macro_rules! user_of_email {
    () => {
        "(select id from users where email = $1 or email = $2 or email_key = $2 \
         order by email = $1 desc, email = $2 desc limit 1)"
    };
}

/// Mails with whom they are for.
macro_rules! select_mails {
    ($where:literal) => {
        concat!(
            "select mails.seq, mails.user_id, mails.kind, mails.session_id, mails.redirect_to, mails.created_at, \
             mails.attempts, ",
            user_columns!(),
            " from mails join users on users.id = mails.user_id where ",
            $where,
            " order by mails.seq"
        )
    };
}

macro_rules! statements {
    ($($(#[$cfg:meta])? $name:ident = $sql:expr;)*) => {
        $($(#[$cfg])? pub(in crate::store) const $name: &str = $sql;)*

        /// Every statement with its name, for the test that reads the query plans.
        #[cfg(feature = "test-support")]
        pub(in crate::store) const ALL: &[(&str, &str)] = &[$($(#[$cfg])? (stringify!($name), $name)),*];
    };
}

statements! {
    LIVE_OF_USER = select_live!(" and sessions.user_id = $2 order by sessions.seq desc");
    FIND_BY_HANDLE = find_sessions!("sessions.handle = $1");
    FIND_USER = concat!("select users.id, ", user_columns!(), " from users where users.id = $1");
    PASSWORD_OF = concat!(
        "select users.id, ",
        user_columns!(),
        ", users.disabled_at, users.two_factor, passwords.hash as password_hash, passwords.locked_at \
         from users left join passwords on passwords.user_id = users.id where users.id = ",
        user_of_email!()
    );
    OTHER_USER_OF_EMAIL = "select 1 from users where (email = $1 or email = $2 or email_key = $2) and id <> $3";
    INSERT_USER = "insert into users (id, email, name, image, email_verified, created_at, updated_at, email_key) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    USERS_WITHOUT_KEY = "select id, email from users where email_key is null and id > $1 order by id limit $2";
    // Not one that is another user's, nor will be.
    SET_EMAIL_KEY = "update users set email_key = $2 where id = $1 and email_key is null and not exists \
                     (select 1 from users as other where (other.email_key = $2 or other.email = $2) and other.id <> $1)";
    INSERT_PASSWORD = "insert into passwords (user_id, hash, updated_at) values ($1, $2, $3)";
    INSERT_SESSION = "insert into sessions (id, user_id, handle, secret_hash, ip_address, user_agent, remember, \
                      created_at, updated_at, last_active_at, expires_at, shared_computer, new_device) \
                      values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9, $10, $11)";
    KNOWN_DEVICES = "select device_key, seen_at, is_forgotten from known_devices where user_id = $1";
    IS_KNOWN_DEVICE = concat!(
        "select 1 from known_devices where device_key = $3 and not is_forgotten and user_id = ",
        user_of_email!()
    );
    REMEMBER_DEVICE = "insert into known_devices (user_id, device_key, seen_at) values ($1, $2, $3) \
                       on conflict (user_id, device_key) do update set seen_at = excluded.seen_at, \
                       is_forgotten = excluded.is_forgotten";
    // All but the hundred that were seen last.
    DROP_OLD_DEVICES = "delete from known_devices where user_id = $1 and seen_at < \
                        (select seen_at from known_devices where user_id = $1 order by seen_at desc \
                        limit 1 offset 99)";
    FORGET_DEVICES = "update known_devices set is_forgotten = true where user_id = $1";
    CHANGE_PASSWORD =
        "update passwords set hash = $3, updated_at = $4 where user_id = $1 and hash = $2 and locked_at is null";
    PASSWORD_STANDS = "select 1 from passwords where user_id = $1 and hash = $2 and locked_at is null";
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
    // Before the name changes, so that the device is called in it as it was.
    RECORD_NAME = concat!(
        "insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, \
         device_ip_address, by_session, by_user_agent, by_device_name, detail) \
         select sessions.user_id, $1, 'renamed', sessions.id, coalesce(sessions.last_user_agent, sessions.user_agent), \
         sessions.device_name, coalesce(actor.last_ip_address, actor.ip_address), \
         coalesce(sessions.last_ip_address, sessions.ip_address), actor.id, \
         coalesce(actor.last_user_agent, actor.user_agent), actor.device_name, $2 \
         from sessions join sessions as actor on actor.id = $3 and actor.user_id = sessions.user_id where ",
        live!(),
        " and actor.ended_at is null and actor.expires_at > $1 and sessions.user_id = $4 and sessions.id = $5 \
         and sessions.device_name is distinct from $2"
    );
    REAUTHENTICATE = concat!(
        "update sessions set handle = $4, secret_hash = $5, credential_is_new = true, expires_at = $6, \
         updated_at = $1, authenticated_at = $1 where ",
        live!(),
        " and id = $2 and user_id = $3"
    );
    USE_CREDENTIAL = "update sessions set credential_is_new = false \
                      where id = $1 and user_id = $2 and handle = $3 and credential_is_new";
    UNDO_REVOKE = concat!(
        "update sessions set ended_at = null, ended_reason = null, ended_by = null, \
         undone_at = case when $1 > ended_at then $1 else ended_at end \
         where ended_reason = 'revoked' and ended_by = $3 and ended_at > $2 and ended_at < 2 * $1 - $2 \
         and not is_final and expires_at > $1 \
         and user_id = $4 and id = $5 and id <> $3",
        actor_is_live!(),
        " and not exists (select 1 from history where history.user_id = $4 \
         and history.kind in ('password_changed', 'reported') and history.seq > coalesce((select max(ends.seq) \
         from history as ends where ends.session_id = $5 and ends.kind = 'ended'), 0)) \
         and (select count(*) from sessions as others where others.user_id = $4 and others.ended_at is null \
         and others.expires_at > $1) < $6"
    );
    MAKE_END_FINAL = "update sessions set is_final = true where id = $1 and ended_reason = 'revoked' and not is_final";
    #[cfg(feature = "import-better-auth")]
    USER_UPDATED_AT = "select updated_at from users where id = $1";
    #[cfg(feature = "import-better-auth")]
    UPDATE_USER = "update users set email = $2, name = $3, image = $4, email_verified = $5, created_at = $6, \
                   updated_at = $7, email_key = $8 where id = $1";
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
    FORGET_USER = "delete from users where id = $1";
    RESTRICTIONS = "select disabled_at, ban_imported_at, two_factor from users where id = $1";
    #[cfg(feature = "import-better-auth")]
    NOTE_BAN = "update users set ban_imported_at = $2 where id = $1";
    #[cfg(feature = "import-better-auth")]
    SET_TWO_FACTOR = "update users set two_factor = $2 where id = $1";
    WAIVE_TWO_FACTOR = "update users set two_factor = 'waived' where id = $1 and two_factor = 'required'";
    DISABLE_USER = "update users set disabled_at = $2 where id = $1 and disabled_at is null";
    ENABLE_USER = "update users set disabled_at = null where id = $1 and disabled_at is not null";
    RECORD_ACT = "insert into operator_acts (at, operator, act, user_id, session_id, ended) \
                  values ($1, $2, $3, $4, $5, $6)";
    OPERATOR_ACTS = "select seq, at, operator, act, user_id, session_id, ended from operator_acts \
                     where seq < $1 order by seq desc limit $2";
    PING = "select 1";
    RESETS = "select redirect_to, created_at as sent_at from mail_tokens \
              where user_id = $1 and purpose = 'reset-password' and created_at > $2 \
              union all select redirect_to, null as sent_at from mails \
              where user_id = $1 and kind = 'password-reset'";
    INSERT_RESET = "insert into mails (user_id, kind, redirect_to, created_at, due_at) \
                    values ($1, 'password-reset', $2, $3, $3)";
    CHECK_WRITES = "insert into write_checks (id, number) values (1, 1) \
                    on conflict (id) do update set number = write_checks.number + 1";
    INSERT_MAIL = "insert into mails (user_id, kind, session_id, created_at, due_at) values ($1, $2, $3, $4, $4)";
    // No mail is put off that far, unless the clock was set back since.
    HURRY_MAILS = "update mails set due_at = $1 where due_at > $2";
    DROP_MAIL = "delete from mails where seq = $1";
    PUT_OFF_MAIL = "update mails set due_at = $2 where seq = $1";
    DROP_MAILS_TO_RESET =
        "delete from mails where user_id = $1 and kind in ('password-reset', 'password-locked')";
    INSERT_TOKEN = "insert into mail_tokens (token_hash, user_id, purpose, session_id, created_at, expires_at, \
                    redirect_to) values ($1, $2, $3, $4, $5, $6, $7)";
    FIND_TOKEN = concat!(
        "select token_hash, user_id, purpose, session_id, redirect_to, created_at, expires_at from mail_tokens where ",
        good_token!()
    );
    // Once: of two who use it at the same time one finds a row.
    USE_TOKEN = concat!("delete from mail_tokens where ", good_token!());
    DELETE_TOKENS = "delete from mail_tokens where user_id = $1";
    SWEEP_TOKENS = "delete from mail_tokens where token_hash in \
                    (select token_hash from mail_tokens where expires_at <= $1 limit $2)";
    SET_PASSWORD = "insert into passwords (user_id, hash, updated_at) values ($1, $2, $3) \
                    on conflict (user_id) do update set hash = excluded.hash, updated_at = excluded.updated_at, \
                    locked_at = null";
    LOCK_PASSWORD = "update passwords set locked_at = $2 where user_id = $1 and locked_at is null";
    IS_ANOTHER_OF_USER = "select 1 from sessions where id = $1 and user_id = $2 and id <> $3";
    ROTATE = concat!(
        "update sessions set handle = $4, secret_hash = $5, credential_is_new = false where ",
        live!(),
        " and id = $2 and user_id = $3"
    );
}

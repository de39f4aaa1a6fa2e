//! All statements of the SQL stores.
//!
//! Where the dialects differ, a statement uses a macro of the dialect: `in_list!`, `in_first!`, `is_empty!`,
//! `greatest!`, `unindexed!`, `touched!`, `entries!`, and `locking!` for locks, which a database with one writer does
//! not need. They are in `src/store/sqlite/dialect.rs` and `src/store/postgres/dialect.rs`. Tables are named with
//! their schema: `main` is SQLite's own, and PostgreSQL replaces it by the installation's schema.

use std::sync::LazyLock;

/// The condition for a live session. `$1` is the current time in every statement that uses it.
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
         sessions.updated_at, sessions.signed_in_with, \
         sessions.last_active_at, sessions.expires_at, sessions.device_name, \
         coalesce(sessions.authenticated_at, sessions.created_at) as authenticated_at, \
         coalesce(sessions.last_ip_address, sessions.ip_address) as last_ip_address, \
         sessions.imported_at, sessions.credential_is_new, \
         sessions.last_user_agent, sessions.other_user_agent, ",
            user_columns!()
        )
    };
}

macro_rules! select_live {
    ($rest:expr) => {
        concat!(
            "select ",
            columns!(),
            " from main.sessions join main.users on users.id = sessions.user_id where ",
            live!(),
            $rest
        )
    };
}

/// Superseded credentials of live sessions.
macro_rules! select_superseded {
    ($rest:expr) => {
        concat!(
            "select superseded.handle as superseded_handle, superseded.secret_hash as superseded_hash, \
             superseded.is_dead as superseded_is_dead, ",
            columns!(),
            " from main.superseded_credentials as superseded join main.sessions on sessions.id = superseded.session_id \
             join main.users on users.id = sessions.user_id where ",
            live!(),
            $rest
        )
    };
}

/// Sessions that were revoked after `$2` by a live session of the same user, and live sessions, because a
/// revocation may have been undone meanwhile.
macro_rules! select_undoable {
    ($rest:expr) => {
        concat!(
            "select sessions.handle, sessions.user_id, sessions.secret_hash from main.sessions \
             where sessions.expires_at > $1 and (sessions.ended_at is null or sessions.ended_reason = 'revoked' \
             and sessions.ended_at > $2 and not sessions.is_final and exists (select 1 from main.sessions as actor where actor.id = sessions.ended_by \
             and actor.user_id = sessions.user_id and actor.id <> sessions.id \
             and actor.ended_at is null and actor.expires_at > $1))",
            $rest
        )
    };
}

/// Sessions in any state, with the session that ended them.
macro_rules! find_sessions {
    ($where:expr) => {
        concat!(
            "select ",
            columns!(),
            ", sessions.ended_at, sessions.ended_reason, sessions.ended_by, \
             coalesce(actor.last_user_agent, actor.user_agent) as by_user_agent, actor.device_name as by_device_name \
             from main.sessions join main.users on users.id = sessions.user_id \
             left join main.sessions as actor on actor.id = sessions.ended_by where ",
            $where
        )
    };
}

/// The condition that the acting session `$3` of user `$4` is live itself.
macro_rules! actor_is_live {
    () => {
        " and exists (select 1 from main.sessions as actor where actor.id = $3 and actor.user_id = $4 \
         and actor.ended_at is null and actor.expires_at > $1)"
    };
}

/// The latest `$3` entries of a user's history before entry `$2`, only of the kinds `$4` unless that is
/// empty.
macro_rules! select_history {
    ($where:expr) => {
        concat!(
            "select seq, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address, by_session, \
             by_user_agent, by_device_name, detail from main.history where user_id = $1 and seq < $2 and (",
            is_empty!("$4"),
            " or kind ",
            in_list!("$4"),
            ")",
            $where,
            " order by seq desc limit $3"
        )
    };
}

/// The condition for a valid link of a user who is not disabled: `$1` hash, `$2` purpose, `$3` current time.
macro_rules! valid_token {
    () => {
        "token_hash = $1 and purpose = $2 and expires_at > $3 and not exists (select 1 from main.users \
         where users.id = mail_tokens.user_id and users.disabled_at is not null)"
    };
}

/// The id of the account of an email `$1` with the key `$2`. The exact spelling comes first, because there
/// may be two accounts from before keys existed whose addresses have the same key.
macro_rules! user_of_email {
    () => {
        "(select id from main.users where email = $1 and not managed_elsewhere or email = $2 and not managed_elsewhere \
         or email_key = $2 order by email = $1 desc, email = $2 desc limit 1)"
    };
}

/// The condition that deliverer `$2` has the lease of consumer `$1`.
macro_rules! deliverer_has_lease {
    () => {
        " and exists (select 1 from main.outbox_consumers where name = $1 and leased_by = $2)"
    };
}

/// Ends the live sessions that match `$where`: `$1` current time, `$2` reason, `$3` acting session or null.
///
/// Statements that change several sessions lock them in the order of `seq` first, to avoid deadlocks.
macro_rules! end_sessions {
    ($where:expr) => {
        end_sessions!("", $where)
    };
    ($of_user:literal, $where:expr) => {
        concat!(
            "update main.sessions set ended_at = $1, ended_reason = $2, ended_by = $3 where ",
            $of_user,
            "seq in (select seq from main.sessions where ",
            live!(),
            $where,
            locking!(" order by seq for no key update"),
            ") returning id, user_id"
        )
    };
}

/// The same for user `$4`. The condition is repeated so that only one part of a partitioned table is read.
macro_rules! end_sessions_of_user {
    ($where:expr) => {
        end_sessions!("user_id = $4 and ", concat!(" and user_id = $4", $where))
    };
}

/// Passes every statement to a macro: `$name = $sql;`. Expand it where the dialect's macros are in scope.
macro_rules! every_statement {
    ($then:ident) => {
        $then! {
            LiveByHandles = select_live!(concat!(" and sessions.handle ", in_list!("$2")));
            SupersededByHandles = select_superseded!(concat!(" and superseded.handle ", in_list!("$2")));
            UndoableByHandles = select_undoable!(concat!(" and sessions.handle ", in_list!("$3")));
            Find = find_sessions!(concat!("sessions.id ", in_list!("$1")));
            OfUser = find_sessions!(
                "sessions.user_id = $1 \
                 and (cast($2 as boolean) or (sessions.ended_at is null and sessions.expires_at > $3)) \
                 and (cast($4 as text) is null \
                 or sessions.seq < (select seq from main.sessions where id = cast($4 as text))) \
                 order by sessions.seq desc limit $5"
            );
            EndedOfUser = find_sessions!(
                "sessions.user_id = $1 and sessions.ended_at > $2 and sessions.ended_reason <> 'replaced' \
                 order by sessions.ended_at desc, sessions.seq desc limit $3"
            );
            // One statement, so that the numbers are consistent. Sign-ins have no index: live and unmarked
            // sessions are in the index by expiry, the others in the index by end, because no session ends
            // before it begins.
            Statistics = concat!(
                "select 'live sessions' as what, count(*) as number from main.sessions where ",
                live!(),
                " union all select 'live users', count(distinct ",
                unindexed!("user_id"),
                ") from main.sessions where ",
                live!(),
                " union all select 'sign-ins', count(*) from main.sessions \
                 where ended_at is null and expires_at > $2 and created_at > $2 \
                 union all select 'sign-ins', count(*) from main.sessions \
                 where ended_at is not null and ended_at > $2 and created_at > $2 \
                 union all select ended_reason, count(*) from main.sessions \
                 where ended_at is not null and ended_at > $2 group by ended_reason"
            );
            // Sessions begin and end only under the lock of their user. The next statement then sees all
            // earlier changes, and no others follow until the end. Users are always locked in one order, to
            // avoid deadlocks. The lock is weaker than `for update`, so that other tables may insert
            // references to the user.
            LockUser = locking!("select 1 from main.users where id = $1 for no key update");
            LockUsersOf = locking!(
                "select 1 from main.users where id = any(array(select user_id from main.sessions \
                 where id = any($2::text[])) || $1::text) order by id for no key update"
            );
            // Runs before `EndOthers` and `MakeEndsFinal`. Each locks its own rows in order, but not those of
            // both together.
            LockOthers = locking!(
                "select 1 from main.sessions where user_id = $1 and id <> $2 \
                 and (ended_at is null or ended_reason = 'revoked' and not is_final) \
                 order by seq for no key update"
            );
            LiveToFit = concat!(
                "select id, user_id from main.sessions where ",
                live!(),
                " and (user_id = $2 or id ",
                in_list!("$3"),
                ") order by seq",
                locking!(" for no key update")
            );
            EndHeld = end_sessions!(concat!(" and id ", in_list!("$4")));
            EndById = end_sessions_of_user!(concat!(" and id = $5", actor_is_live!()));
            EndByHandle = end_sessions_of_user!(concat!(" and handle = $5", actor_is_live!()));
            EndOthers = end_sessions_of_user!(" and id <> $3");
            EndAll = end_sessions_of_user!("");
            LiveOfEverybody = concat!("select id from main.sessions where ", live!(), " limit $2");
            MakeEndsFinal = concat!(
                "update main.sessions set is_final = true where user_id = $2 and seq in \
                 (select seq from main.sessions where ended_at > $1 and ended_reason = 'revoked' \
                 and not is_final and user_id = $2",
                locking!(" order by seq for no key update"),
                ")"
            );
            MakeAllEndsFinal = concat!(
                "update main.sessions set is_final = true where seq in \
                 (select seq from main.sessions where ended_at > $1 and ended_reason = 'revoked' and not is_final",
                locking!(" order by seq for no key update"),
                ")"
            );
            // `$1` is a JSON array of touches.
            Touch = concat!(
                "update main.sessions set last_active_at = ",
                greatest!("sessions.last_active_at, batch.at"),
                ", last_ip_address = coalesce(batch.ip_address, sessions.last_ip_address), \
                 last_user_agent = coalesce(batch.user_agent, sessions.last_user_agent), \
                 other_user_agent = coalesce(batch.other_user_agent, sessions.other_user_agent) from \
                 (select known.seq, touched.at, touched.ip_address, touched.user_agent, touched.other_user_agent from ",
                touched!(),
                " join main.sessions as known on known.id = touched.session where known.ended_at is null",
                locking!(" order by known.seq for no key update of known"),
                ") as batch where sessions.seq = batch.seq \
                 returning sessions.id, sessions.user_id, sessions.last_active_at"
            );
            // Locks the users too, so that each history has the order of the changes. Rows that another node
            // or request has locked are swept the next time.
            EndExpired = concat!(
                "update main.sessions set ended_at = expires_at, ended_reason = 'expired' where seq ",
                in_first!(
                    "select sessions.seq from ",
                    locking!("main.users join "),
                    "main.sessions ",
                    locking!("on sessions.user_id = users.id "),
                    "where ended_at is null and expires_at <= $1 limit $2",
                    locking!(" for no key update skip locked")
                ),
                " returning id, user_id"
            );
            DeleteEnded = concat!(
                "delete from main.sessions where seq ",
                in_first!(
                    "select seq from main.sessions where ended_at is not null and ended_at <= $1 limit $2",
                    locking!(" for update skip locked")
                )
            );
            History = select_history!("");
            HistoryOfSession = select_history!(" and session_id = $5");
            // `$1` is a JSON array of entries. Missing values are looked up.
            Record = concat!(
                "insert into main.history (user_id, at, kind, session_id, user_agent, device_name, ip_address, \
                 device_ip_address, by_session, by_user_agent, by_device_name, detail) \
                 select batch.user_id, batch.at, batch.kind, batch.session_id, \
                 coalesce(batch.user_agent, subject.last_user_agent, subject.user_agent, ''), subject.device_name, \
                 coalesce(batch.ip_address, actor.last_ip_address, actor.ip_address, ''), \
                 coalesce(case when batch.by_session is null or batch.by_session = batch.session_id \
                 then batch.ip_address end, subject.last_ip_address, subject.ip_address, ''), batch.by_session, \
                 coalesce(actor.last_user_agent, actor.user_agent), actor.device_name, batch.detail from ",
                entries!(),
                " join main.users on users.id = batch.user_id \
                 left join main.sessions as subject on subject.id = batch.session_id \
                 left join main.sessions as actor on actor.id = batch.by_session order by batch.number"
            );
            ForgetHistory = concat!(
                "delete from main.history where seq ",
                in_first!(
                    "select seq from main.history where at <= $1 limit $2",
                    locking!(" for update skip locked")
                )
            );
            ForgetActs = concat!(
                "delete from main.operator_acts where seq ",
                in_first!(
                    "select seq from main.operator_acts where at <= $1 limit $2",
                    locking!(" for update skip locked")
                )
            );
            // Others may read meanwhile but not write, so rows that were read do not change.
            #[cfg(feature = "import-better-auth")]
            LockAll = locking!("lock table main.users, main.passwords, main.sessions in share row exclusive mode");
            // An import takes as long as its number of rows requires.
            #[cfg(feature = "import-better-auth")]
            LiftTimeouts = locking!(
                "select set_config('statement_timeout', '0', true), \
                 set_config('idle_in_transaction_session_timeout', '0', true)"
            );
            #[cfg(feature = "import-better-auth")]
            FollowSession = concat!(
                "update main.sessions set expires_at = ",
                greatest!("expires_at, $2"),
                ", updated_at = ",
                greatest!("updated_at, $3"),
                ", imported_at = $4 where id = $1 and ended_at is null and imported_at is not null"
            );
            #[cfg(feature = "import-better-auth")]
            EndGone = end_sessions!(" and imported_at < $1 and last_active_at <= imported_at");
            // Locks the user, because simultaneous requests must see each other's mails.
            UserToReset = concat!(
                "select id from main.users where disabled_at is null and id = ",
                user_of_email!(),
                locking!(" for no key update")
            );
            // If several nodes start at once, one fills keys at a time.
            LockEmailKeys = locking!("select pg_advisory_xact_lock(hashtext('multi-session email keys'))");
            // In one statement, because nearly all addresses are their own keys.
            SetOwnEmailKeys = concat!(
                "update main.users set email_key = email where id ",
                in_list!("$1"),
                " and email_key is null and not exists (select 1 from main.users as other \
                 where other.email_key = users.email and other.id <> users.id) returning id"
            );
            ClaimMails = concat!(
                "update main.mails set due_at = $2, attempts = attempts + 1 where seq ",
                in_first!(
                    "select seq from main.mails where due_at <= $1 and kind ",
                    in_list!("$4"),
                    " order by due_at limit $3",
                    locking!(" for update skip locked")
                ),
                " returning seq"
            );
            Mails = concat!(
                "select mails.seq, mails.user_id, mails.kind, mails.session_id, mails.redirect_to, mails.created_at, \
                 mails.attempts, ",
                user_columns!(),
                " from main.mails join main.users on users.id = mails.user_id where mails.seq ",
                in_list!("$1", "bigint"),
                " order by mails.seq"
            );

            LiveOfUser = select_live!(" and sessions.user_id = $2 order by sessions.seq desc");
            FindByHandle = find_sessions!("sessions.handle = $1");
            FindUser = concat!("select users.id, ", user_columns!(), " from main.users where users.id = $1");
            StoredPassword = concat!(
                "select users.id, ",
                user_columns!(),
                ", users.disabled_at, users.two_factor, users.credential_epoch, users.locked_at, \
                 passwords.hash as password_hash from main.users left join main.passwords on passwords.user_id = users.id where users.id = ",
                user_of_email!()
            );
            HasPassword = "select 1 from main.passwords where user_id = $1";
            Epoch = "select credential_epoch from main.users where id = $1";
            AccountStatus = "select users.locked_at, (select count(*) from main.history where history.user_id = $1 \
                             and history.kind = 'password_refused' and history.detail is null \
                             and history.session_id is null and history.at > $2) as refused \
                             from main.users where users.id = $1";
            OtherAccountOfEmail = "select 1 from main.users where (email = $1 and not managed_elsewhere \
                                   or email = $2 and not managed_elsewhere or email_key = $2) and id <> $3";
            #[cfg(feature = "import-better-auth")]
            InsertUser = "insert into main.users (id, email, name, image, email_verified, created_at, updated_at, email_key) \
                          values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
            InsertSubject = "insert into main.users (id, email, name, image, created_at, updated_at, managed_elsewhere) \
                             values ($1, $2, $3, $4, $5, $5, true) on conflict do nothing";
            FollowSubject = "update main.users set email = $2, name = $3, image = $4, updated_at = $5 where id = $1";
            MakeAccount = "update main.users set email = $2, email_key = $3, managed_elsewhere = false \
                           where id = $1 and managed_elsewhere";
            UsersWithoutKey = "select id, email from main.users where email_key is null and not managed_elsewhere and id > $1 \
                               order by id limit $2";
            // Only if no other user has the key or will get it.
            SetEmailKey = "update main.users set email_key = $2 where id = $1 and email_key is null and not exists \
                           (select 1 from main.users as other where (other.email_key = $2 \
                           or other.email = $2 and not other.managed_elsewhere) and other.id <> $1)";
            InsertPassword = "insert into main.passwords (user_id, hash, updated_at) values ($1, $2, $3)";
            InsertSession = "insert into main.sessions (id, user_id, handle, secret_hash, ip_address, user_agent, remember, \
                             created_at, updated_at, last_active_at, expires_at, shared_computer, new_device, \
                             signed_in_with) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9, $10, $11, $12)";
            KnownDevices = "select device_key, seen_at, is_forgotten from main.known_devices where user_id = $1";
            IsKnownDevice = concat!(
                "select 1 from main.known_devices where device_key = $3 and not is_forgotten and user_id = ",
                user_of_email!()
            );
            RememberDevice = "insert into main.known_devices (user_id, device_key, seen_at) values ($1, $2, $3) \
                              on conflict (user_id, device_key) do update set seen_at = excluded.seen_at, \
                              is_forgotten = excluded.is_forgotten";
            // All except the hundred most recent ones.
            DropOldDevices = "delete from main.known_devices where user_id = $1 and seen_at < \
                              (select seen_at from main.known_devices where user_id = $1 order by seen_at desc \
                              limit 1 offset 99)";
            ForgetDevices = "update main.known_devices set is_forgotten = true where user_id = $1";
            ChangePassword =
                "update main.passwords set hash = $3, updated_at = $4 where user_id = $1 and hash = $2 and locked_at is null";
            IsLive = concat!("select 1 from main.sessions where ", live!(), " and id = $2 and user_id = $3");
            Extend = concat!(
                "update main.sessions set expires_at = $2, updated_at = $1 where ",
                live!(),
                " and id = $3 and expires_at = $4"
            );
            Rename = concat!(
                "update main.sessions set device_name = $2 where ",
                live!(),
                " and user_id = $4 and id = $5",
                actor_is_live!()
            );
            // Runs before the name changes, so that the entry has the old label.
            RecordName = concat!(
                "insert into main.history (user_id, at, kind, session_id, user_agent, device_name, ip_address, \
                 device_ip_address, by_session, by_user_agent, by_device_name, detail) \
                 select sessions.user_id, $1, 'renamed', sessions.id, coalesce(sessions.last_user_agent, sessions.user_agent), \
                 sessions.device_name, coalesce(actor.last_ip_address, actor.ip_address), \
                 coalesce(sessions.last_ip_address, sessions.ip_address), actor.id, \
                 coalesce(actor.last_user_agent, actor.user_agent), actor.device_name, $2 \
                 from main.sessions join main.sessions as actor on actor.id = $3 and actor.user_id = sessions.user_id where ",
                live!(),
                " and actor.ended_at is null and actor.expires_at > $1 and sessions.user_id = $4 and sessions.id = $5 \
                 and sessions.device_name is distinct from $2"
            );
            Recognize = concat!(
                "update main.sessions set new_device = false where ",
                live!(),
                " and user_id = $4 and id = $5 and new_device and exists (select 1 from main.sessions as known where known.id = $3 \
                 and known.user_id = $4 and known.seq < sessions.seq and not (known.new_device and known.created_at > $2))",
                actor_is_live!()
            );
            IsNewDevice = concat!(
                "select new_device from main.sessions where ",
                live!(),
                " and id = $2 and user_id = $4",
                actor_is_live!()
            );
            Prove = concat!(
                "update main.sessions set handle = $4, secret_hash = $5, credential_is_new = true, expires_at = $6, \
                 updated_at = $1, authenticated_at = $1, authenticated_with = $7 where ",
                live!(),
                " and id = $2 and user_id = $3"
            );
            UseCredential = "update main.sessions set credential_is_new = false \
                             where id = $1 and user_id = $2 and handle = $3 and credential_is_new";
            UndoRevoke = concat!(
                "update main.sessions set ended_at = null, ended_reason = null, ended_by = null, \
                 undone_at = case when $1 > ended_at then $1 else ended_at end \
                 where ended_reason = 'revoked' and ended_by = $3 and ended_at > $2 and ended_at < 2 * $1 - $2 \
                 and not is_final and expires_at > $1 \
                 and user_id = $4 and id = $5 and id <> $3",
                actor_is_live!(),
                " and not exists (select 1 from main.history where history.user_id = $4 \
                 and history.kind in ('password_changed', 'reported') and history.seq > coalesce((select max(ends.seq) \
                 from main.history as ends where ends.session_id = $5 and ends.kind = 'ended'), 0)) \
                 and (select count(*) from main.sessions as others where others.user_id = $4 and others.ended_at is null \
                 and others.expires_at > $1) < $6"
            );
            MakeEndFinal = "update main.sessions set is_final = true where id = $1 and ended_reason = 'revoked' and not is_final";
            #[cfg(feature = "import-better-auth")]
            UserUpdatedAt = "select updated_at from main.users where id = $1";
            #[cfg(feature = "import-better-auth")]
            UpdateUser = "update main.users set email = $2, name = $3, image = $4, email_verified = $5, created_at = $6, \
                          updated_at = $7, email_key = $8, managed_elsewhere = false where id = $1";
            #[cfg(feature = "import-better-auth")]
            PasswordHash = "select hash from main.passwords where user_id = $1";
            #[cfg(feature = "import-better-auth")]
            FollowPassword = "update main.passwords set hash = $2, updated_at = $3 where user_id = $1";
            #[cfg(feature = "import-better-auth")]
            SessionToFollow = "select id, expires_at from main.sessions where id = $1 or handle = $2";
            #[cfg(feature = "import-better-auth")]
            InsertImportedSession = "insert into main.sessions (id, user_id, handle, secret_hash, ip_address, user_agent, \
                                     remember, created_at, updated_at, last_active_at, expires_at, imported_at) \
                                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)";
            ForgetUser = "delete from main.users where id = $1";
            KnownUser = concat!(
                "select users.id, ",
                user_columns!(),
                ", users.managed_elsewhere, users.disabled_at, users.ban_imported_at, users.two_factor, \
                 users.credential_epoch, users.locked_at from main.users where users.id = $1"
            );
            // Triggers in the database increment the epoch for changes of `disabled_at` and `locked_at`.
            CredentialsChanged = concat!(
                "update main.users set credential_epoch = credential_epoch + 1, locked_at = null, updated_at = ",
                greatest!("updated_at, $2"),
                " where id = $1"
            );
            LockAccount = "update main.users set locked_at = $2 where id = $1 and locked_at is null";
            #[cfg(feature = "import-better-auth")]
            NoteBan = "update main.users set ban_imported_at = $2 where id = $1";
            #[cfg(feature = "import-better-auth")]
            SetTwoFactor = "update main.users set two_factor = $2 where id = $1";
            WaiveTwoFactor = "update main.users set two_factor = 'waived' where id = $1 and two_factor = 'required'";
            DisableUser = "update main.users set disabled_at = $2 where id = $1 and disabled_at is null";
            EnableUser = "update main.users set disabled_at = null where id = $1 and disabled_at is not null";
            RecordAct = "insert into main.operator_acts (at, operator, act, user_id, session_id, ended) \
                         values ($1, $2, $3, $4, $5, $6)";
            OperatorActs = "select seq, at, operator, act, user_id, session_id, ended from main.operator_acts \
                            where seq < $1 order by seq desc limit $2";
            Ping = "select 1";
            #[cfg(feature = "test-support")]
            OrderOfCreation = "select id from main.sessions where seq > $1 order by seq";
            Resets = "select redirect_to, created_at as sent_at from main.mail_tokens \
                      where user_id = $1 and purpose = 'reset-password' and created_at > $2 \
                      union all select redirect_to, null as sent_at from main.mails \
                      where user_id = $1 and kind = 'password-reset'";
            InsertReset = "insert into main.mails (user_id, kind, redirect_to, created_at, due_at) \
                           values ($1, 'password-reset', $2, $3, $3)";
            CheckWrites = "insert into main.write_checks (id, number) values (1, 1) \
                           on conflict (id) do update set number = write_checks.number + 1";
            InsertMail = "insert into main.mails (user_id, kind, session_id, created_at, due_at) values ($1, $2, $3, $4, $4)";
            // No mail is postponed that far, unless the clock was set back since.
            DueMailsFromTheFuture = "update main.mails set due_at = $1 where due_at > $2";
            // By the index of all that are due.
            CountMails = "select count(*) as number from main.mails where due_at >= $1";
            DropMail = "delete from main.mails where seq = $1";
            PutOffMail = "update main.mails set due_at = $2 where seq = $1";
            DropMailsToReset =
                "delete from main.mails where user_id = $1 and kind in ('password-reset', 'password-locked')";
            InsertToken = "insert into main.mail_tokens (token_hash, user_id, purpose, session_id, created_at, expires_at, \
                           redirect_to) values ($1, $2, $3, $4, $5, $6, $7)";
            FindToken = concat!(
                "select token_hash, user_id, purpose, session_id, redirect_to, created_at, expires_at from main.mail_tokens where ",
                valid_token!()
            );
            // Once: of two who use it at the same time one finds a row.
            UseToken = concat!("delete from main.mail_tokens where ", valid_token!());
            DeleteTokens = "delete from main.mail_tokens where user_id = $1";
            SweepTokens = concat!(
                "delete from main.mail_tokens where token_hash ",
                in_first!("select token_hash from main.mail_tokens where expires_at <= $1 limit $2")
            );
            SetPassword = "insert into main.passwords (user_id, hash, updated_at) values ($1, $2, $3) \
                           on conflict (user_id) do update set hash = excluded.hash, updated_at = excluded.updated_at, \
                           locked_at = null";
            InsertTicket = "insert into main.sign_in_tickets (token_hash, user_id, credential_epoch, remember, \
                            shared_computer, signed_in_with, expires_at) values ($1, $2, $3, $4, $5, $6, $7)";
            // Locking or disabling a user begins a new epoch too, so the epoch is the only condition.
            FindTicket = "select token_hash, user_id, sign_in_tickets.credential_epoch, remember, shared_computer, \
                          signed_in_with, expires_at from main.sign_in_tickets \
                          join main.users on users.id = sign_in_tickets.user_id \
                          and users.credential_epoch = sign_in_tickets.credential_epoch \
                          where token_hash = $1 and expires_at > $2";
            // Once: of two who use it at the same time one finds a row.
            UseTicket = "delete from main.sign_in_tickets where token_hash = $1 and expires_at > $2";
            SweepTickets = concat!(
                "delete from main.sign_in_tickets where token_hash ",
                in_first!("select token_hash from main.sign_in_tickets where expires_at <= $1 limit $2")
            );
            IsConsumer = "select 1 from main.outbox_consumers where name = $1";
            AddConsumer = "insert into main.outbox_consumers (name) values ($1) on conflict do nothing";
            // Waits for uncommitted changes that have read the list of consumers, and blocks new ones.
            LockOutbox = locking!("lock table main.outbox in share row exclusive mode");
            RemoveConsumer = "delete from main.outbox_consumers where name = $1";
            DropEventsOfConsumer = concat!(
                "delete from main.outbox where seq ",
                in_first!("select seq from main.outbox where consumer = $1 limit $2")
            );
            LeaseConsumer = "update main.outbox_consumers set leased_by = $2, lease_until = $4 where name = $1 \
                             and (leased_by is null or leased_by = $2 or lease_until <= $3 or lease_until > $5)";
            ReleaseConsumer = "update main.outbox_consumers set leased_by = null, lease_until = null \
                               where name = $1 and leased_by = $2";
            // Goes from user to user in the index until there are enough events, so that a user with many
            // events costs no more than others.
            DueEvents = concat!(
                "with recursive firsts as (\
                 select outbox.* from main.outbox where seq = (select seq from main.outbox \
                 where consumer = $1 and is_given_up = false and user_id > $3",
                deliverer_has_lease!(),
                " order by user_id, seq limit 1) union all \
                 select outbox.* from firsts join main.outbox on outbox.seq = (select later.seq from main.outbox as later \
                 where later.consumer = $1 and later.is_given_up = false and later.user_id > firsts.user_id \
                 order by later.user_id, later.seq limit 1)) \
                 select seq, user_id, at, kind, session_id, by_session, detail, attempts, written_at from firsts \
                 where due_at is null or due_at <= $4 or due_at > $5 limit $6"
            );
            DropEvents = concat!(
                "delete from main.outbox where ",
                unindexed!("consumer"),
                " = $1 and seq ",
                in_list!("$3", "bigint"),
                deliverer_has_lease!()
            );
            FailEvent = concat!(
                "update main.outbox set attempts = attempts + 1, due_at = $4, is_given_up = $5, last_error = $6 \
                 where consumer = $1 and seq = $3",
                deliverer_has_lease!()
            );
            RetryPutOff = "update main.outbox set attempts = 0, due_at = null \
                           where consumer = $1 and is_given_up = false and due_at is not null";
            RetryGivenUp = concat!(
                "update main.outbox set attempts = 0, is_given_up = false where seq ",
                in_first!("select seq from main.outbox where consumer = $1 and is_given_up = true limit $2")
            );
            // Every name is above the empty text; the condition makes SQLite use the index.
            Consumers = "select name, count(case when is_given_up = false then 1 end) as waiting, \
                         count(case when is_given_up = false and attempts > 0 then 1 end) as failing, \
                         count(case when is_given_up = true then 1 end) as given_up, min(written_at) as oldest, \
                         (select failed.last_error from main.outbox as failed where failed.consumer = name \
                         and failed.last_error is not null order by coalesce(failed.due_at, 0) desc, failed.seq limit 1) \
                         as last_error from main.outbox_consumers left join main.outbox on consumer = name \
                         where name > '' group by name order by name";
            // Locks no rows that stay. Every `seq` is above 0; the condition makes SQLite use the index.
            ForgetEvents = concat!(
                "delete from main.outbox where seq ",
                in_first!(
                    "select seq from main.outbox where written_at <= $1 and seq ",
                    in_first!("select seq from main.outbox where seq > 0 order by seq limit $2"),
                    locking!(" for update skip locked")
                )
            );
            IsAnotherOfUser = "select 1 from main.sessions where id = $1 and user_id = $2 and id <> $3";
            Rotate = concat!(
                "update main.sessions set handle = $4, secret_hash = $5, credential_is_new = false where ",
                live!(),
                " and id = $2 and user_id = $3"
            );
        }
    };
}

macro_rules! names {
    ($($(#[$cfg:meta])? $name:ident = $sql:expr;)*) => {
        /// The names of the statements.
        #[derive(Clone, Copy, Debug)]
        pub enum Statement {
            $($(#[$cfg])? $name,)*
        }

        impl Statement {
            /// Every statement in the order of [`texts!`].
            pub(in crate::store) const ALL: &[Self] = &[$($(#[$cfg])? Self::$name),*];

            /// Its name.
            pub(in crate::store) const fn name(self) -> &'static str {
                match self {
                    $($(#[$cfg])? Self::$name => stringify!($name),)*
                }
            }
        }
    };
}
every_statement!(names);

impl Statement {
    /// Its name as a label of metrics, as in `live_by_handles`.
    pub(in crate::store) fn operation(self) -> &'static str {
        static OPERATIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
            Statement::ALL.iter().map(|statement| in_snake_case(statement.name())).collect()
        });
        &OPERATIONS[self as usize]
    }
}

fn in_snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// The texts of all statements in the dialect of the module that it is called in.
macro_rules! texts {
    ($($(#[$cfg:meta])? $name:ident = $sql:expr;)*) => {
        /// The text of each statement, in the order of their names.
        pub(super) const TEXTS: &[&str] = &[$($(#[$cfg])? $sql),*];
    };
}

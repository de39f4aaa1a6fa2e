-- no-transaction
-- Users whom another system keeps have sessions here and no account: their addresses, which are only shown, need not be
-- unique, and may be empty. SQLite cannot drop a unique constraint, so the table is built anew. That takes foreign keys
-- that are off, which cannot be changed in a transaction. If it is cut off, it is run again: nothing below depends on
-- whether it was run before.
pragma foreign_keys = off;

begin immediate;

create table users_rebuilt (
    id text not null primary key,
    email text not null,
    name text not null,
    image text,
    email_verified integer not null default 0 check (email_verified in (0, 1)),
    created_at integer not null,
    updated_at integer not null,
    disabled_at integer,
    email_key text,
    ban_imported_at integer,
    two_factor text check (two_factor in ('required', 'waived')),
    -- Whether the profile is another system's, and the user has no account here.
    managed_elsewhere integer not null default 0 check (managed_elsewhere in (0, 1)),
    -- How often a credential of the user has changed; a user who is stored has 1 at least.
    credential_epoch integer not null default 1,
    -- When a sign-in was reported: nobody signs in until a credential has changed.
    locked_at integer
) strict, without rowid;

insert into users_rebuilt (id, email, name, image, email_verified, created_at, updated_at, disabled_at, email_key,
    ban_imported_at, two_factor, locked_at)
select id, email, name, image, email_verified, created_at, updated_at, disabled_at, email_key, ban_imported_at,
    two_factor, (select passwords.locked_at from passwords where passwords.user_id = users.id)
from users;

drop table users;
alter table users_rebuilt rename to users;

create unique index users_by_email on users (email) where not managed_elsewhere;
create unique index users_by_email_key on users (email_key);

-- Fails where a row of another table has lost its user.
create temp table lost_users (number integer not null check (number = 0));
insert into lost_users select count(*) from pragma_foreign_key_check;
drop table lost_users;

commit;

pragma foreign_keys = on;

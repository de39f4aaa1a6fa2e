-- Users whom another system keeps have sessions here and no account: their addresses, which are only shown, need not be
-- unique, and may be empty.
alter table users
    -- Whether the profile is another system's, and the user has no account here.
    add column managed_elsewhere boolean not null default false,
    -- How often a credential of the user has changed; a user who is stored has 1 at least.
    add column credential_epoch bigint not null default 1,
    -- When a sign-in was reported: nobody signs in until a credential has changed.
    add column locked_at bigint;

update users set locked_at = passwords.locked_at from passwords
where passwords.user_id = users.id and passwords.locked_at is not null;

alter table users drop constraint users_email_key;
create unique index users_by_email on users (email) where not managed_elsewhere;

drop index users_without_email_key;
create index users_without_email_key on users (id) where email_key is null and not managed_elsewhere;

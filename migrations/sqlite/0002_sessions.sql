-- `seq` is the order of creation: it decides which session is the oldest, whatever the clock did.
create table sessions (
    seq integer primary key autoincrement,
    id text not null unique,
    user_id text not null references users (id) on delete cascade,
    handle text not null unique,
    secret_hash blob not null check (length(secret_hash) = 32),
    ip_address text not null,
    user_agent text not null,
    remember integer not null check (remember in (0, 1)),
    created_at integer not null,
    updated_at integer not null,
    last_active_at integer not null,
    expires_at integer not null,
    ended_at integer,
    ended_reason text,
    ended_by text,
    check ((ended_at is null) = (ended_reason is null))
) strict;

create index sessions_by_user on sessions (user_id, ended_at, seq);
create index sessions_by_expiry on sessions (expires_at) where ended_at is null;
create index sessions_by_end on sessions (ended_at) where ended_at is not null;

-- An ended session is never live again: not by a bug, not by hand.
create trigger sessions_stay_ended before update on sessions
when old.ended_at is not null and (new.ended_at is not old.ended_at or new.expires_at > old.expires_at)
begin
    select raise(abort, 'an ended session stays ended');
end;

-- `seq` is the order of creation: it decides which session is the oldest, whatever the clock did.
create table sessions (
    seq bigint generated always as identity primary key,
    id text not null unique,
    user_id text not null references users (id) on delete cascade,
    handle text not null unique,
    secret_hash bytea not null check (octet_length(secret_hash) = 32),
    ip_address text not null,
    user_agent text not null,
    remember boolean not null,
    created_at bigint not null,
    updated_at bigint not null,
    last_active_at bigint not null,
    expires_at bigint not null,
    ended_at bigint,
    ended_reason text,
    ended_by text,
    check ((ended_at is null) = (ended_reason is null))
);

create index sessions_by_user on sessions (user_id, ended_at, seq);
create index sessions_by_expiry on sessions (expires_at) where ended_at is null;
create index sessions_by_end on sessions (ended_at) where ended_at is not null;

-- An ended session is never live again: not by a bug, not by hand.
create function keep_ended_session() returns trigger language plpgsql as $$
begin
    raise exception 'an ended session stays ended' using errcode = 'check_violation';
end
$$;
create trigger sessions_stay_ended before update on sessions for each row
when (old.ended_at is not null and (new.ended_at is distinct from old.ended_at or new.expires_at > old.expires_at))
execute function keep_ended_session();

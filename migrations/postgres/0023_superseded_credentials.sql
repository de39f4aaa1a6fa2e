-- The credentials that a session had before its present one, the last eight of each. They open nothing, but for the time
-- below, and tell which session a late answer has made active.
create table superseded_credentials (
    seq bigint generated always as identity primary key,
    handle text not null unique,
    secret_hash bytea not null check (length(secret_hash) = 32),
    -- No foreign key: where `sessions` is split into parts its id alone is not unique. A trigger deletes what is left.
    session_id text not null,
    -- A later one was used, so this one never acts again.
    is_dead boolean not null default false
);

create index superseded_credentials_by_session on superseded_credentials (session_id, seq);

-- Whether no request has used the present credential since it took another one's place. Its answer may be lost: until
-- then those before it act as the session too.
alter table sessions add column credential_is_new boolean not null default false;

-- Whoever replaces a credential, also a node of the version before.
create function keep_superseded_credential() returns trigger language plpgsql as $$
begin
    update superseded_credentials set is_dead = true where session_id = old.id and not old.credential_is_new;
    insert into superseded_credentials (handle, secret_hash, session_id) values (old.handle, old.secret_hash, old.id);
    delete from superseded_credentials where session_id = old.id and seq <= (
        select seq from superseded_credentials where session_id = old.id order by seq desc limit 1 offset 8);
    return null;
end
$$;
create trigger sessions_keep_superseded_credentials after update of handle on sessions for each row
when (new.handle is distinct from old.handle)
execute function keep_superseded_credential();

create function forget_superseded_credentials() returns trigger language plpgsql as $$
begin
    delete from superseded_credentials where session_id = old.id;
    return null;
end
$$;
create trigger sessions_forget_superseded_credentials after delete on sessions for each row
execute function forget_superseded_credentials();

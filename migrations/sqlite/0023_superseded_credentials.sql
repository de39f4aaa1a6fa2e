-- The credentials that a session had before its present one, the last eight of each. They open nothing, but for the time
-- below, and tell which session a late answer has made active.
create table superseded_credentials (
    seq integer primary key autoincrement,
    handle text not null unique,
    secret_hash blob not null check (length(secret_hash) = 32),
    session_id text not null references sessions (id) on delete cascade,
    -- A later one was used, so this one never acts again.
    is_dead integer not null default 0 check (is_dead in (0, 1))
) strict;

create index superseded_credentials_by_session on superseded_credentials (session_id, seq);

-- Whether no request has used the present credential since it took another one's place. Its answer may be lost: until
-- then those before it act as the session too.
alter table sessions add column credential_is_new integer not null default 0 check (credential_is_new in (0, 1));

-- Whoever replaces a credential, also a node of the version before.
create trigger sessions_keep_superseded_credentials after update of handle on sessions
when new.handle is not old.handle
begin
    update superseded_credentials set is_dead = 1 where session_id = old.id and old.credential_is_new = 0;
    insert into superseded_credentials (handle, secret_hash, session_id) values (old.handle, old.secret_hash, old.id);
    delete from superseded_credentials where session_id = old.id and seq <= (
        select seq from superseded_credentials where session_id = old.id order by seq desc limit 1 offset 8);
end;

-- Those who get the events, each by its own name.
create table outbox_consumers (
    name text not null primary key,
    -- The node that delivers to it, and until when no other node does.
    leased_by text,
    lease_until integer
) strict, without rowid;

-- Events that are not delivered yet, a row for each consumer. Events outlive their users, so there is no foreign key.
create table outbox (
    seq integer primary key autoincrement,
    consumer text not null,
    user_id text not null,
    at integer not null,
    kind text not null,
    session_id text,
    by_session text,
    detail text,
    written_at integer not null,
    attempts integer not null default 0,
    -- When its delivery is tried again; null before the first failure.
    due_at integer
) strict;

create index outbox_by_user on outbox (consumer, user_id, seq);

-- Every change writes the history in its own transaction, so it writes the outbox too, also on a node of the version before.
create trigger outbox_of_history after insert on history
when new.kind in ('signed_in', 'new_device', 'reauthenticated', 'renamed', 'ended', 'revoke_undone', 'password_changed',
    'reported', 'disabled', 'enabled')
begin
    insert into outbox (consumer, user_id, at, kind, session_id, by_session, detail, written_at)
    select name, new.user_id, new.at, new.kind, new.session_id, new.by_session, new.detail, unixepoch() * 1000
    from outbox_consumers;
end;

-- An erasure deletes the user's events, and is one itself.
create trigger outbox_of_erasures after delete on users
begin
    delete from outbox where consumer in (select name from outbox_consumers) and user_id = old.id;
    insert into outbox (consumer, user_id, at, kind, written_at)
    select name, old.id, unixepoch() * 1000, 'erased', unixepoch() * 1000 from outbox_consumers;
end;

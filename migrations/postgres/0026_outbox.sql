-- Those who get the events, each by its own name.
create table outbox_consumers (
    name text not null primary key,
    -- The node that delivers to it, and until when no other node does.
    leased_by text,
    lease_until bigint
);

-- Events that are not delivered yet, a row for each consumer. Events outlive their users, so there is no foreign key.
create table outbox (
    seq bigint generated always as identity primary key,
    consumer text not null,
    user_id text not null,
    at bigint not null,
    kind text not null,
    session_id text,
    by_session text,
    detail text,
    written_at bigint not null default (extract(epoch from clock_timestamp()) * 1000)::bigint,
    attempts bigint not null default 0,
    -- When its delivery is tried again; null before the first failure.
    due_at bigint
);

create index outbox_by_user on outbox (consumer, user_id, seq);

-- Every change writes the history in its own transaction, so it writes the outbox too, also on a node of the version before.
create function write_outbox() returns trigger language plpgsql as $$
begin
    insert into outbox (consumer, user_id, at, kind, session_id, by_session, detail)
    select name, new.user_id, new.at, new.kind, new.session_id, new.by_session, new.detail
    from outbox_consumers;
    return null;
end
$$;
create trigger outbox_of_history after insert on history for each row
when (new.kind in ('signed_in', 'new_device', 'reauthenticated', 'renamed', 'ended', 'revoke_undone', 'password_changed',
    'reported', 'disabled', 'enabled'))
execute function write_outbox();

-- An erasure deletes the user's events, and is one itself.
create function write_outbox_of_erasure() returns trigger language plpgsql as $$
begin
    delete from outbox where consumer in (select name from outbox_consumers) and user_id = old.id;
    insert into outbox (consumer, user_id, at, kind)
    select name, old.id, (extract(epoch from clock_timestamp()) * 1000)::bigint, 'erased'
    from outbox_consumers;
    return null;
end
$$;
create trigger outbox_of_erasures after delete on users for each row execute function write_outbox_of_erasure();

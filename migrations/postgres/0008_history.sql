-- What happened to each account, for its person. Rows are added and never changed; they go when their time is over, and
-- with their user. A session's own words are copied, since it is kept for a shorter time than what happened to it.
create table history (
    seq bigint generated always as identity primary key,
    user_id text not null references users (id) on delete cascade,
    at bigint not null,
    kind text not null,
    session_id text,
    user_agent text not null,
    device_name text,
    ip_address text not null,
    by_session text,
    by_user_agent text,
    by_device_name text,
    detail text
);

create index history_by_user on history (user_id, seq);
create index history_by_session on history (session_id, seq) where session_id is not null;
create index history_by_time on history (at);

create function keep_history() returns trigger language plpgsql as $$
begin
    raise exception 'history is never rewritten' using errcode = 'check_violation';
end
$$;
create trigger history_is_never_rewritten before update on history for each row execute function keep_history();

-- The last address that the session made a request from, where it is another one than it began with.
alter table sessions add column last_ip_address text;

-- What happens to a session is written with it, whoever changes the row: no act can forget to.
create function write_history_of_sign_in() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address)
    values (new.user_id, new.created_at, 'signed_in', new.id, new.user_agent, new.device_name, new.ip_address);
    return null;
end
$$;
create trigger history_of_sign_ins after insert on sessions for each row execute function write_history_of_sign_in();

create function write_history_of_end() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, by_session, by_user_agent,
        by_device_name, detail)
    select new.user_id, new.ended_at, 'ended', new.id, new.user_agent, new.device_name,
        coalesce(actor.last_ip_address, actor.ip_address, ''), new.ended_by, actor.user_agent, actor.device_name,
        new.ended_reason
    from (select) as one left join sessions as actor on actor.id = new.ended_by;
    return null;
end
$$;
create trigger history_of_ends after update of ended_at on sessions for each row
when (old.ended_at is null and new.ended_at is not null)
execute function write_history_of_end();

create function write_history_of_reauthentication() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, by_session, by_user_agent,
        by_device_name)
    values (new.user_id, new.authenticated_at, 'reauthenticated', new.id, new.user_agent, new.device_name,
        coalesce(new.last_ip_address, new.ip_address), new.id, new.user_agent, new.device_name);
    return null;
end
$$;
create trigger history_of_reauthentications after update of authenticated_at on sessions for each row
when (new.authenticated_at is distinct from old.authenticated_at)
execute function write_history_of_reauthentication();

create function write_history_of_address() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, by_session, by_user_agent,
        by_device_name, detail)
    values (new.user_id, new.last_active_at, 'address_changed', new.id, new.user_agent, new.device_name,
        new.last_ip_address, new.id, new.user_agent, new.device_name, coalesce(old.last_ip_address, old.ip_address));
    return null;
end
$$;
create trigger history_of_addresses after update of last_ip_address on sessions for each row
when (new.last_ip_address <> coalesce(old.last_ip_address, old.ip_address))
execute function write_history_of_address();

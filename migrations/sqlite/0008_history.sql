-- What happened to each account, for its person. Rows are added and never changed; they go when their time is over, and
-- with their user. A session's own words are copied, since it is kept for a shorter time than what happened to it.
create table history (
    seq integer primary key autoincrement,
    user_id text not null references users (id) on delete cascade,
    at integer not null,
    kind text not null,
    session_id text,
    user_agent text not null,
    device_name text,
    ip_address text not null,
    by_session text,
    by_user_agent text,
    by_device_name text,
    detail text
) strict;

create index history_by_user on history (user_id, seq);
create index history_by_session on history (session_id, seq) where session_id is not null;
create index history_by_time on history (at);

create trigger history_is_never_rewritten before update on history
begin
    select raise(abort, 'history is never rewritten');
end;

-- The last address that the session made a request from, where it is another one than it began with.
alter table sessions add column last_ip_address text;

-- What happens to a session is written with it, whoever changes the row: no act can forget to.
create trigger history_of_sign_ins after insert on sessions
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address)
    values (new.user_id, new.created_at, 'signed_in', new.id, new.user_agent, new.device_name, new.ip_address);
end;

create trigger history_of_ends after update of ended_at on sessions
when old.ended_at is null and new.ended_at is not null
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, by_session, by_user_agent,
        by_device_name, detail)
    select new.user_id, new.ended_at, 'ended', new.id, new.user_agent, new.device_name,
        coalesce(actor.last_ip_address, actor.ip_address, ''), new.ended_by, actor.user_agent, actor.device_name,
        new.ended_reason
    from (select 1) left join sessions as actor on actor.id = new.ended_by;
end;

create trigger history_of_reauthentications after update of authenticated_at on sessions
when new.authenticated_at is not old.authenticated_at
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, by_session, by_user_agent,
        by_device_name)
    values (new.user_id, new.authenticated_at, 'reauthenticated', new.id, new.user_agent, new.device_name,
        coalesce(new.last_ip_address, new.ip_address), new.id, new.user_agent, new.device_name);
end;

create trigger history_of_addresses after update of last_ip_address on sessions
when new.last_ip_address <> coalesce(old.last_ip_address, old.ip_address)
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, by_session, by_user_agent,
        by_device_name, detail)
    values (new.user_id, new.last_active_at, 'address_changed', new.id, new.user_agent, new.device_name,
        new.last_ip_address, new.id, new.user_agent, new.device_name, coalesce(old.last_ip_address, old.ip_address));
end;

-- `sessions` first, as requests lock it before the history.

-- What the session's browser calls itself since an update; null while it is as at the sign-in.
alter table sessions add column last_user_agent text;
-- The last user agent that used the session and is of another browser.
alter table sessions add column other_user_agent text;
-- Where the device of an entry was; `ip_address` stays the address that it was done from. Null in entries that were written
-- before, and in those of nodes of the previous version.
alter table history add column device_ip_address text;

create or replace function write_history_of_sign_in() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address)
    values (new.user_id, new.created_at, 'signed_in', new.id, new.user_agent, new.device_name, new.ip_address,
        new.ip_address);
    if new.new_device then
        insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address)
        values (new.user_id, new.created_at, 'new_device', new.id, new.user_agent, new.device_name, new.ip_address,
            new.ip_address);
    end if;
    return null;
end
$$;

create or replace function write_history_of_end() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address,
        by_session, by_user_agent, by_device_name, detail)
    select new.user_id, new.ended_at, 'ended', new.id, coalesce(new.last_user_agent, new.user_agent), new.device_name,
        coalesce(actor.last_ip_address, actor.ip_address, ''), coalesce(new.last_ip_address, new.ip_address),
        new.ended_by, coalesce(actor.last_user_agent, actor.user_agent), actor.device_name, new.ended_reason
    from (select) as one left join sessions as actor on actor.id = new.ended_by;
    return null;
end
$$;

create or replace function write_history_of_reauthentication() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address,
        by_session, by_user_agent, by_device_name)
    values (new.user_id, new.authenticated_at, 'reauthenticated', new.id,
        coalesce(new.last_user_agent, new.user_agent), new.device_name,
        coalesce(new.last_ip_address, new.ip_address), coalesce(new.last_ip_address, new.ip_address), new.id,
        coalesce(new.last_user_agent, new.user_agent), new.device_name);
    return null;
end
$$;

create or replace function write_history_of_address() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address,
        by_session, by_user_agent, by_device_name, detail)
    values (new.user_id, new.last_active_at, 'address_changed', new.id,
        coalesce(new.last_user_agent, new.user_agent), new.device_name, new.last_ip_address, new.last_ip_address,
        new.id, coalesce(new.last_user_agent, new.user_agent), new.device_name,
        coalesce(old.last_ip_address, old.ip_address));
    return null;
end
$$;

create or replace function write_history_of_undoing() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address,
        by_session, by_user_agent, by_device_name)
    select new.user_id, new.undone_at, 'revoke_undone', new.id, coalesce(new.last_user_agent, new.user_agent),
        new.device_name, coalesce(actor.last_ip_address, actor.ip_address, ''),
        coalesce(new.last_ip_address, new.ip_address), old.ended_by,
        coalesce(actor.last_user_agent, actor.user_agent), actor.device_name
    from (select) as one left join sessions as actor on actor.id = old.ended_by;
    return null;
end
$$;

create function write_history_of_browser() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address,
        by_session, by_user_agent)
    values (new.user_id, new.last_active_at, 'browser_changed', new.id,
        coalesce(new.last_user_agent, new.user_agent), new.device_name,
        coalesce(new.last_ip_address, new.ip_address), coalesce(old.last_ip_address, old.ip_address), new.id,
        new.other_user_agent);
    return null;
end
$$;
create trigger history_of_browsers after update of other_user_agent on sessions for each row
when (new.other_user_agent is not null and new.other_user_agent is distinct from old.other_user_agent)
execute function write_history_of_browser();

-- How the person last proved once more who they are, as in 'password' or 'passkey'; null where that is not known. A node of
-- the version before leaves it as it is.
alter table sessions add column authenticated_with text;

create or replace function write_history_of_reauthentication() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address,
        by_session, by_user_agent, by_device_name, detail)
    values (new.user_id, new.authenticated_at, 'reauthenticated', new.id,
        coalesce(new.last_user_agent, new.user_agent), new.device_name,
        coalesce(new.last_ip_address, new.ip_address), coalesce(new.last_ip_address, new.ip_address), new.id,
        coalesce(new.last_user_agent, new.user_agent), new.device_name, new.authenticated_with);
    return null;
end
$$;

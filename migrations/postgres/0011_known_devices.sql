-- What an account recognises a browser by: the SHA-256 of its device cookie, or of what it is called and its network.
create table known_devices (
    user_id text not null references users (id) on delete cascade,
    device_key bytea not null check (octet_length(device_key) = 32),
    seen_at bigint not null,
    is_forgotten boolean not null default false,
    primary key (user_id, device_key)
);

-- Whether its user had never signed in from this browser before.
alter table sessions add column new_device boolean not null default false;

create or replace function write_history_of_sign_in() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address)
    values (new.user_id, new.created_at, 'signed_in', new.id, new.user_agent, new.device_name, new.ip_address);
    if new.new_device then
        insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address)
        values (new.user_id, new.created_at, 'new_device', new.id, new.user_agent, new.device_name, new.ip_address);
    end if;
    return null;
end
$$;

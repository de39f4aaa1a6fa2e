-- What an account recognises a browser by: the SHA-256 of its device cookie, or of what it is called and its network.
create table known_devices (
    user_id text not null references users (id) on delete cascade,
    device_key blob not null check (length(device_key) = 32),
    seen_at integer not null,
    is_forgotten integer not null default 0 check (is_forgotten in (0, 1)),
    primary key (user_id, device_key)
) strict, without rowid;

-- Whether its user had never signed in from this browser before.
alter table sessions add column new_device integer not null default 0 check (new_device in (0, 1));

drop trigger history_of_sign_ins;
create trigger history_of_sign_ins after insert on sessions
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address)
    values (new.user_id, new.created_at, 'signed_in', new.id, new.user_agent, new.device_name, new.ip_address);
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address)
    select new.user_id, new.created_at, 'new_device', new.id, new.user_agent, new.device_name, new.ip_address
    where new.new_device;
end;

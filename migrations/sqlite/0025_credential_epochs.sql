-- Whoever changes a credential begins an epoch, also a node of the version before, which knows of none; and whoever locks
-- a password locks its user, and the other way round.
create trigger passwords_begin_epochs_when_added after insert on passwords
begin
    update users set credential_epoch = credential_epoch + 1, locked_at = new.locked_at where id = new.user_id;
end;

create trigger passwords_begin_epochs_when_changed after update of hash, locked_at on passwords
when new.hash is not old.hash or new.locked_at is not old.locked_at
begin
    update users set credential_epoch = credential_epoch + 1, locked_at = new.locked_at where id = new.user_id;
end;

create trigger passwords_begin_epochs_when_removed after delete on passwords
begin
    update users set credential_epoch = credential_epoch + 1 where id = old.user_id;
end;

create trigger users_begin_epochs after update of disabled_at, locked_at on users
when new.disabled_at is not old.disabled_at or new.locked_at is not old.locked_at
begin
    update users set credential_epoch = credential_epoch + 1 where id = new.id;
    update passwords set locked_at = new.locked_at where user_id = new.id and locked_at is not new.locked_at;
end;

-- How the person signed in, as in 'password' or 'oidc:google'; null where that is not known.
alter table sessions add column signed_in_with text;

update sessions set signed_in_with = 'password' where user_id in (select user_id from passwords);

drop trigger history_of_sign_ins;
create trigger history_of_sign_ins after insert on sessions
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address, detail)
    values (new.user_id, new.created_at, 'signed_in', new.id, new.user_agent, new.device_name, new.ip_address,
        new.ip_address, new.signed_in_with);
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address)
    select new.user_id, new.created_at, 'new_device', new.id, new.user_agent, new.device_name, new.ip_address,
        new.ip_address
    where new.new_device;
end;

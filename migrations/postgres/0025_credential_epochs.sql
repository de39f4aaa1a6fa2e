-- Whoever changes a credential begins an epoch, also a node of the version before, which knows of none; and whoever locks
-- a password locks its user, and the other way round.
create function begin_credential_epoch() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        update users set credential_epoch = credential_epoch + 1 where id = old.user_id;
    else
        update users set credential_epoch = credential_epoch + 1, locked_at = new.locked_at where id = new.user_id;
    end if;
    return null;
end
$$;
create trigger passwords_begin_epochs after insert or delete on passwords for each row
execute function begin_credential_epoch();
create trigger passwords_begin_epochs_when_changed after update of hash, locked_at on passwords for each row
when (new.hash is distinct from old.hash or new.locked_at is distinct from old.locked_at)
execute function begin_credential_epoch();

create function count_credential_epoch() returns trigger language plpgsql as $$
begin
    new.credential_epoch := old.credential_epoch + 1;
    return new;
end
$$;
create trigger users_begin_epochs before update of disabled_at, locked_at on users for each row
when (new.disabled_at is distinct from old.disabled_at or new.locked_at is distinct from old.locked_at)
execute function count_credential_epoch();

create function lock_password_of_user() returns trigger language plpgsql as $$
begin
    update passwords set locked_at = new.locked_at where user_id = new.id and locked_at is distinct from new.locked_at;
    return null;
end
$$;
create trigger users_lock_their_passwords after update of locked_at on users for each row
when (new.locked_at is distinct from old.locked_at)
execute function lock_password_of_user();

-- How the person signed in, as in 'password' or 'oidc:google'; null where that is not known.
alter table sessions add column signed_in_with text;

update sessions set signed_in_with = 'password' where user_id in (select user_id from passwords);

create or replace function write_history_of_sign_in() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address, detail)
    values (new.user_id, new.created_at, 'signed_in', new.id, new.user_agent, new.device_name, new.ip_address,
        new.ip_address, new.signed_in_with);
    if new.new_device then
        insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, device_ip_address)
        values (new.user_id, new.created_at, 'new_device', new.id, new.user_agent, new.device_name, new.ip_address,
            new.ip_address);
    end if;
    return null;
end
$$;

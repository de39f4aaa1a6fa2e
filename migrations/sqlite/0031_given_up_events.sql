-- Events that are kept but no longer delivered, until somebody asks for it, and why a delivery failed.
alter table outbox add column is_given_up integer not null default 0;
alter table outbox add column last_error text;

-- Nodes of the version before still use outbox_by_user.
create index outbox_by_user_and_state on outbox (consumer, is_given_up, user_id, seq);

-- As before, by the new index.
drop trigger outbox_of_erasures;
create trigger outbox_of_erasures after delete on users
begin
    delete from outbox where consumer in (select name from outbox_consumers) and is_given_up in (0, 1) and user_id = old.id;
    insert into outbox (consumer, user_id, at, kind, written_at)
    select name, old.id, unixepoch() * 1000, 'erased', unixepoch() * 1000 from outbox_consumers;
end;

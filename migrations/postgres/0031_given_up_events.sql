-- Events that are kept but no longer delivered, until somebody asks for it, and why a delivery failed.
alter table outbox add column is_given_up boolean not null default false, add column last_error text;

-- Nodes of the version before still use outbox_by_user.
create index outbox_by_user_and_state on outbox (consumer, is_given_up, user_id, seq);

-- As before, by the new index.
create or replace function write_outbox_of_erasure() returns trigger language plpgsql as $$
begin
    delete from outbox
    where consumer in (select name from outbox_consumers) and is_given_up in (false, true) and user_id = old.id;
    insert into outbox (consumer, user_id, at, kind)
    select name, old.id, (extract(epoch from clock_timestamp()) * 1000)::bigint, 'erased'
    from outbox_consumers;
    return null;
end
$$;

-- Of each kind of entry an account keeps the latest thousand, so that no repeated act fills the database. At most ten go
-- with each new one: what had more before shrinks step by step.
create index if not exists history_by_kind on history (user_id, kind, seq);

create function bound_history() returns trigger language plpgsql as $$
begin
    -- What another transaction deletes at the same moment is left to it: nobody waits.
    delete from history where seq in (select seq from history
        where user_id = new.user_id and kind = new.kind and seq <= (select seq from history
            where user_id = new.user_id and kind = new.kind order by seq desc offset 1000 limit 1)
        order by seq limit 10 for update skip locked);
    return null;
end
$$;
create trigger history_is_bounded after insert on history for each row execute function bound_history();

-- When a revocation of the session was last undone: the one way in which an ended session lives again.
alter table sessions add column undone_at bigint;
-- Whether something else has happened since the session was revoked, so that it stays ended.
alter table sessions add column is_final boolean not null default false;

drop trigger sessions_stay_ended on sessions;
-- An ended session is never live again: not by a bug, not by hand. The one exception is that of its revocation by another
-- session, for ten seconds.
create trigger sessions_stay_ended before update on sessions for each row
when (old.ended_at is not null and (new.expires_at > old.expires_at or new.ended_at is distinct from old.ended_at
    or new.ended_reason is distinct from old.ended_reason or new.ended_by is distinct from old.ended_by
    or old.is_final and not new.is_final) and (
    new.ended_at is null and new.ended_by is null and new.expires_at = old.expires_at
    and old.ended_reason = 'revoked' and old.ended_by <> old.id and not old.is_final
    and new.undone_at >= old.ended_at and new.undone_at < old.ended_at + 10000
) is not true)
execute function keep_ended_session();

create function write_history_of_undoing() returns trigger language plpgsql as $$
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, by_session, by_user_agent,
        by_device_name)
    select new.user_id, new.undone_at, 'revoke_undone', new.id, new.user_agent, new.device_name,
        coalesce(actor.last_ip_address, actor.ip_address, ''), old.ended_by, actor.user_agent, actor.device_name
    from (select) as one left join sessions as actor on actor.id = old.ended_by;
    return null;
end
$$;
create trigger history_of_undoing after update of ended_at on sessions for each row
when (old.ended_at is not null and new.ended_at is null)
execute function write_history_of_undoing();

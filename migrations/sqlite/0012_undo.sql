-- When a revocation of the session was last undone: the one way in which an ended session lives again.
alter table sessions add column undone_at integer;
-- Whether something else has happened since the session was revoked, so that it stays ended.
alter table sessions add column is_final integer not null default 0 check (is_final in (0, 1));

drop trigger sessions_stay_ended;
-- An ended session is never live again: not by a bug, not by hand. The one exception is that of its revocation by another
-- session, for ten seconds.
create trigger sessions_stay_ended before update on sessions
when old.ended_at is not null and (new.expires_at > old.expires_at or new.ended_at is not old.ended_at
    or new.ended_reason is not old.ended_reason or new.ended_by is not old.ended_by
    or old.is_final and not new.is_final) and (
    new.ended_at is null and new.ended_by is null and new.expires_at = old.expires_at
    and old.ended_reason = 'revoked' and old.ended_by <> old.id and not old.is_final
    and new.undone_at >= old.ended_at and new.undone_at < old.ended_at + 10000
) is not true
begin
    select raise(abort, 'an ended session stays ended');
end;

create trigger history_of_undoing after update of ended_at on sessions
when old.ended_at is not null and new.ended_at is null
begin
    insert into history (user_id, at, kind, session_id, user_agent, device_name, ip_address, by_session, by_user_agent,
        by_device_name)
    select new.user_id, new.undone_at, 'revoke_undone', new.id, new.user_agent, new.device_name,
        coalesce(actor.last_ip_address, actor.ip_address, ''), old.ended_by, actor.user_agent, actor.device_name
    from (select 1) left join sessions as actor on actor.id = old.ended_by;
end;

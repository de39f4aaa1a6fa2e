-- Splits `sessions` into 32 partitions by a hash of the user. It needs PostgreSQL 13 or later. Run it once, while no node
-- runs:
--   psql --set ON_ERROR_STOP=1 "$DATABASE_URL" < docs/partition-sessions.sql
-- All sessions of a user are in one partition. Rows are copied, so it needs as much free disk space as the table has.
begin;
lock table sessions in access exclusive mode;
alter table sessions rename to whole_sessions;

create table sessions (like whole_sessions including defaults including constraints) partition by hash (user_id);
create sequence sessions_order owned by sessions.seq;
select setval('sessions_order', coalesce(max(seq), 0) + 1, false) from whole_sessions;
alter table sessions alter column seq set default nextval('sessions_order');
do $$
begin
    for part in 0..31 loop
        execute format('create table sessions_%s partition of sessions for values with (modulus 32, remainder %s)',
            part, part);
    end loop;
end
$$;
insert into sessions select * from whole_sessions order by seq;
drop table whole_sessions;

-- A unique index of a partitioned table must include the column that it is split by. So the database does not check that
-- ids and handles are unique; their 122 and 128 random bits make them so.
alter table sessions add primary key (user_id, seq);
create unique index sessions_id on sessions (id, user_id);
create unique index sessions_handle on sessions (handle, user_id);
create index sessions_seq on sessions (seq);
create index sessions_by_user on sessions (user_id, ended_at, seq);
create index sessions_by_expiry on sessions (expires_at) where ended_at is null;
create index sessions_by_end on sessions (ended_at) where ended_at is not null;
create index sessions_by_import on sessions (imported_at) where imported_at is not null and ended_at is null;
alter table sessions add foreign key (user_id) references users (id) on delete cascade;
create trigger sessions_stay_ended before update on sessions for each row
when (old.ended_at is not null and (new.expires_at > old.expires_at or new.ended_at is distinct from old.ended_at
    or new.ended_reason is distinct from old.ended_reason or new.ended_by is distinct from old.ended_by
    or old.is_final and not new.is_final) and (
    new.ended_at is null and new.ended_by is null and new.expires_at = old.expires_at
    and old.ended_reason = 'revoked' and old.ended_by <> old.id and not old.is_final
    and new.undone_at >= old.ended_at and new.undone_at < old.ended_at + 10000
) is not true)
execute function keep_ended_session();
create trigger history_of_sign_ins after insert on sessions for each row execute function write_history_of_sign_in();
create trigger history_of_ends after update of ended_at on sessions for each row
when (old.ended_at is null and new.ended_at is not null)
execute function write_history_of_end();
create trigger history_of_reauthentications after update of authenticated_at on sessions for each row
when (new.authenticated_at is distinct from old.authenticated_at)
execute function write_history_of_reauthentication();
create trigger history_of_addresses after update of last_ip_address on sessions for each row
when (new.last_ip_address <> coalesce(old.last_ip_address, old.ip_address))
execute function write_history_of_address();
create trigger history_of_undoing after update of ended_at on sessions for each row
when (old.ended_at is not null and new.ended_at is null)
execute function write_history_of_undoing();
create trigger sessions_keep_superseded_credentials after update of handle on sessions for each row
when (new.handle is distinct from old.handle)
execute function keep_superseded_credential();
create trigger sessions_forget_superseded_credentials after delete on sessions for each row
execute function forget_superseded_credentials();
create trigger history_of_browsers after update of other_user_agent on sessions for each row
when (new.other_user_agent is not null and new.other_user_agent is distinct from old.other_user_agent)
execute function write_history_of_browser();
commit;

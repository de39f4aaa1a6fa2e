-- What operators did, for whoever looks after them: rows are added and never changed, and go when their time is over. They
-- outlive the users and the sessions that they are about, so they have no foreign keys, and ids only.
create table operator_acts (
    seq bigint generated always as identity primary key,
    at bigint not null,
    operator text not null,
    act text not null,
    user_id text,
    session_id text,
    ended bigint not null
);

create index operator_acts_by_time on operator_acts (at);

create function keep_operator_acts() returns trigger language plpgsql as $$
begin
    raise exception 'acts of operators are never rewritten' using errcode = 'check_violation';
end
$$;
create trigger operator_acts_are_never_rewritten before update on operator_acts for each row
execute function keep_operator_acts();

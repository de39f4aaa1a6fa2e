-- What operators did, for whoever looks after them: rows are added and never changed, and go when their time is over. They
-- outlive the users and the sessions that they are about, so they have no foreign keys, and ids only.
create table operator_acts (
    seq integer primary key autoincrement,
    at integer not null,
    operator text not null,
    act text not null,
    user_id text,
    session_id text,
    ended integer not null
) strict;

create index operator_acts_by_time on operator_acts (at);

create trigger operator_acts_are_never_rewritten before update on operator_acts
begin
    select raise(abort, 'acts of operators are never rewritten');
end;

-- One row that /readyz rewrites, so that it notices a database that answers but takes no writes.
create table write_checks (
    id integer primary key check (id = 1),
    number integer not null
) strict;

-- Whether the person said at sign-in that others use the computer too.
alter table sessions add column shared_computer integer not null default 0 check (shared_computer in (0, 1));

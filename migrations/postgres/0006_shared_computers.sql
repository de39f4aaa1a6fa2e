-- Whether the person said at sign-in that others use the computer too.
alter table sessions add column shared_computer boolean not null default false;

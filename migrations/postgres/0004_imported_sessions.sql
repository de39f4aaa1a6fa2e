-- When an import last saw the session in the system that it came from; null for our own.
alter table sessions add column imported_at bigint;

create index sessions_by_import on sessions (imported_at) where imported_at is not null and ended_at is null;

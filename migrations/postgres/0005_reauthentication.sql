-- When the person last proved who they are in this session after its sign-in; null for not since.
alter table sessions add column authenticated_at bigint;

-- Since when an operator lets the user not sign in; null for who may.
alter table users add column disabled_at bigint;

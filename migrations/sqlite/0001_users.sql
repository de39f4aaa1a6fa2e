create table users (
    id text not null primary key,
    email text not null unique,
    name text not null,
    image text,
    email_verified integer not null default 0 check (email_verified in (0, 1)),
    password_hash text not null,
    created_at integer not null,
    updated_at integer not null
) strict, without rowid;

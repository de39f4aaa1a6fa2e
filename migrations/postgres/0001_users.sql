create table users (
    id text not null primary key,
    email text not null unique,
    name text not null,
    image text,
    email_verified boolean not null default false,
    password_hash text not null,
    created_at bigint not null,
    updated_at bigint not null
);

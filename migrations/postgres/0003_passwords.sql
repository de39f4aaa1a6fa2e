-- A user that came from elsewhere may have no password, so passwords have rows of their own.
create table passwords (
    user_id text not null primary key references users (id) on delete cascade,
    hash text not null,
    updated_at bigint not null
);

insert into passwords (user_id, hash, updated_at) select id, password_hash, updated_at from users;

alter table users drop column password_hash;

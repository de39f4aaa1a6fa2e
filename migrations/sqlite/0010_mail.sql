-- Mails that are to be sent: what each is about, never its text, its address or a secret. `due_at` is also the lease of
-- whoever sends it.
create table mails (
    seq integer primary key autoincrement,
    user_id text not null references users (id) on delete cascade,
    kind text not null,
    session_id text,
    redirect_to text,
    created_at integer not null,
    due_at integer not null,
    attempts integer not null default 0
) strict;

create index mails_by_due on mails (due_at);
create index mails_by_user on mails (user_id, kind);

-- What the links in mails prove; of the link itself only the SHA-256.
create table mail_tokens (
    token_hash blob not null primary key check (length(token_hash) = 32),
    user_id text not null references users (id) on delete cascade,
    purpose text not null,
    session_id text,
    created_at integer not null,
    expires_at integer not null
) strict, without rowid;

create index mail_tokens_by_user on mail_tokens (user_id, purpose, created_at);
create index mail_tokens_by_expiry on mail_tokens (expires_at);

-- When it was said that somebody else knows the password: it signs nobody in until a mailed link has set another one.
alter table passwords add column locked_at integer;

-- Sign-ins that the limit of devices has refused after the person proved who they are: what the ticket for choosing the
-- device that gives way stands for; of the ticket itself only the SHA-256. A ticket counts in its credential epoch alone.
create table sign_in_tickets (
    token_hash blob not null primary key check (length(token_hash) = 32),
    user_id text not null references users (id) on delete cascade,
    credential_epoch integer not null,
    remember integer not null,
    shared_computer integer not null,
    signed_in_with text not null,
    expires_at integer not null
) strict, without rowid;

create index sign_in_tickets_by_user on sign_in_tickets (user_id);
create index sign_in_tickets_by_expiry on sign_in_tickets (expires_at);

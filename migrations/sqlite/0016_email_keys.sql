-- What an account is found by, however its address is spelled: the local part in NFC with its case folded, the domain
-- in ASCII. SQL has neither, so the server fills it when it starts; null for what the version before has made meanwhile,
-- and for who is found by the address alone.
alter table users add column email_key text;

create unique index users_by_email_key on users (email_key);

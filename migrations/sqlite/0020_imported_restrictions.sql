-- Since when the other system's ban of the user is known: an import disables once, and what operators do later stays. Null
-- for who was not banned.
alter table users add column ban_imported_at integer;
-- Whether the user had two-factor authentication in the other system. While it is 'required', the password alone signs
-- nobody in; it is 'waived' once an operator allows that. Null for who had none.
alter table users add column two_factor text check (two_factor in ('required', 'waived'));

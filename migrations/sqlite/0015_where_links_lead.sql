-- Where the link leads that was mailed; null for our own page. Links that a stranger lets lead elsewhere do not count as
-- usable ones.
alter table mail_tokens add column redirect_to text;

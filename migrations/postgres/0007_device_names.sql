-- What the person calls the device; null for what its user agent says.
alter table sessions add column device_name text;

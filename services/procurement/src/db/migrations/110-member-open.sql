-- A suspended member, or one that left, begins nothing new.
alter table known_member add column open boolean not null default true;

-- An authority that goes into another begins nothing new while that is prepared, and is read by its successor afterwards.
alter table known_member add column merge_id uuid;
alter table known_member add column successor_member_id uuid;
create index known_member_of_merge on known_member (operator, merge_id) where merge_id is not null;
create index known_member_succeeded on known_member (operator, successor_member_id) where successor_member_id is not null;

-- Who decided the act: it is sent in that one's name, and its number is that one's. Code of before writes no author: then it
-- is the member.
alter table act add column author_member_id uuid;
update act set author_member_id = member_id;
create function act_author() returns trigger language plpgsql as $$
begin
  new.author_member_id := coalesce(new.author_member_id, new.member_id);
  return new;
end $$;
create trigger act_author before insert on act for each row execute function act_author();
alter table act alter column author_member_id set not null;
alter table act drop constraint act_number_once;
alter table act add constraint act_number_once unique (operator, author_member_id, number);

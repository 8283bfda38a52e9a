-- A buyer that goes into another begins nothing new while that is prepared.
alter table known_member add column merge_id uuid;
create index known_member_of_merge on known_member (operator, merge_id) where merge_id is not null;

-- Whose consultation it was when it was drafted: what a commune brought into another goes back with it, should it be restored.
-- Code of before writes no author: then it is the buyer.
alter table consultation add column author_member_id uuid;
update consultation set author_member_id = member_id;
create function consultation_author() returns trigger language plpgsql as $$
begin
  new.author_member_id := coalesce(new.author_member_id, new.member_id);
  return new;
end $$;
create trigger consultation_author before insert on consultation for each row execute function consultation_author();
alter table consultation alter column author_member_id set not null;

-- Every name that a body bears or bore, to be searched by. A search may not reach another operator's rows, and row-level
-- security lets no index of letters be used, for its operators could tell what they compare: so one function searches with
-- the owner's rights, and says itself whose rows it looks at (docs/decisions/036).
create table member_name (
  operator text not null,
  member_id uuid not null,
  name text not null,
  name_search text not null,
  primary key (operator, member_id, name),
  foreign key (operator, member_id) references member deferrable initially deferred
);
select tenant_table('member_name');
revoke update on member_name from {service}_app;

-- By the database, so that whoever writes a name, yesterday's code too, has it kept.
create function keep_name() returns trigger language plpgsql as $$
begin
  insert into member_name values (new.operator, new.member_id, new.name, new.name_search) on conflict do nothing;
  return null;
end $$;
create trigger keep_name after insert or update of name on member for each row execute function keep_name();

insert into member_name select operator, member_id, name, name_search from member;
insert into member_name
select operator, member_id, name,
  translate(lower(regexp_replace(normalize(name, nfd), '[\u0300-\u036f]', '', 'g')), 'ŒÆ', 'œæ')
from past_description on conflict do nothing;

-- Entries go to their place at once: a list of those that wait would be read through by each search.
create index member_name_alike on member_name using gin (name_search gin_trgm_ops) with (fastupdate = off);
-- Nothing can use the first, the second served the search before, and each cost more to keep than all else in the row.
drop index member_search;
drop index member_similar;

-- The bodies of the transaction's operator whose name has so many of its letters in common with `asked`, in its searchable
-- form, or holds it: of today, or of a day, by the name borne then and those alive then. `most` of each kind, the nearest.
create function bodies_called(asked text, alike double precision, day date, most integer)
returns table (member_id uuid, name_search text, ceased boolean, municipal_population integer)
language plpgsql security definer set search_path = public, pg_temp
-- The few that are near are looked up one by one; the planner, which expects more of them, would read all bodies.
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
  -- Three letters stand anywhere: they are looked for as the beginning of a name.
  holding text := case when length(asked) > 3 then '%' else '' end || regexp_replace(asked, '[\\%_]', '\\\&', 'g') || '%';
begin
  perform set_config('pg_trgm.similarity_threshold', alike::text, true);
  return query
    with near as materialized (
      (select n.member_id, n.name, n.name_search from member_name n
        where n.operator = current_setting('app.operator') and n.name_search % asked
        order by n.name_search <-> asked limit most)
      union
      -- Of two names that hold it, the shorter is the nearer.
      (select n.member_id, n.name, n.name_search from member_name n
        where n.operator = current_setting('app.operator') and n.name_search like holding
        order by length(n.name_search) limit most))
    select m.member_id, near.name_search, m.ceased_on is not null and day is null,
      coalesce(p.municipal_population, m.municipal_population)
    from near
    join member m on m.operator = current_setting('app.operator') and m.member_id = near.member_id
    left join past_description p on day is not null and p.operator = m.operator and p.member_id = m.member_id
      and daterange(p.valid_from, p.valid_until, '[]') @> day
    where near.name = coalesce(p.name, m.name) and (day is null or (
        (m.ceased_on is null or m.ceased_on > day)
        -- It bears a code that day, or none is known of it at all.
        and coalesce((select bool_or(daterange(i.valid_from, i.valid_until, '[]') @> day) from identifier i
          where i.operator = m.operator and i.member_id = m.member_id), true)));
end $$;
revoke execute on function bodies_called(text, double precision, date, integer) from public;
grant execute on function bodies_called(text, double precision, date, integer) to {service}_app;

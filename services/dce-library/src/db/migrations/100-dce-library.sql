-- The shelves of published consultations: public, whatever their operator.
create extension if not exists pg_trgm;

create table shelf (
  consultation_id uuid primary key,
  operator text not null,
  member_id uuid not null,
  buyer_name text not null,
  title text not null,
  search text not null,
  open_until timestamptz not null,
  status text not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  revision integer not null,
  version integer not null default 1
);
create index shelf_search on shelf using gin (search gin_trgm_ops);
select published_table('shelf', 'true');

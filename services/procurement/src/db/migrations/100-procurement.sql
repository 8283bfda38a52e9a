-- Consultations, and what procurement knows of the members.

create table consultation (
  consultation_id uuid primary key,
  operator text not null,
  member_id uuid not null,
  buyer_name text not null,
  title text not null,
  deadline timestamptz not null,
  status text not null,
  published_at timestamptz,
  closed_at timestamptz,
  version integer not null default 1
);
create index consultation_of_member on consultation (operator, member_id, consultation_id);
-- A draft is its operator's; what is published is everyone's to read.
select published_table('consultation', $$status <> 'CONSULTATION_STATUS_DRAFT'$$);

create table known_member (
  operator text not null,
  member_id uuid not null,
  name text not null,
  primary key (operator, member_id)
);
select tenant_table('known_member');

-- Members of the operators, the codes they bear in time, and who acts for them.
create extension if not exists btree_gist;
create extension if not exists pg_trgm;

create table member (
  operator text not null,
  member_id uuid not null,
  organization_id uuid not null,
  kind text not null,
  name text not null,
  name_search text not null,
  departement_code text not null,
  municipal_population integer not null,
  status text not null,
  admitted_on date not null,
  version integer not null default 1,
  primary key (operator, member_id),
  constraint member_organization_once unique (operator, organization_id)
);
create index member_by_name on member (operator, name_search, member_id);
create index member_search on member using gin (name_search gin_trgm_ops);
select tenant_table('member');

create table identifier (
  operator text not null,
  identifier_id uuid not null,
  member_id uuid not null,
  scheme text not null,
  value text not null,
  valid_from date,
  valid_until date,
  primary key (operator, identifier_id),
  -- Deferred: the unit of work writes in an order of its own.
  foreign key (operator, member_id) references member deferrable initially deferred,
  -- One body bears a code at a time; the same code may pass to another later.
  constraint identifier_once_at_a_time exclude using gist (operator with =, scheme with =, value with =, daterange(valid_from, valid_until, '[]') with &&)
);
create index identifier_member on identifier (operator, member_id);
select tenant_table('identifier');

create table agent (
  operator text not null,
  agent_id uuid not null,
  member_id text not null,
  subject text not null,
  display_name text not null,
  version integer not null default 1,
  primary key (operator, agent_id),
  constraint agent_subject_once unique (operator, subject)
);
create index agent_member on agent (operator, member_id, agent_id);
select tenant_table('agent');

create table entitlement (
  operator text not null,
  entitlement_id uuid not null,
  agent_id uuid not null,
  role text not null,
  granted_at timestamptz not null,
  revoked_at timestamptz,
  primary key (operator, entitlement_id),
  foreign key (operator, agent_id) references agent deferrable initially deferred
);
create unique index entitlement_role_once on entitlement (operator, agent_id, role) where revoked_at is null;
select tenant_table('entitlement');

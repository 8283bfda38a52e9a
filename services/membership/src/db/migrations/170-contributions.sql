-- What members pay: the schedules that were adopted, the contributions that were fixed, and the sizes they depend on.
create table contribution_schedule (
  operator text not null,
  schedule_id uuid not null,
  first_year integer not null,
  last_year integer,
  withdrawn boolean not null default false,
  last_assessed_year integer,
  decision_ref text not null,
  content jsonb not null,
  adopted_at timestamptz not null,
  adopted_by_agent_id text not null,
  version integer not null default 1,
  primary key (operator, schedule_id),
  constraint contribution_schedule_years check (last_year is null or last_year >= first_year),
  -- One schedule a year. Deferred: the unit of work writes the new one before it ends the one that gives way.
  constraint contribution_schedule_once_a_year
    exclude using gist (operator with =, int4range(first_year, last_year, '[]') with &&) where (not withdrawn)
    deferrable initially deferred
);
select tenant_table('contribution_schedule');

create table contribution (
  operator text not null,
  contribution_id uuid not null,
  member_id uuid not null,
  year integer not null,
  schedule_id uuid not null,
  total_cents bigint not null check (total_cents >= 0),
  calculation jsonb not null,
  payers jsonb not null,
  assessed_at timestamptz not null,
  due_on date not null,
  settled_on date,
  overdue_on date,
  version integer not null default 1,
  primary key (operator, contribution_id),
  foreign key (operator, member_id) references member deferrable initially deferred,
  foreign key (operator, schedule_id) references contribution_schedule deferrable initially deferred,
  constraint contribution_once_a_year unique (operator, year, member_id)
);
create index contribution_unsettled on contribution (operator, due_on) where settled_on is null and overdue_on is null;
select tenant_table('contribution');
-- What was fixed stays: a service may say that it is paid or late, and nothing else.
revoke update on contribution from {service}_app;
grant update (payers, settled_on, overdue_on, version) on contribution to {service}_app;

create table member_size (
  operator text not null,
  member_id uuid not null,
  effective_on date not null,
  budget_euros bigint check (budget_euros >= 0),
  staff integer check (staff >= 0),
  primary key (operator, member_id, effective_on),
  foreign key (operator, member_id) references member deferrable initially deferred
);
select tenant_table('member_size');

-- Operations on the territory that concern several bodies and all services.
create table merge (
  operator text not null,
  merge_id uuid not null,
  kind text not null,
  status text not null,
  effective_on date not null,
  successor_member_id uuid not null,
  -- A MergePlan in JSON, as it was ordered.
  plan jsonb not null,
  version integer not null default 1,
  primary key (operator, merge_id)
);
select tenant_table('merge');

-- No reference to member: a body may be one that the operation is about to create.
create table merge_body (
  operator text not null,
  merge_id uuid not null,
  member_id uuid not null,
  part text not null,
  running boolean not null,
  primary key (operator, merge_id, member_id),
  foreign key (operator, merge_id) references merge deferrable initially deferred
);
create unique index merge_body_once on merge_body (operator, member_id) where running;
create index merge_body_of_member on merge_body (operator, member_id);
select tenant_table('merge_body');

create table merge_step (
  operator text not null,
  step_id uuid not null,
  merge_id uuid not null,
  kind text not null,
  service text not null,
  count integer not null,
  recorded_at timestamptz not null,
  recorded_by_agent_id text not null,
  reason text not null,
  words_fr text not null,
  words_en text not null,
  primary key (operator, step_id),
  foreign key (operator, merge_id) references merge deferrable initially deferred,
  constraint merge_step_once unique (operator, merge_id, kind, service)
);
select tenant_table('merge_step');

-- What is said of a consultation, its lots and what becomes of them, and every version that was public.
alter table consultation add column reference text not null default '';
alter table consultation add column description jsonb;
alter table consultation add column publish_at timestamptz;
alter table consultation add column versions integer not null default 0;
-- The number is given by who drafts: after a merge, one buyer may have two of one number, given by two communes of before.
create unique index consultation_reference_once on consultation (operator, author_member_id, reference) where reference <> '';
-- Drafted, to be validated or scheduled, it is its operator's.
drop policy published on consultation;
create policy published on consultation for select to {service}_app using (published_at is not null);

-- Where a lot stands is its buyer's: a choice is secret until the rejected are told.
create table lot (
  operator text not null,
  lot_id uuid not null,
  consultation_id uuid not null references consultation deferrable initially deferred,
  lot_number integer not null,
  title text not null,
  cpv_code text not null,
  place_codes text[] not null,
  reservation text not null,
  status text not null,
  status_since timestamptz,
  sole_tenderer boolean not null default false,
  sign_from timestamptz,
  supplier_sirets text[] not null default '{}',
  amount_cents bigint,
  version integer not null default 1,
  primary key (operator, lot_id),
  constraint lot_number_once unique (operator, consultation_id, lot_number)
);
select tenant_table('lot');

create table lot_step (
  operator text not null,
  step_id uuid not null,
  consultation_id uuid not null,
  lot_number integer not null,
  kind text not null,
  occurred_at timestamptz not null,
  decision_ref text not null,
  supplier_sirets text[] not null,
  amount_cents bigint not null,
  tenders_received integer not null,
  recorded_at timestamptz not null,
  recorded_by_agent_id text not null,
  primary key (operator, step_id),
  foreign key (operator, consultation_id, lot_number) references lot (operator, consultation_id, lot_number) deferrable initially deferred
);
select tenant_table('lot_step');
revoke update on lot_step from {service}_app;

create table consultation_version (
  operator text not null,
  consultation_version_id uuid not null,
  consultation_id uuid not null references consultation deferrable initially deferred,
  number integer not null,
  published_at timestamptz not null,
  agent_id text not null,
  title text not null,
  deadline timestamptz not null,
  description jsonb,
  sha256 text not null,
  changed_fields text[] not null,
  primary key (consultation_version_id),
  constraint consultation_version_once unique (consultation_id, number)
);
select published_table('consultation_version', 'true');
-- What was public is frozen.
revoke update on consultation_version from {service}_app;

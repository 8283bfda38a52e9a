-- Who may sign, as membership tells it. No foreign key from a delegation to its mandate: either may be heard first.
create table known_mandate (
  operator text not null,
  mandate_id uuid not null,
  member_id uuid not null,
  agent_id uuid not null,
  starts_at timestamptz,
  ends_at timestamptz,
  ended boolean not null,
  primary key (operator, mandate_id)
);
create index known_mandate_of_member on known_mandate (operator, member_id) where not ended;
select tenant_table('known_mandate');

create table known_delegation (
  operator text not null,
  delegation_id uuid not null,
  member_id uuid not null,
  mandate_id uuid not null,
  agent_id uuid not null,
  natures text[] not null,
  max_amount_cents bigint not null,
  starts_at timestamptz,
  ends_at timestamptz,
  revoked boolean not null,
  primary key (operator, delegation_id)
);
create index known_delegation_of_agent on known_delegation (operator, member_id, agent_id) where not revoked;
select tenant_table('known_delegation');

-- Who signed an act, and by what; null for acts of which it was not said.
alter table act add column signatory_agent_id uuid;
alter table act add column mandate_id uuid;
alter table act add column delegation_id uuid;
alter table act add column amount_cents bigint not null default 0;

-- Who may sign for a member, and who speaks for it in the operator's assembly. What lasts excludes its end.
create table mandate (
  operator text not null,
  mandate_id uuid not null,
  member_id uuid not null,
  agent_id uuid not null,
  function text not null,
  executive boolean not null,
  starts_at timestamptz not null,
  ends_at timestamptz,
  end_cause text not null,
  version integer not null default 1,
  primary key (operator, mandate_id),
  foreign key (operator, member_id) references member deferrable initially deferred,
  foreign key (operator, agent_id) references agent deferrable initially deferred,
  -- Equal when it never held: an empty range overlaps nothing.
  constraint mandate_ends_after_start check (ends_at >= starts_at),
  constraint mandate_once_at_a_time exclude using gist (operator with =, agent_id with =, function with =, tstzrange(starts_at, ends_at) with &&),
  constraint mandate_one_executive exclude using gist (operator with =, member_id with =, tstzrange(starts_at, ends_at) with &&) where (executive)
);
create index mandate_of_member on mandate (operator, member_id, mandate_id desc);
create index mandate_of_agent on mandate (operator, agent_id) where executive;
select tenant_table('mandate');

create table signing_delegation (
  operator text not null,
  delegation_id uuid not null,
  member_id uuid not null,
  mandate_id uuid not null,
  agent_id uuid not null,
  natures text[] not null,
  max_amount_cents bigint not null,
  starts_at timestamptz not null,
  ends_at timestamptz,
  order_ref text not null,
  revoked_at timestamptz,
  warned_days integer not null default 0,
  version integer not null default 1,
  primary key (operator, delegation_id),
  foreign key (operator, mandate_id) references mandate deferrable initially deferred,
  foreign key (operator, agent_id) references agent deferrable initially deferred,
  constraint signing_delegation_ends_after_start check (ends_at >= starts_at)
);
create index signing_delegation_of_mandate on signing_delegation (operator, mandate_id);
create index signing_delegation_of_agent on signing_delegation (operator, agent_id);
select tenant_table('signing_delegation');

create table representative (
  operator text not null,
  appointment_id uuid not null,
  member_id uuid not null,
  titular_agent_id uuid not null,
  substitute_agent_id text not null,
  effective_on date not null,
  decision_ref text not null,
  primary key (operator, appointment_id),
  foreign key (operator, member_id) references member deferrable initially deferred
);
create index representative_of_member on representative (operator, member_id, effective_on, appointment_id);
select tenant_table('representative');

-- Administrators of before have the right that those of today are given. Membership alone asks for it, so no event tells it.
update access_right set rights = rights || '{membership.mandates}'
from entitlement where entitlement.operator = access_right.operator and entitlement.entitlement_id = access_right.entitlement_id
  and role in ('ROLE_OPERATOR_ADMINISTRATOR', 'ROLE_MEMBER_ADMINISTRATOR') and 'membership.mandates' <> all (rights);

-- What a service keeps of the commands it answered, and its own copy of who may do what.

-- The answer of each write, for ever: the same request_id with the same content gets the same bytes again.
create table idempotency (
  operator text not null,
  rpc text not null,
  request_id text not null,
  content_hash bytea not null,
  response bytea not null,
  answered_at timestamptz not null default now(),
  primary key (operator, rpc, request_id)
);
select tenant_table('idempotency');
revoke update on idempotency from {service}_app;

-- Agents as membership told them, found by the subject of their tokens.
create table access_agent (
  operator text not null,
  agent_id uuid not null,
  member_id text not null,
  subject text not null,
  primary key (operator, agent_id),
  unique (operator, subject)
);
select tenant_table('access_agent');

-- The rights they have, by entitlement; a revoked one stays, with its end.
create table access_right (
  operator text not null,
  entitlement_id uuid not null,
  agent_id uuid not null,
  rights text[] not null,
  revoked_at timestamptz,
  primary key (operator, entitlement_id)
);
create index access_right_agent on access_right (operator, agent_id) where revoked_at is null;
select tenant_table('access_right');

-- Since when an agent is enrolled; of those that were already, what the event says.
alter table agent add column enrolled_at timestamptz;
update agent set enrolled_at = (
  select min(occurred_at) from outbox where outbox.operator = agent.operator and aggregate_id = agent.agent_id::text);
update agent set enrolled_at = now() where enrolled_at is null;
alter table agent alter column enrolled_at set default now(), alter column enrolled_at set not null;
-- Those that were taken back too.
create index entitlement_agent on entitlement (operator, agent_id);

-- The transaction that recorded an event. Positions are drawn before the commit, so a later one can be seen before an earlier
-- one; but below the oldest transaction that still runs, all is seen that ever will be. Who reads in the order of these, and
-- no further than that, misses nothing (docs/decisions/031). The events recorded before all bear this migration's.
alter table outbox add column recorded_in xid8 not null default pg_current_xact_id();
create index outbox_recorded_in on outbox (operator, recorded_in, position);

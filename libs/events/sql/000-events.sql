-- What every service's database holds: what it says (outbox), what it heard (inbox), what it could not act on (parked).
-- {service} is replaced by the service's name in snake_case.

-- A tenant table: its rows are seen and written by their operator only, whoever asks.
create function tenant_table(name regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  execute format('create policy owner on %s to {service}_owner using (true) with check (true)', name);
  -- Without an operator current_setting fails, or is empty after a transaction that had one: no row either way.
  execute format('create policy tenant on %s to {service}_app using (operator = current_setting(''app.operator'')) '
    'with check (operator = current_setting(''app.operator''))', name);
  execute format('grant select, insert, update on %s to {service}_app', name);
end $$;

-- A table with published rows: those that fulfil the condition are read by all, the rest and every write as above.
create function published_table(name regclass, condition text) returns void language plpgsql as $$
begin
  perform tenant_table(name);
  execute format('create policy published on %s for select to {service}_app using (%s)', name, condition);
end $$;

create table outbox (
  position bigint generated always as identity primary key,
  event_id uuid not null unique,
  operator text not null,
  member_id text not null,
  aggregate_id text not null,
  seq integer not null,
  type text not null,
  body text not null,
  traceparent text not null,
  causation text not null,
  correlation text not null,
  occurred_at timestamptz not null,
  stream_seq bigint,
  published_at timestamptz,
  unique (operator, aggregate_id, seq)
);
create index outbox_unpublished on outbox (position) where stream_seq is null;
create index outbox_stream_seq on outbox (stream_seq);
select tenant_table('outbox');
revoke update on outbox from {service}_app;
create policy relay on outbox to {service}_relay using (true) with check (true);
grant select, update (stream_seq, published_at) on outbox to {service}_relay;

create table inbox (
  event_id uuid primary key,
  operator text not null,
  -- Two contexts may number the events of aggregates that share an id: a consultation and its shelf.
  context text not null,
  aggregate_id text not null,
  seq integer not null,
  type text not null,
  handled_at timestamptz not null default now()
);
create index inbox_aggregate on inbox (operator, aggregate_id, context, seq desc);
select tenant_table('inbox');
revoke update on inbox from {service}_app;

create table parked (
  event_id uuid primary key,
  operator text not null,
  context text not null,
  member_id text not null,
  aggregate_id text not null,
  seq integer not null,
  type text not null,
  body text not null,
  traceparent text not null,
  correlation text not null,
  occurred_at timestamptz not null,
  reason text not null,
  attempts integer not null,
  parked_at timestamptz not null default now(),
  released_at timestamptz
);
create index parked_waiting on parked (operator, aggregate_id, context, seq) where released_at is null;
select tenant_table('parked');

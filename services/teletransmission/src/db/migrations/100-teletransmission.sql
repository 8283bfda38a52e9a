-- Acts, what teletransmission knows of the members, and every message that the prefecture sent.

create table act (
  act_id uuid primary key,
  operator text not null,
  member_id uuid not null,
  number text not null,
  nature text not null,
  subject text not null,
  subject_code text not null,
  decided_on date not null,
  document_sha256 text not null,
  document_size integer not null,
  -- Drawn with the act and never again: by it the prefecture knows a repeat, and we know what it answers to.
  envelope_id uuid not null unique,
  status text not null,
  deposited_at timestamptz not null,
  transmitted_at timestamptz,
  received_on date,
  prefecture_act_id text,
  published_on date,
  enforceable_on date,
  anomaly_code text,
  anomaly_detail text,
  version integer not null default 1,
  constraint act_number_once unique (operator, member_id, number)
);
create index act_of_member on act (operator, member_id, act_id);
create index act_document on act (operator, document_sha256);
select tenant_table('act');

create table known_member (
  operator text not null,
  member_id uuid not null,
  name text not null,
  -- Both may be empty: a member is admitted before all its codes are known.
  siren text not null,
  departement_code text not null,
  primary key (operator, member_id)
);
select tenant_table('known_member');

-- What the prefecture sent, whole, for ever. Those SET_ASIDE are the basket of what a person must look at.
create table incoming_message (
  operator text not null,
  message_id text not null,
  sha256 text not null,
  -- Bytes and not text: what cannot be read must be kept too.
  body bytea not null,
  -- APPLIED, REPEATED or SET_ASIDE.
  outcome text not null,
  act_id uuid,
  read_at timestamptz not null default now(),
  -- When it was taken out of the mailbox, where it stays until what follows from it is committed.
  removed_at timestamptz,
  primary key (operator, message_id, sha256)
);
create index incoming_message_to_remove on incoming_message (operator, message_id) where removed_at is null;
create index incoming_message_set_aside on incoming_message (operator, read_at) where outcome = 'SET_ASIDE';
select tenant_table('incoming_message');
revoke update on incoming_message from {service}_app;
grant update (removed_at) on incoming_message to {service}_app;

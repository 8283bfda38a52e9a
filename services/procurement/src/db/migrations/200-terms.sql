-- How a contract is made is public once it is published; what it is estimated at is the buyer's.
alter table consultation add column procedure text not null default 'PROCEDURE_UNSPECIFIED';
alter table consultation add column nature text not null default 'NATURE_UNSPECIFIED';
alter table consultation add column rules_version text not null default '';

create table consultation_terms (
  operator text not null,
  consultation_id uuid not null references consultation deferrable initially deferred,
  procedure text not null,
  nature text not null,
  buyer_kind text not null,
  estimate_cents bigint not null check (estimate_cents > 0),
  urgent boolean not null,
  prior_information boolean not null,
  on_paper boolean not null,
  primary key (operator, consultation_id)
);
select tenant_table('consultation_terms');

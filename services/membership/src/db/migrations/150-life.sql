alter table member add column status_since date;
alter table member add column leaves_on date;
alter table member add column services text[] not null default '{}';

create table membership_step (
  operator text not null,
  step_id uuid not null,
  member_id uuid not null,
  kind text not null,
  status text not null,
  effective_on date not null,
  decision_ref text not null,
  service text not null,
  recorded_at timestamptz not null,
  recorded_by_agent_id text not null,
  primary key (operator, step_id),
  foreign key (operator, member_id) references member deferrable initially deferred
);
select tenant_table('membership_step');
create index membership_step_of_member on membership_step (operator, member_id, effective_on, step_id);

-- Who was admitted before steps were kept has the step and the services that an admission gave then.
update member set status_since = admitted_on,
  services = '{SUBSCRIBED_SERVICE_PROCUREMENT,SUBSCRIBED_SERVICE_TELETRANSMISSION,SUBSCRIBED_SERVICE_DCE_LIBRARY}'
where status = 'MEMBER_STATUS_ACTIVE';
insert into membership_step
select operator, gen_random_uuid(), member_id, 'STEP_KIND_ADMISSION', status, admitted_on, '', 'SUBSCRIBED_SERVICE_UNSPECIFIED', now(), ''
from member where admitted_on is not null;

-- What an operator's manifest says of its members' life: written at each start of the service, read by its commands.
create table operator_rules (
  operator text primary key,
  rules jsonb not null
);
select tenant_table('operator_rules');

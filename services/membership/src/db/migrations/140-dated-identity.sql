-- What a body was like before: each row is one stretch of time that is over. What it is like now is in its own row.
alter table member alter column admitted_on drop not null;
alter table member add column epci_siren text not null default '';
alter table member add column described_since date;
alter table member add column ceased_on date;
alter table member add column successor_member_id uuid;
alter table member add constraint member_successor foreign key (operator, successor_member_id) references member deferrable initially deferred;
alter table member add constraint member_not_its_own_successor check (successor_member_id <> member_id);
create index member_similar on member using gist (operator, name_search gist_trgm_ops(siglen = 64));
create index identifier_by_value on identifier (operator, scheme, value);

create table past_description (
  operator text not null,
  past_description_id uuid not null,
  member_id uuid not null,
  kind text not null,
  name text not null,
  epci_siren text not null,
  municipal_population integer not null,
  valid_from date,
  valid_until date not null,
  primary key (operator, past_description_id),
  foreign key (operator, member_id) references member deferrable initially deferred,
  -- One description at a time.
  constraint past_description_once_at_a_time exclude using gist (operator with =, member_id with =, daterange(valid_from, valid_until, '[]') with &&)
);
select tenant_table('past_description');

import type { Member as MemberMessage } from '@jonction/contracts';
import { sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';

// A page is read as it is told: entities that nobody changes cost more than all the rest of a list.
const MEMBERS = `
  select m.member_id as "memberId", m.organization_id as "organizationId", m.operator, coalesce(p.kind, m.kind) as kind,
    coalesce(p.name, m.name) as name, m.departement_code as "departementCode", codes.identifiers,
    coalesce(p.municipal_population, m.municipal_population) as "municipalPopulation",
    case when $2::date is null then m.status else coalesce(step.status, 'MEMBER_STATUS_PROSPECT') end as status,
    coalesce(m.admitted_on::text, '') as "admittedOn", 'v' || m.version as etag, coalesce(p.epci_siren, m.epci_siren) as "epciSiren",
    coalesce(m.ceased_on::text, '') as "ceasedOn", coalesce(m.successor_member_id::text, '') as "successorMemberId",
    coalesce(m.leaves_on::text, '') as "leavesOn", m.services
  from unnest($1::uuid[]) with ordinality as asked (member_id, nth)
  join member m on m.member_id = asked.member_id
  left join past_description p
    on $2::date is not null and p.member_id = m.member_id and daterange(p.valid_from, p.valid_until, '[]') @> $2
  left join lateral (
    select s.status from membership_step s where s.member_id = m.member_id and s.effective_on <= $2
    -- The steps of one day count in the order they were recorded, which their ids tell.
    order by s.effective_on desc, s.step_id desc limit 1
  ) as step on $2 is not null
  cross join lateral (
    select coalesce(json_agg(json_build_object('scheme', i.scheme, 'value', i.value,
      'validFrom', coalesce(i.valid_from::text, ''), 'validUntil', coalesce(i.valid_until::text, ''))
      order by i.scheme, i.valid_from), '[]') as identifiers
    from identifier i
    where i.member_id = m.member_id and ($2::date is null or daterange(i.valid_from, i.valid_until, '[]') @> $2)
  ) as codes
  order by nth`;

/**
 * Members in the order of their ids, as they were on a day, with the codes valid then; as they are, with all their codes,
 * when the day is empty. An id that is nobody's is left out.
 */
export function membersAsOf(em: EntityManager, ids: string[], day: string): Promise<MemberMessage[]> {
  return ids.length === 0 ? Promise.resolve([]) : sql(em, MEMBERS, [ids, day || null]);
}

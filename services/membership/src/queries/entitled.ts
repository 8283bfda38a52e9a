import { AgentTransferred, type MemberStatus } from '@jonction/contracts';
import { sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { accessOf, type Entitled } from '../domain/entitled.ts';

/** Which agents: those with these ids and those of these members, or the one with this subject; all when nothing is said. */
export interface Which {
  agentIds?: string[];
  memberIds?: string[];
  subject?: string;
  /** What they had at this time; what they have when absent. */
  at?: Date | undefined;
}

/** The member that agent `a` acted for at the time `$n`, as `acted.member_id`; the one it acts for when that is null. */
export function actedFor(time: string): string {
  return `cross join lateral (
    select coalesce((
      select o.body::jsonb ->> 'fromMemberId' from outbox o
      where ${time}::timestamptz is not null and o.operator = a.operator and o.aggregate_id = a.agent_id::text
        and o.type = '${AgentTransferred.$type}' and o.occurred_at > ${time}
      order by o.seq limit 1), a.member_id) as member_id
  ) as acted`;
}

// Rights are those told with the role when it was given.
const ENTITLED = `
  select a.agent_id as "agentId", acted.member_id as "memberId", a.subject, m.services,
    case when $4::timestamptz is null or m.member_id is null then m.status else coalesce((
      select s.status from membership_step s where s.member_id = m.member_id and s.effective_on <= $4::date
      order by s.effective_on desc, s.step_id desc limit 1), 'MEMBER_STATUS_PROSPECT') end as status,
    array_remove(array_agg(e.role), null) as roles, coalesce(json_agg(g.rights) filter (where g.rights is not null), '[]') as rights
  from agent a
  ${actedFor('$4')}
  left join member m on m.member_id = nullif(acted.member_id, '')::uuid
  left join entitlement e on e.agent_id = a.agent_id and case when $4::timestamptz is null then e.revoked_at is null
    else e.granted_at <= $4 and (e.revoked_at is null or e.revoked_at > $4) end
  left join access_right g on g.entitlement_id = e.entitlement_id
  where ($1::uuid[] is null or a.agent_id = any ($1) or a.member_id = any ($2::text[])) and ($3::text is null or a.subject = $3)
    and ($4 is null or a.enrolled_at <= $4)
  group by a.agent_id, acted.member_id, a.subject, m.member_id, m.services, m.status`;

interface Row {
  agentId: string;
  memberId: string;
  subject: string;
  services: string[] | null;
  status: MemberStatus | null;
  roles: string[];
  rights: string[][];
}

/** What agents may do, as the operator's tables say. */
export async function findEntitled(
  em: EntityManager,
  { agentIds, memberIds = [], subject, at }: Which,
): Promise<Entitled[]> {
  const rows = await sql<Row>(em, ENTITLED, [agentIds ?? null, memberIds, subject ?? null, at ?? null]);
  return rows.map(({ services, status, roles, rights, ...agent }) => ({
    ...agent,
    access: accessOf(status, services?.length ?? 0),
    roles: new Set(roles),
    rights: new Set(rights.flat()),
  }));
}

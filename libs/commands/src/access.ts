import { AgentEnrolled, AgentTransferred, EntitlementGranted, EntitlementRevoked } from '@jonction/contracts';
import { on, type Subscription } from '@jonction/events';
import { refuse, sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';

/** Who calls, as the service's own copy of membership's entitlements says at this moment. */
export interface Caller {
  operator: string;
  agentId: string;
  /** Empty for an agent of the operator itself. */
  memberId: string;
  rights: ReadonlySet<string>;
}

/** Keeps a service's copy of agents and rights. membership calls these in its own transactions, the others by event. */
export async function noteAgent(
  em: EntityManager,
  { operator, agentId, memberId, subject }: AgentEnrolled,
): Promise<void> {
  await sql(em, 'insert into access_agent (operator, agent_id, member_id, subject) values ($1, $2, $3, $4)', [
    operator,
    agentId,
    memberId,
    subject,
  ]);
}

export async function noteGrant(
  em: EntityManager,
  { operator, entitlementId, agentId, rights }: EntitlementGranted,
): Promise<void> {
  await sql(em, 'insert into access_right (operator, entitlement_id, agent_id, rights) values ($1, $2, $3, $4)', [
    operator,
    entitlementId,
    agentId,
    rights,
  ]);
}

export async function noteRevocation(
  em: EntityManager,
  { operator, entitlementId, revokedAt }: EntitlementRevoked,
): Promise<void> {
  await sql(em, 'update access_right set revoked_at = $3 where operator = $1 and entitlement_id = $2', [
    operator,
    entitlementId,
    revokedAt ?? new Date(0),
  ]);
}

/** An agent acts for another member; the roles it has go with it. */
export async function noteTransfer(
  em: EntityManager,
  { operator, agentId, memberId }: AgentTransferred,
): Promise<void> {
  await sql(em, 'update access_agent set member_id = $3 where operator = $1 and agent_id = $2', [
    operator,
    agentId,
    memberId,
  ]);
}

/** What every service but membership hears, to know who may do what. */
export const accessSubscriptions: Subscription[] = [
  on(AgentEnrolled, noteAgent),
  on(AgentTransferred, noteTransfer),
  on(EntitlementGranted, noteGrant),
  on(EntitlementRevoked, noteRevocation),
];

export const CALLERS = `
  select a.subject, a.agent_id as "agentId", a.member_id as "memberId",
    coalesce((select array_agg(r) from access_right g, unnest(g.rights) r
              where g.operator = a.operator and g.agent_id = a.agent_id and g.revoked_at is null), '{}') as rights
  from access_agent a where a.operator = $1 and a.subject = any ($2)`;

/** The callers behind some subjects, by subject; one not enrolled with this operator is absent. */
export async function findCallers(
  em: EntityManager,
  operator: string,
  subjects: string[],
): Promise<Map<string, Caller>> {
  const rows = await sql<{ subject: string; agentId: string; memberId: string; rights: string[] }>(em, CALLERS, [
    operator,
    subjects,
  ]);
  return new Map(
    rows.map(({ subject, agentId, memberId, rights }) => [
      subject,
      { operator, agentId, memberId, rights: new Set(rights) },
    ]),
  );
}

/** Throws NOT_ENROLLED or RIGHT_MISSING. */
export function allow(caller: Caller | undefined, right: string): Caller {
  if (!caller) throw refuse('NOT_ENROLLED');
  if (!caller.rights.has(right)) throw refuse('RIGHT_MISSING', { right });
  return caller;
}

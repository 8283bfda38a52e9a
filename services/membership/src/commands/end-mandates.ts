import { type MandateEndCause, MandateEnded, SigningDelegationRevoked } from '@jonction/contracts';
import { record } from '@jonction/events';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import type { Agent } from '../domain/agent.ts';
import { Mandate, SigningDelegation } from '../domain/mandate.ts';
import type { Member } from '../domain/member.ts';
import { midnightOf } from '../domain/operator-rules.ts';
import { rulesOf } from './rules.ts';

const UNENDED = { endCause: 'MANDATE_END_CAUSE_UNSPECIFIED' } as const;

/**
 * Ends every mandate of a member that is not over at `now`, those to come included; one that started after `at` ends as it
 * starts. Gives what is to be told of it.
 */
export async function endMandates(
  em: EntityManager,
  memberId: string,
  { cause, at, now }: { cause: MandateEndCause; at: Date; now: Date },
): Promise<MandateEnded[]> {
  const open = await lockOpen(em, { memberId }, now);
  const endOf = ({ startsAt }: Mandate) =>
    new Date(Math.min(Math.max(at.getTime(), startsAt.getTime()), now.getTime()));
  return open.map((mandate) => mandate.end(cause, endOf(mandate), now));
}

/** Nobody signs for a body that is no more. */
export async function endSigning(
  em: EntityManager,
  { operator, memberId, ceasedOn }: Pick<Member, 'operator' | 'memberId' | 'ceasedOn'>,
  now: Date,
): Promise<void> {
  const midnight = midnightOf(await rulesOf(em, operator), ceasedOn ?? '');
  // At the east of its operator's clock the day may have begun already.
  const at = midnight > now ? now : midnight;
  const ended = await endMandates(em, memberId, { cause: 'MANDATE_END_CAUSE_BODY_CEASED', at, now });
  for (const one of ended) record(em, MandateEnded, one);
}

/** Who goes to another member signs no more for the one it leaves: neither by a mandate, nor in the place of another. */
export async function endSigningOf(em: EntityManager, agents: Agent[], now: Date): Promise<void> {
  const agentId = { $in: agents.map((agent) => agent.agentId) };
  for (const mandate of await lockOpen(em, { agentId }, now))
    record(em, MandateEnded, mandate.end('MANDATE_END_CAUSE_TRANSFER', now, now));
  const given = await em.find(
    SigningDelegation,
    { agentId, revokedAt: null },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  const mandates = await em.find(Mandate, { mandateId: { $in: given.map((one) => one.mandateId) } });
  for (const delegation of given) {
    const mandate = mandates.find(({ mandateId }) => mandateId === delegation.mandateId) as Mandate;
    const end = delegation.endWith(mandate);
    if (end === null || end > now) record(em, SigningDelegationRevoked, delegation.revoke(mandate, now));
  }
}

/** The mandates that are not over at `now`, locked in one order. */
function lockOpen(
  em: EntityManager,
  whose: { memberId: string } | { agentId: { $in: string[] } },
  now: Date,
): Promise<Mandate[]> {
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { mandateId: 'asc' } } as const;
  return em.find(Mandate, { ...whose, ...UNENDED, $or: [{ endsAt: null }, { endsAt: { $gt: now } }] }, lock);
}

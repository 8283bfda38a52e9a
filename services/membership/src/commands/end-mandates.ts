import type { MandateEndCause, MandateEnded } from '@jonction/contracts';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Mandate } from '../domain/mandate.ts';

/**
 * Ends every mandate of a member that is not over at `now`, those to come included; one that started after `at` ends as it
 * starts. Gives what is to be told of it.
 */
export async function endMandates(
  em: EntityManager,
  memberId: string,
  { cause, at, now }: { cause: MandateEndCause; at: Date; now: Date },
): Promise<MandateEnded[]> {
  const notOver = { memberId, endCause: 'MANDATE_END_CAUSE_UNSPECIFIED' as const };
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { mandateId: 'asc' } } as const;
  const open = await em.find(Mandate, { ...notOver, $or: [{ endsAt: null }, { endsAt: { $gt: now } }] }, lock);
  const endOf = ({ startsAt }: Mandate) =>
    new Date(Math.min(Math.max(at.getTime(), startsAt.getTime()), now.getTime()));
  return open.map((mandate) => mandate.end(cause, endOf(mandate), now));
}

import type { Job } from '@jonction/commands';
import { SigningDelegationExpiring } from '@jonction/contracts';
import { record, schedule } from '@jonction/events';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Mandate, SigningDelegation } from '../domain/mandate.ts';

interface Payload {
  operator: string;
  delegationId: string;
}

const DAY = 86_400_000;
/** How long before its end a delegation is told to expire, in days. */
const WARNINGS = [30, 7, 1];

/** Says that a delegation is about to end, and comes back for the next warning. Says nothing of one that is over already. */
export const warnExpiring: Job<Payload> = async (em, { delegationId }, { now }) => {
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE };
  const delegation = await em.findOneOrFail(SigningDelegation, { delegationId }, lock);
  const mandate = await em.findOneOrFail(Mandate, { mandateId: delegation.mandateId });
  const end = delegation.endWith(mandate);
  if (end === null || end <= now) return;
  const due = WARNINGS.filter((days) => end.getTime() - days * DAY <= now.getTime()).at(-1);
  if (due !== undefined && (delegation.warnedDays === 0 || due < delegation.warnedDays))
    record(em, SigningDelegationExpiring, delegation.warn(due, end));
  scheduleWarning(em, delegation, mandate, now);
};

/** Has the next warning given that still lies ahead; none when no end is known or the last one is past. */
export function scheduleWarning(em: EntityManager, delegation: SigningDelegation, mandate: Mandate, now: Date): void {
  const end = delegation.endWith(mandate)?.getTime();
  if (end === undefined) return;
  const [next] = WARNINGS.map((days) => end - days * DAY).filter((at) => at > now.getTime());
  if (next === undefined) return;
  const { operator, delegationId } = delegation;
  const payload: Payload = { operator, delegationId };
  schedule(em, 'warn-expiring', payload, { at: new Date(next), key: `expiring ${delegationId}` });
}

import type { MandateStarted } from '@jonction/contracts';
import type { About } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMandate } from '../domain/signing-right.ts';

/** Lets the agent sign everything for its member; a mandate that is no executive's lets nobody sign. */
export async function onMandateStarted(em: EntityManager, event: MandateStarted, about: About): Promise<void> {
  if (!event.executive) return;
  const { operator, memberId, mandateId, agentId, endsAt = null } = event;
  const startsAt = unlessBegun(event.startsAt, about);
  em.create(KnownMandate, { operator, memberId, mandateId, agentId, startsAt, endsAt, ended: false });
}

/** A start that was to come when it was told; null for one that was past by the clock of who told it. */
export function unlessBegun(startsAt: Date | undefined, { time }: About): Date | null {
  return startsAt && startsAt > time ? startsAt : null;
}

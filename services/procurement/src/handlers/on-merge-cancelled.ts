import { ConsultationsReleased, type MergeCancelled } from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/** The merge does not take place: its buyers begin as before. Where nothing had begun, nothing is held and nobody waits. */
export async function onMergeCancelled(em: EntityManager, cancelled: MergeCancelled): Promise<void> {
  const { operator, memberId, mergeId, begun } = cancelled;
  if (!begun) return;
  // What was heard just before, in the same transaction, is to be found.
  await em.flush();
  for (const buyer of await em.find(KnownMember, { mergeId })) buyer.mergeId = null;
  record(em, ConsultationsReleased, { operator, memberId, mergeId });
}

import { ConsultationsHeld, type MergeBegun } from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';
import { countRunning } from '../queries/list-running.ts';

/** The buyers that go into another begin nothing from now on; says so, with how much of theirs runs. */
export async function onMergeBegun(em: EntityManager, merge: MergeBegun): Promise<void> {
  const { operator, memberId, mergeId, predecessorMemberIds } = merge;
  // What was heard just before, in the same transaction, is to be found.
  await em.flush();
  for (const buyer of await em.find(KnownMember, { memberId: { $in: predecessorMemberIds } })) buyer.mergeId = mergeId;
  const running = await countRunning(em, operator, predecessorMemberIds);
  record(em, ConsultationsHeld, { operator, memberId, mergeId, running });
}

import { ActsHeld, ActsHoldRefused, type MergeBegun } from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';
import { countRunning } from '../queries/list-running.ts';
import { refuse } from '../refusals.ts';

/**
 * The authorities that go into another deposit nothing from now on; says so, with how much of theirs is on its way. Refuses when
 * one of them sends acts, and the successor bears no SIREN in whose name they could be sent.
 */
export async function onMergeBegun(em: EntityManager, merge: MergeBegun): Promise<void> {
  const { operator, memberId, mergeId, predecessorMemberIds, successorSiren } = merge;
  const fields = { operator, memberId, mergeId };
  // What was heard just before, in the same transaction, is to be found.
  await em.flush();
  const predecessors = await em.find(KnownMember, { memberId: { $in: predecessorMemberIds } });
  if (successorSiren === '' && predecessors.some(({ siren, open }) => siren !== '' && open)) {
    const { reason, text } = refuse('SUCCESSOR_WITHOUT_SIREN');
    return record(em, ActsHoldRefused, { ...fields, reason, wordsFr: text.fr, wordsEn: text.en });
  }
  for (const authority of predecessors) authority.mergeId = mergeId;
  record(em, ActsHeld, { ...fields, running: await countRunning(em, predecessorMemberIds) });
}

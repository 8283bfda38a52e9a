import type { CommandContext } from '@jonction/commands';
import { type CancelMergeRequest, type CancelMergeResponse, MergeCancelled } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Merge, MergeStep } from '../domain/merge.ts';
import { letGo } from '../jobs/carry-merge.ts';
import { mergeMessage } from '../queries/merge-message.ts';
import { keepMergeStep } from './merge-steps.ts';

/** Calls an operation off; services that hold work for it let it go, and answer. */
export async function cancelMerge(
  em: EntityManager,
  { requestId, mergeId }: CancelMergeRequest,
  { now, caller }: CommandContext,
): Promise<CancelMergeResponse> {
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('merge_id', mergeId);
  fields.done();
  const merge = await em.findOneOrFail(Merge, { mergeId });
  const steps = await em.find(MergeStep, { mergeId }, { orderBy: { stepId: 'asc' } });
  record(em, MergeCancelled, merge.cancel(''));
  const cancelled = keepMergeStep(em, merge, { kind: 'MERGE_STEP_KIND_CANCELLED', now, agentId: caller.agentId });
  if (merge.hasEnded()) await letGo(em, merge);
  return { merge: mergeMessage(merge, [...steps, cancelled]) };
}

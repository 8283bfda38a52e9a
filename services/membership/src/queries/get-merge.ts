import type { GetMergeRequest, GetMergeResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Merge, MergeStep } from '../domain/merge.ts';
import { mergeMessage } from './merge-message.ts';

export async function getMerge(em: EntityManager, { mergeId }: GetMergeRequest): Promise<GetMergeResponse> {
  const fields = checkFields();
  fields.uuid('merge_id', mergeId);
  fields.done();
  const merge = await em.findOneOrFail(Merge, { mergeId });
  return { merge: mergeMessage(merge, await em.find(MergeStep, { mergeId }, { orderBy: { stepId: 'asc' } })) };
}

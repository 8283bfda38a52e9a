import { readPage, writePage } from '@jonction/commands';
import type { ListMergesRequest, ListMergesResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Merge, MergeBody, MergeStep } from '../domain/merge.ts';
import { mergeMessage } from './merge-message.ts';

export async function listMerges(em: EntityManager, request: ListMergesRequest): Promise<ListMergesResponse> {
  const { status, memberId } = request;
  const fields = checkFields();
  fields.known('status', status, { optional: true });
  fields.uuid('member_id', memberId, { optional: true });
  fields.done();
  const filters = [status, memberId];
  const { limit, after } = readPage(request, filters, 1);
  const ofMember = memberId ? await em.find(MergeBody, { memberId }) : [];
  // Ids are UUIDv7: their order is that in which they were ordered.
  const merges = await em.find(
    Merge,
    {
      ...(status === 'MERGE_STATUS_UNSPECIFIED' ? {} : { status }),
      $and: [
        ...(memberId ? [{ mergeId: { $in: ofMember.map((body) => body.mergeId) } }] : []),
        ...(after?.[0] ? [{ mergeId: { $lt: after[0] } }] : []),
      ],
    },
    { orderBy: { mergeId: 'desc' }, limit: limit + 1 },
  );
  const page = merges.slice(0, limit);
  const steps = await em.find(
    MergeStep,
    { mergeId: { $in: page.map((merge) => merge.mergeId) } },
    { orderBy: { stepId: 'asc' } },
  );
  const byMerge = Map.groupBy(steps, (step) => step.mergeId);
  const last = merges.length > limit ? page.at(-1) : undefined;
  return {
    merges: page.map((merge) => mergeMessage(merge, byMerge.get(merge.mergeId) ?? [])),
    nextPageToken: writePage(last && [last.mergeId], filters),
  };
}

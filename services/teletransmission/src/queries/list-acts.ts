import { type Caller, readPage, writePage } from '@jonction/commands';
import type { ListActsRequest, ListActsResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Act } from '../domain/act.ts';
import { actMessage } from './act-message.ts';
import { readableMembers } from './readable-members.ts';

export async function listActs(
  em: EntityManager,
  request: ListActsRequest,
  { caller }: { caller: Caller },
): Promise<ListActsResponse> {
  const { status, memberId } = request;
  const fields = checkFields();
  fields.known('status', status, { optional: true });
  fields.uuid('member_id', memberId, { optional: true });
  fields.done();
  const filters = [status, memberId];
  const { limit, after } = readPage(request, filters, 1);
  // An agent of a member reads that member's acts only, whatever it asks for.
  const wanted = memberId ? [[memberId]] : [];
  const own = caller.memberId ? [await readableMembers(em, caller)] : [];
  // Ids are UUIDv7: their order is that of deposit.
  const acts = await em.find(
    Act,
    {
      ...(status === 'ACT_STATUS_UNSPECIFIED' ? {} : { status }),
      $and: [...wanted, ...own].map((ids) => ({ memberId: { $in: ids } })),
      ...(after?.[0] ? { actId: { $lt: after[0] } } : {}),
    },
    { orderBy: { actId: 'desc' }, limit: limit + 1 },
  );
  const page = acts.slice(0, limit);
  const last = acts.length > limit ? page.at(-1) : undefined;
  return { acts: page.map(actMessage), nextPageToken: writePage(last && [last.actId], filters) };
}

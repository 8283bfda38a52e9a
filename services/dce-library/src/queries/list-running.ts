import type { Caller } from '@jonction/commands';
import type { DceLibraryListRunningRequest, DceLibraryListRunningResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { Shelf } from '../domain/shelf.ts';

const MOST_MEMBERS = 100;
const MOST_SHOWN = 50;
const USUALLY_SHOWN = 10;

/** What runs for some members: a kind is added here when it is added to what a merge moves. */
export async function listRunning(
  em: EntityManager,
  { memberIds, limit }: DceLibraryListRunningRequest,
  { caller }: { caller: Caller },
): Promise<DceLibraryListRunningResponse> {
  const fields = checkFields();
  const some = memberIds.length > 0 && memberIds.length <= MOST_MEMBERS;
  fields.expect(some, 'member_ids', `must be 1 to ${MOST_MEMBERS}`);
  for (const [at, id] of memberIds.slice(0, MOST_MEMBERS).entries()) fields.uuid(`member_ids[${at}]`, id);
  fields.expect(limit >= 0 && limit <= MOST_SHOWN, 'limit', `must be ${MOST_SHOWN} at most`);
  fields.done();
  // Shelves of all operators are seen; a merge is its operator's own business.
  const { operator } = caller;
  const open: FilterQuery<Shelf> = { operator, memberId: { $in: memberIds }, status: 'SHELF_STATUS_OPEN' };
  const shelves = await em.find(Shelf, open, {
    orderBy: { openUntil: 'asc', consultationId: 'asc' },
    limit: limit || USUALLY_SHOWN,
  });
  const items = shelves.map(({ consultationId, memberId, title, status, openUntil }) => ({
    ...{ id: consultationId, memberId, label: title, status },
    endsAt: openUntil,
  }));
  return { running: [{ kind: 'shelf', count: await em.count(Shelf, open), items }] };
}

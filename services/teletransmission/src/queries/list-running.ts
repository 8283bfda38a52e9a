import type { Caller } from '@jonction/commands';
import type { TeletransmissionListRunningRequest, TeletransmissionListRunningResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { Act } from '../domain/act.ts';

const MOST_MEMBERS = 100;
const MOST_SHOWN = 50;
const USUALLY_SHOWN = 10;

/** What runs for some members: a kind is added here when it is added to what a merge moves. */
export async function listRunning(
  em: EntityManager,
  { memberIds, limit }: TeletransmissionListRunningRequest,
  { caller }: { caller: Caller },
): Promise<TeletransmissionListRunningResponse> {
  const fields = checkFields();
  const some = memberIds.length > 0 && memberIds.length <= MOST_MEMBERS;
  fields.expect(some, 'member_ids', `must be 1 to ${MOST_MEMBERS}`);
  for (const [at, id] of memberIds.slice(0, MOST_MEMBERS).entries()) fields.uuid(`member_ids[${at}]`, id);
  fields.expect(limit >= 0 && limit <= MOST_SHOWN, 'limit', `must be ${MOST_SHOWN} at most`);
  fields.done();
  // An agent of a member sees that member's acts only, whatever it asks for.
  const seen = memberIds.filter((id) => caller.memberId === '' || id === caller.memberId);
  const acts = await em.find(Act, running(seen), { orderBy: { actId: 'asc' }, limit: limit || USUALLY_SHOWN });
  // What an act is about may name a person, so its number must do.
  const items = acts.map(({ actId, memberId, number, status }) => ({
    ...{ id: actId, memberId, label: number, status },
    endsAt: undefined,
  }));
  return { running: [{ kind: 'act', count: await countRunning(em, seen), items }] };
}

/** How many acts of some members run. */
export function countRunning(em: EntityManager, memberIds: string[]): Promise<number> {
  return em.count(Act, running(memberIds));
}

/** The same as Act.runs. */
function running(memberIds: string[]): FilterQuery<Act> {
  return { memberId: { $in: memberIds }, status: { $ne: 'ACT_STATUS_REJECTED' }, enforceableOn: null };
}

import type { Caller } from '@jonction/commands';
import type { GetActRequest, GetActResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Act } from '../domain/act.ts';
import { actMessage } from './act-message.ts';
import { readableMembers } from './readable-members.ts';

export async function getAct(
  em: EntityManager,
  { actId }: GetActRequest,
  { caller }: { caller: Caller },
): Promise<GetActResponse> {
  const fields = checkFields();
  fields.uuid('act_id', actId);
  fields.done();
  // What an act is about may name a person: another member's is not found, and not said to exist.
  const own = caller.memberId ? { memberId: { $in: await readableMembers(em, caller) } } : {};
  return { act: actMessage(await em.findOneOrFail(Act, { actId, ...own })) };
}

import { type Caller, readPage, writePage } from '@jonction/commands';
import type { ListMandatesRequest, ListMandatesResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Mandate, mustActFor, SigningDelegation } from '../domain/mandate.ts';
import { Member } from '../domain/member.ts';
import { mandateMessage } from './mandate-message.ts';

export async function listMandates(
  em: EntityManager,
  request: ListMandatesRequest,
  { caller }: { caller: Caller },
): Promise<ListMandatesResponse> {
  const { memberId } = request;
  const fields = checkFields();
  fields.uuid('member_id', memberId);
  fields.done();
  const { limit, after } = readPage(request, [memberId], 1);
  await em.findOneOrFail(Member, { memberId });
  mustActFor(memberId, caller.memberId);
  const where = { memberId, ...(after?.[0] ? { mandateId: { $lt: after[0] } } : {}) };
  const mandates = await em.find(Mandate, where, { orderBy: { mandateId: 'desc' }, limit: limit + 1 });
  const page = mandates.slice(0, limit);
  const mandateId = { $in: page.map((mandate) => mandate.mandateId) };
  const given = await em.find(SigningDelegation, { mandateId }, { orderBy: { delegationId: 'asc' } });
  const byMandate = Map.groupBy(given, (delegation) => delegation.mandateId);
  const last = mandates.length > limit ? page.at(-1) : undefined;
  return {
    mandates: page.map((mandate) => mandateMessage(mandate, byMandate.get(mandate.mandateId))),
    nextPageToken: writePage(last && [last.mandateId], [memberId]),
  };
}

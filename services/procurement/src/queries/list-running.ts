import type { Caller } from '@jonction/commands';
import type { ProcurementListRunningRequest, ProcurementListRunningResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { Consultation } from '../domain/consultation.ts';

const MOST_MEMBERS = 100;
const MOST_SHOWN = 50;
const USUALLY_SHOWN = 10;

/** What runs for some members: a kind is added here when it is added to what a merge moves. */
export async function listRunning(
  em: EntityManager,
  { memberIds, limit }: ProcurementListRunningRequest,
  { caller }: { caller: Caller },
): Promise<ProcurementListRunningResponse> {
  const fields = checkFields();
  const some = memberIds.length > 0 && memberIds.length <= MOST_MEMBERS;
  fields.expect(some, 'member_ids', `must be 1 to ${MOST_MEMBERS}`);
  for (const [at, id] of memberIds.slice(0, MOST_MEMBERS).entries()) fields.uuid(`member_ids[${at}]`, id);
  fields.expect(limit >= 0 && limit <= MOST_SHOWN, 'limit', `must be ${MOST_SHOWN} at most`);
  fields.done();
  const consultations = await em.find(Consultation, running(caller.operator, memberIds), {
    orderBy: { deadline: 'asc', consultationId: 'asc' },
    limit: limit || USUALLY_SHOWN,
  });
  const items = consultations.map(({ consultationId, memberId, title, status, deadline }) => ({
    ...{ id: consultationId, memberId, label: title, status },
    endsAt: deadline,
  }));
  const count = await countRunning(em, caller.operator, memberIds);
  return { running: [{ kind: 'consultation', count, items }] };
}

/** How many consultations of some members run. */
export function countRunning(em: EntityManager, operator: string, memberIds: string[]): Promise<number> {
  return em.count(Consultation, running(operator, memberIds));
}

/** The same as Consultation.runs; the operator is named, for published rows of all are seen. */
function running(operator: string, memberIds: string[]): FilterQuery<Consultation> {
  return { operator, memberId: { $in: memberIds }, status: { $ne: 'CONSULTATION_STATUS_DONE' } };
}

import { readPage, writePage } from '@jonction/commands';
import type { ListStepsRequest, ListStepsResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { MembershipStep } from '../domain/life.ts';
import { Member } from '../domain/member.ts';
import { stepMessage } from './step-message.ts';

export async function listSteps(em: EntityManager, request: ListStepsRequest): Promise<ListStepsResponse> {
  const { memberId, asOf } = request;
  const fields = checkFields();
  fields.uuid('member_id', memberId);
  fields.day('as_of', asOf, { optional: true });
  fields.done();
  const filters = [memberId, ...(asOf ? [asOf] : [])];
  const { limit, after } = readPage(request, filters, 1);
  await em.findOneOrFail(Member, { memberId });
  // Ids are drawn in the order of time (UUIDv7); those that a migration drew come in any order, one a member.
  const where = {
    memberId,
    ...(after ? { stepId: { $gt: after[0] ?? '' } } : {}),
    ...(asOf ? { effectiveOn: { $lte: asOf } } : {}),
  };
  const steps = await em.find(MembershipStep, where, { orderBy: { stepId: 'asc' }, limit: limit + 1 });
  const page = steps.slice(0, limit);
  const last = steps.length > limit ? page.at(-1) : undefined;
  return { steps: page.map(stepMessage), nextPageToken: writePage(last && [last.stepId], filters) };
}

import type { CommandContext } from '@jonction/commands';
import { type RecordSizeRequest, type RecordSizeResponse, SizeRecorded } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Member } from '../domain/member.ts';
import { MemberSize } from '../domain/member-size.ts';
import { refuse } from '../refusals.ts';

const MOST_EUROS = 1_000_000_000_000n;
const MOST_STAFF = 1_000_000;

/** Records the size of a body since a day; what it was before stays. */
export async function recordSize(
  em: EntityManager,
  request: RecordSizeRequest,
  { now, caller }: CommandContext,
): Promise<RecordSizeResponse> {
  check(request);
  const { memberId, effectiveOn, size = {} } = request;
  if (effectiveOn > now.toISOString().slice(0, 10)) throw refuse('DAY_TO_COME');
  const member = await em.findOneOrFail(Member, { memberId });
  member.mustLive();
  const [last] = await em.find(MemberSize, { memberId }, { orderBy: { effectiveOn: 'desc' }, limit: 1 });
  if (last && effectiveOn < last.effectiveOn) throw refuse('SIZE_RECORDED_LATER', { since: last.effectiveOn });
  const what = { budgetEuros: size.budgetEuros ?? null, staff: size.staff ?? null };
  // Of the same day it is a correction.
  if (last?.effectiveOn === effectiveOn) Object.assign(last, what);
  else em.create(MemberSize, { operator: caller.operator, memberId, effectiveOn, ...what });
  record(em, SizeRecorded, { ...member.fields(), effectiveOn, ...size });
  await em.flush();
  return { size };
}

function check({ requestId, memberId, effectiveOn, size }: RecordSizeRequest): void {
  const { budgetEuros, staff } = size ?? {};
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('member_id', memberId);
  fields.day('effective_on', effectiveOn);
  fields.expect(budgetEuros !== undefined || staff !== undefined, 'size', 'must say the budget or the staff');
  const budget = budgetEuros ?? 0n;
  fields.expect(budget >= 0n && budget <= MOST_EUROS, 'size.budget_euros', `must be 0 to ${MOST_EUROS}`);
  fields.expect((staff ?? 0) >= 0 && (staff ?? 0) <= MOST_STAFF, 'size.staff', `must be 0 to ${MOST_STAFF}`);
  fields.done();
}

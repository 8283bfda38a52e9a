import type { CommandContext } from '@jonction/commands';
import type { RecordChangeRequest, RecordChangeResponse, TerritoryChange } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Identifier, Member } from '../domain/member.ts';
import { memberMessage } from '../queries/member-message.ts';
import { refuse } from '../refusals.ts';
import { apply, type Change, checkChange, register } from './changes.ts';
import { endSigning } from './end-mandates.ts';

/** Records what happened to a body on a day, and says it. */
export async function recordChange(
  em: EntityManager,
  request: RecordChangeRequest,
  { now, caller }: CommandContext,
): Promise<RecordChangeResponse> {
  const { memberId, effectiveOn, change } = check(request);
  if (effectiveOn > now.toISOString().slice(0, 10)) throw refuse('DAY_TO_COME');
  if (change.$case === 'registration') {
    const registered = register(em, caller.operator, memberId, change.value);
    return { member: memberMessage(registered.member, registered.identifiers) };
  }
  const member = await em.findOneOrFail(Member, { memberId });
  await apply(em, member, effectiveOn, change);
  if (member.ceasedOn !== null) await endSigning(em, member, now);
  const identifiers = await em.find(Identifier, { memberId });
  return { member: memberMessage(member, identifiers) };
}

function check(request: RecordChangeRequest): TerritoryChange & { change: Change } {
  const fields = checkFields();
  const { memberId = '', effectiveOn = '', change } = request.change ?? {};
  fields.uuid('change.member_id', memberId);
  fields.day('change.effective_on', effectiveOn, { optional: change?.$case === 'registration' });
  fields.expect(change !== undefined, 'change', 'must say what changes');
  if (change) checkChange(fields, 'change.', change);
  fields.done();
  return { memberId, effectiveOn, change: change as Change };
}

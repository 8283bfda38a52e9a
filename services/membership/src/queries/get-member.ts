import type { GetMemberRequest, GetMemberResponse } from '@jonction/contracts';
import { checkFields, refuse } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { membersAsOf } from './as-of.ts';

export async function getMember(em: EntityManager, request: GetMemberRequest): Promise<GetMemberResponse> {
  const fields = checkFields();
  fields.uuid('member_id', request.memberId);
  fields.day('as_of', request.asOf, { optional: true });
  fields.done();
  const [member] = await membersAsOf(em, [request.memberId], request.asOf);
  if (!member) throw refuse('NOT_FOUND', { what: 'Member' });
  return { member };
}

import type { GetMemberRequest, GetMemberResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Member } from '../domain/member.ts';
import { membersAsOf } from './as-of.ts';

export async function getMember(em: EntityManager, request: GetMemberRequest): Promise<GetMemberResponse> {
  const fields = checkFields();
  fields.uuid('member_id', request.memberId);
  fields.day('as_of', request.asOf, { optional: true });
  fields.done();
  const member = await em.findOneOrFail(Member, { memberId: request.memberId });
  const [message] = await membersAsOf(em, [member], request.asOf);
  return { member: message };
}

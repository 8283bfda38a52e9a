import type { GetMemberRequest, GetMemberResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Identifier, Member } from '../domain/member.ts';
import { memberMessage } from './member-message.ts';

export async function getMember(em: EntityManager, request: GetMemberRequest): Promise<GetMemberResponse> {
  const fields = checkFields();
  fields.uuid('member_id', request.memberId);
  fields.day('as_of', request.asOf, { optional: true });
  fields.done();
  const member = await em.findOneOrFail(Member, { memberId: request.memberId });
  const identifiers = await em.find(
    Identifier,
    { memberId: request.memberId },
    { orderBy: { scheme: 'asc', validFrom: 'asc' } },
  );
  return {
    member: memberMessage(
      member,
      identifiers.filter((one) => !request.asOf || one.isValidOn(request.asOf)),
    ),
  };
}

import type { Member as MemberMessage } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Identifier, type Member, PastDescription } from '../domain/member.ts';
import { memberMessage } from './member-message.ts';

/**
 * The members as they were on a day, with the codes valid then; as they are, with all their codes, when the day is empty.
 * Two queries, however many they are.
 */
export async function membersAsOf(em: EntityManager, members: Member[], day: string): Promise<MemberMessage[]> {
  const memberId = { $in: members.map((member) => member.memberId) };
  const orderBy = { scheme: 'asc', validFrom: 'asc' } as const;
  const identifiers = Map.groupBy(await em.find(Identifier, { memberId }, { orderBy }), (one) => one.memberId);
  const over = day ? await em.find(PastDescription, { memberId, validUntil: { $gte: day } }) : [];
  const pasts = Map.groupBy(over, (past) => past.memberId);
  return members.map((member) => {
    const codes = identifiers.get(member.memberId) ?? [];
    const valid = day ? codes.filter((one) => one.isValidOn(day)) : codes;
    return memberMessage(
      member,
      valid,
      pasts.get(member.memberId)?.find((past) => past.holdsOn(day)),
    );
  });
}

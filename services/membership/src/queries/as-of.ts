import type { Member as MemberMessage, MemberStatus } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { MembershipStep } from '../domain/life.ts';
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
  const statuses = day ? await statusesOn(em, members, day) : undefined;
  return members.map((member) => {
    const codes = identifiers.get(member.memberId) ?? [];
    const valid = day ? codes.filter((one) => one.isValidOn(day)) : codes;
    const past = pasts.get(member.memberId)?.find((one) => one.holdsOn(day));
    const message = memberMessage(member, valid, past);
    return statuses ? { ...message, status: statuses.get(member.memberId) ?? 'MEMBER_STATUS_PROSPECT' } : message;
  });
}

/** Where memberships stood on a day, by member; one that had not begun is absent. */
export async function statusesOn(
  em: EntityManager,
  members: Member[],
  day: string,
): Promise<Map<string, MemberStatus>> {
  const memberId = { $in: members.map((member) => member.memberId) };
  // The steps of one day count in the order they were recorded, which their ids tell.
  const orderBy = { effectiveOn: 'asc', stepId: 'asc' } as const;
  const steps = await em.find(MembershipStep, { memberId, effectiveOn: { $lte: day } }, { orderBy });
  return new Map(steps.map((step) => [step.memberId, step.status]));
}

import type { Caller } from '@jonction/commands';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/** Whose acts an agent of a member reads: its own, and those that the bodies left whose place it took. */
export async function readableMembers(em: EntityManager, { memberId }: Caller): Promise<string[]> {
  const succeeded = await em.find(KnownMember, { successorMemberId: memberId });
  return [memberId, ...succeeded.map((one) => one.memberId)];
}

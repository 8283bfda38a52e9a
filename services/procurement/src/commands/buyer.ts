import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/**
 * The member that begins something, locked to the end of the transaction against being held by a merge: what begins is there
 * before its running work is counted and moved, or is refused. Of many in one transaction the first takes the lock.
 */
export async function buyerThatBegins(em: EntityManager, memberId: string): Promise<KnownMember | null> {
  const known = em.getUnitOfWork().getById<KnownMember>(KnownMember, memberId as never);
  return known ?? em.findOne(KnownMember, { memberId }, { lockMode: LockMode.PESSIMISTIC_READ });
}

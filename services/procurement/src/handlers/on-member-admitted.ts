import type { MemberAdmitted } from '@jonction/contracts';
import { mustBeNew } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/** Lets the member be a buyer. */
export function onMemberAdmitted(em: EntityManager, { operator, memberId, name }: MemberAdmitted): void {
  mustBeNew(em, KnownMember, memberId);
  em.create(KnownMember, { operator, memberId, name });
}

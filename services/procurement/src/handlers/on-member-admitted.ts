import type { MemberAdmitted } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/** Lets the member be a buyer. */
export async function onMemberAdmitted(em: EntityManager, event: MemberAdmitted): Promise<void> {
  await knowMember(em, event);
}

type Presented = Pick<MemberAdmitted, 'operator' | 'memberId' | 'name'>;

/** A member may be known already: approved before it was admitted, or here once before. */
export async function knowMember(em: EntityManager, { operator, memberId, name }: Presented): Promise<void> {
  const known = await em.findOne(KnownMember, { memberId });
  if (known) Object.assign(known, { name, open: true });
  else em.create(KnownMember, { operator, memberId, name, open: true, mergeId: null });
}

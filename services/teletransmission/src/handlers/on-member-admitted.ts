import type { MemberAdmitted } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/** Lets the member deposit acts. */
export async function onMemberAdmitted(em: EntityManager, event: MemberAdmitted): Promise<void> {
  await knowMember(em, event);
}

type Presented = Pick<MemberAdmitted, 'operator' | 'memberId' | 'name' | 'departementCode' | 'identifiers'>;

/** A member may be known already: approved before it was admitted, or here once before. */
export async function knowMember(em: EntityManager, event: Presented): Promise<void> {
  const { operator, memberId, name, departementCode, identifiers } = event;
  const valid = identifiers.find(({ scheme, validUntil }) => scheme === 'IDENTIFIER_SCHEME_SIREN' && !validUntil);
  const what = { name, siren: valid?.value ?? '', departementCode, open: true };
  const known = await em.findOne(KnownMember, { memberId });
  if (known) Object.assign(known, what);
  else em.create(KnownMember, { operator, memberId, ...what, mergeId: null, successorMemberId: null });
}

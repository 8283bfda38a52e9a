import type { MemberAdmitted } from '@jonction/contracts';
import { mustBeNew } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/** Lets the member deposit acts. */
export function onMemberAdmitted(em: EntityManager, event: MemberAdmitted): void {
  const { operator, memberId, name, departementCode, identifiers } = event;
  mustBeNew(em, KnownMember, memberId);
  const valid = identifiers.find(({ scheme, validUntil }) => scheme === 'IDENTIFIER_SCHEME_SIREN' && !validUntil);
  em.create(KnownMember, { operator, memberId, name, siren: valid?.value ?? '', departementCode });
}

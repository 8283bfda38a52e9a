import type { OrganizationIdentifierChanged } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/** The member sends its acts under its new SIREN. */
export async function onOrganizationIdentifierChanged(
  em: EntityManager,
  { memberId, scheme, after }: OrganizationIdentifierChanged,
): Promise<void> {
  if (scheme !== 'IDENTIFIER_SCHEME_SIREN') return;
  const known = await em.findOne(KnownMember, { memberId });
  if (known) known.siren = after;
}

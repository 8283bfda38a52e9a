import type { OrganizationRenamed } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/** What the member deposits from now on bears its new name. */
export async function onOrganizationRenamed(
  em: EntityManager,
  { memberId, after }: OrganizationRenamed,
): Promise<void> {
  const known = await em.findOne(KnownMember, { memberId });
  if (known) known.name = after;
}

import type { SigningDelegationRevoked } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownDelegation } from '../domain/signing-right.ts';

/** Nobody signs by this delegation any more. */
export async function onSigningDelegationRevoked(
  em: EntityManager,
  { delegationId }: SigningDelegationRevoked,
): Promise<void> {
  const known = await em.findOneOrFail(KnownDelegation, { delegationId });
  known.revoked = true;
}

import type { SigningDelegationGranted } from '@jonction/contracts';
import type { About } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownDelegation } from '../domain/signing-right.ts';
import { unlessBegun } from './on-mandate-started.ts';

/** Lets the agent sign what the delegation covers, while its mandate holds: which may be heard of later. */
export async function onSigningDelegationGranted(
  em: EntityManager,
  event: SigningDelegationGranted,
  about: About,
): Promise<void> {
  const { operator, memberId, delegationId, mandateId, agentId, natures, endsAt = null } = event;
  em.create(KnownDelegation, {
    ...{ operator, memberId, delegationId, mandateId, agentId, natures },
    ...{ maxAmountCents: Number(event.maxAmountCents), startsAt: unlessBegun(event.startsAt, about), endsAt },
    revoked: false,
  });
}

import type { SigningDelegation as DelegationMessage, Mandate as MandateMessage } from '@jonction/contracts';
import type { Mandate, SigningDelegation } from '../domain/mandate.ts';

/** A mandate as the contract shows it, with the delegations given. */
export function mandateMessage(mandate: Mandate, delegations: SigningDelegation[] = []): MandateMessage {
  const { mandateId, memberId, agentId, executive, startsAt, endsAt, endCause } = mandate;
  return {
    ...{ mandateId, memberId, agentId, function: mandate.function, executive, startsAt, endCause },
    endsAt: endsAt ?? undefined,
    delegations: delegations.map((delegation) => delegationMessage(delegation, mandate)),
  };
}

export function delegationMessage(delegation: SigningDelegation, mandate: Mandate): DelegationMessage {
  const { delegationId, mandateId, agentId, natures, maxAmountCents, startsAt, orderRef, revokedAt } = delegation;
  return {
    ...{ delegationId, mandateId, agentId, natures, startsAt, orderRef },
    maxAmountCents: BigInt(maxAmountCents),
    endsAt: delegation.endWith(mandate) ?? undefined,
    revokedAt: revokedAt ?? undefined,
  };
}

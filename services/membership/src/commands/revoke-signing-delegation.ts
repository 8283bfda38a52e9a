import type { CommandContext } from '@jonction/commands';
import {
  type RevokeSigningDelegationRequest,
  type RevokeSigningDelegationResponse,
  SigningDelegationRevoked,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Mandate, mustActFor, SigningDelegation } from '../domain/mandate.ts';
import { delegationMessage } from '../queries/mandate-message.ts';

export async function revokeSigningDelegation(
  em: EntityManager,
  { requestId, delegationId }: RevokeSigningDelegationRequest,
  { now, caller }: CommandContext,
): Promise<RevokeSigningDelegationResponse> {
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('delegation_id', delegationId);
  fields.done();
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE };
  const delegation = await em.findOneOrFail(SigningDelegation, { delegationId }, lock);
  mustActFor(delegation.memberId, caller.memberId);
  const mandate = await em.findOneOrFail(Mandate, { mandateId: delegation.mandateId });
  record(em, SigningDelegationRevoked, delegation.revoke(mandate, now));
  await em.flush();
  return { delegation: delegationMessage(delegation, mandate) };
}

import type { CommandContext } from '@jonction/commands';
import {
  type GrantSigningDelegationRequest,
  type GrantSigningDelegationResponse,
  SigningDelegationGranted,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Agent } from '../domain/agent.ts';
import { Mandate, mustActFor, SigningDelegation } from '../domain/mandate.ts';
import { scheduleWarning } from '../jobs/warn-expiring.ts';
import { delegationMessage } from '../queries/mandate-message.ts';
import { rulesOf } from './rules.ts';
import { checkTerm, instantsOf } from './terms.ts';

const ORDER = /^[A-Za-z0-9_./-]{1,60}$/;
const MOST_CENTS = 1_000_000_000_000_000n;

export async function grantSigningDelegation(
  em: EntityManager,
  request: GrantSigningDelegationRequest,
  { now, caller }: CommandContext,
): Promise<GrantSigningDelegationResponse> {
  check(request);
  const { mandateId, agentId, natures, maxAmountCents, term, orderRef } = request;
  // Who waited here for its end sees it: the lock is refused as a conflict, and the command runs again.
  const mandate = await em.findOneOrFail(Mandate, { mandateId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  mustActFor(mandate.memberId, caller.memberId);
  const agent = await em.findOneOrFail(Agent, { agentId });
  const delegation = em.create(SigningDelegation, {
    ...{ delegationId: uuidv7(), operator: caller.operator, memberId: mandate.memberId, mandateId, agentId },
    ...{ natures, maxAmountCents: Number(maxAmountCents), orderRef },
    ...instantsOf(term, await rulesOf(em, caller.operator), now),
    ...{ revokedAt: null, warnedDays: 0, version: 1 },
  });
  record(em, SigningDelegationGranted, delegation.grant(mandate, agent, now));
  scheduleWarning(em, delegation, mandate, now);
  await em.flush();
  return { delegation: delegationMessage(delegation, mandate) };
}

function check(request: GrantSigningDelegationRequest): void {
  const { requestId, mandateId, agentId, natures, maxAmountCents, term, orderRef } = request;
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('mandate_id', mandateId);
  fields.uuid('agent_id', agentId);
  for (const nature of natures) fields.known('natures', nature);
  fields.expect(new Set(natures).size === natures.length, 'natures', 'must name each nature once');
  const amount = maxAmountCents >= 0n && maxAmountCents <= MOST_CENTS;
  fields.expect(amount, 'max_amount_cents', 'must be 0 to 10^15');
  checkTerm(fields, term);
  fields.expect(ORDER.test(orderRef), 'order_ref', 'must have 1 to 60 of A-Z a-z 0-9 _ . / -');
  fields.done();
}

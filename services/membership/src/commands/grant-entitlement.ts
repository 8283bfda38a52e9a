import { type CommandContext, noteGrant } from '@jonction/commands';
import { EntitlementGranted, type GrantEntitlementRequest, type GrantEntitlementResponse } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Agent, Entitlement } from '../domain/agent.ts';
import { entitlementMessage } from '../queries/agent-message.ts';

export async function grantEntitlement(
  em: EntityManager,
  request: GrantEntitlementRequest,
  { now, caller }: CommandContext,
): Promise<GrantEntitlementResponse> {
  const { agentId, role } = request;
  const fields = checkFields();
  fields.requestId(request.requestId);
  fields.uuid('agent_id', agentId);
  fields.known('role', role);
  fields.done();
  // The roles of an agent change one at a time. Who waited here sees what was before: the agent's next event is then taken,
  // the commit is refused as a conflict, and the command runs again.
  const agent = await em.findOneOrFail(Agent, { agentId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  agent.mustBeManagedBy(caller.memberId);
  const held = await em.find(Entitlement, { agentId, revokedAt: null });
  const entitlement = em.create(Entitlement, {
    entitlementId: uuidv7(),
    operator: caller.operator,
    agentId,
    role,
    grantedAt: now,
    revokedAt: null,
  });
  const granted = agent.grant(entitlement, held, now);
  record(em, EntitlementGranted, granted);
  await em.flush();
  await noteGrant(em, granted);
  return { entitlement: entitlementMessage(entitlement) };
}

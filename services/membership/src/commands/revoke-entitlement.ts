import { type CommandContext, noteRevocation } from '@jonction/commands';
import { EntitlementRevoked, type RevokeEntitlementRequest, type RevokeEntitlementResponse } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Agent, Entitlement } from '../domain/agent.ts';

export async function revokeEntitlement(
  em: EntityManager,
  request: RevokeEntitlementRequest,
  { now, caller }: CommandContext,
): Promise<RevokeEntitlementResponse> {
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
  const revoked = agent.revoke(role, held, now);
  record(em, EntitlementRevoked, revoked);
  await em.flush();
  await noteRevocation(em, revoked);
  return { revokedAt: now };
}

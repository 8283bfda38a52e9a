import { type CommandContext, noteRevocation } from '@jonction/commands';
import { EntitlementRevoked, type RevokeEntitlementRequest, type RevokeEntitlementResponse } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
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
  const agent = await em.findOneOrFail(Agent, { agentId });
  agent.mustBeManagedBy(caller.memberId);
  const held = await em.find(Entitlement, { agentId, revokedAt: null });
  const revoked = agent.revoke(role, held, now);
  record(em, EntitlementRevoked, revoked);
  await em.flush();
  await noteRevocation(em, revoked);
  return { revokedAt: now };
}

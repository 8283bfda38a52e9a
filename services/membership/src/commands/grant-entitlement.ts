import { type CommandContext, noteGrant } from '@jonction/commands';
import {
  EntitlementGranted,
  type GrantEntitlementRequest,
  type GrantEntitlementResponse,
  type Role,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Agent, Entitlement } from '../domain/agent.ts';
import { Member } from '../domain/member.ts';
import { serviceOfRole } from '../domain/roles.ts';
import { entitlementMessage } from '../queries/agent-message.ts';
import { refuse } from '../refusals.ts';
import { inWords } from './record-step.ts';

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
  await mustSubscribe(em, agent, role);
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

/** Throws SERVICE_NOT_SUBSCRIBED when the role works in a service that the agent's member has not. */
async function mustSubscribe(em: EntityManager, { memberId }: Agent, role: Role): Promise<void> {
  const service = serviceOfRole[role];
  if (!service || memberId === '') return;
  const { services } = await em.findOneOrFail(Member, { memberId });
  if (!services.includes(service)) throw refuse('SERVICE_NOT_SUBSCRIBED', { service: inWords(service) });
}

import { type Query, readPage, writePage } from '@jonction/commands';
import type { ListAgentsRequest, ListAgentsResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import { Agent, Entitlement } from '../domain/agent.ts';
import { refuse } from '../refusals.ts';
import { agentMessage } from './agent-message.ts';

export const listAgents: Query<ListAgentsRequest, ListAgentsResponse> = async (em, request, { caller }) => {
  const fields = checkFields();
  fields.uuid('member_id', request.memberId, { optional: true });
  fields.done();
  if (caller.memberId !== '' && caller.memberId !== request.memberId) throw refuse('OTHER_MEMBER');
  const { limit, after } = readPage(request, [request.memberId], 1);
  const beyond = after?.[0] === undefined ? {} : { agentId: { $gt: after[0] } };
  const agents = await em.find(
    Agent,
    { memberId: request.memberId, ...beyond },
    { orderBy: { agentId: 'asc' }, limit: limit + 1 },
  );
  const page = agents.slice(0, limit);
  const held = await em.find(Entitlement, { agentId: { $in: page.map((agent) => agent.agentId) }, revokedAt: null });
  const byAgent = Map.groupBy(held, (entitlement) => entitlement.agentId);
  const last = agents.length > limit ? page.at(-1) : undefined;
  return {
    agents: page.map((agent) => agentMessage(agent, byAgent.get(agent.agentId) ?? [])),
    nextPageToken: writePage(last && [last.agentId], [request.memberId]),
  };
};

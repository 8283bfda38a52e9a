import { type Query, readPage, writePage } from '@jonction/commands';
import type { ListAgentsRequest, ListAgentsResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { FilterQuery } from '@mikro-orm/postgresql';
import { Agent, Entitlement } from '../domain/agent.ts';
import { refuse } from '../refusals.ts';
import { agentMessage } from './agent-message.ts';

export const listAgents: Query<ListAgentsRequest, ListAgentsResponse> = async (em, request, { caller }) => {
  const fields = checkFields();
  const { memberId, asOf } = request;
  fields.uuid('member_id', memberId, { optional: true });
  fields.expect(asOf === undefined || !Number.isNaN(asOf.getTime()), 'as_of', 'must be a time');
  fields.done();
  if (caller.memberId !== '' && caller.memberId !== memberId) throw refuse('OTHER_MEMBER');
  const filters = [memberId, ...(asOf ? [asOf] : [])];
  const { limit, after } = readPage(request, filters, 1);
  const beyond = after?.[0] === undefined ? {} : { agentId: { $gt: after[0] } };
  const agents = await em.find(
    Agent,
    { memberId, ...beyond, ...(asOf ? { enrolledAt: { $lte: asOf } } : {}) },
    { orderBy: { agentId: 'asc' }, limit: limit + 1 },
  );
  const page = agents.slice(0, limit);
  const agentId = { $in: page.map((agent) => agent.agentId) };
  const held = await em.find(Entitlement, { agentId, ...(asOf ? heldAt(asOf) : { revokedAt: null }) });
  const byAgent = Map.groupBy(held, (entitlement) => entitlement.agentId);
  const last = agents.length > limit ? page.at(-1) : undefined;
  return {
    agents: page.map((agent) => agentMessage(agent, byAgent.get(agent.agentId) ?? [])),
    nextPageToken: writePage(last && [last.agentId], filters),
  };
};

/** Granted by then, and not taken back by then. */
function heldAt(time: Date): FilterQuery<Entitlement> {
  return { grantedAt: { $lte: time }, $or: [{ revokedAt: null }, { revokedAt: { $gt: time } }] };
}

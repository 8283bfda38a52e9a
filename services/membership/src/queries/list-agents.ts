import { type Query, readPage, writePage } from '@jonction/commands';
import type { ListAgentsRequest, ListAgentsResponse } from '@jonction/contracts';
import { checkFields, sql } from '@jonction/service';
import type { FilterQuery } from '@mikro-orm/postgresql';
import { Agent, Entitlement } from '../domain/agent.ts';
import { refuse } from '../refusals.ts';
import { agentMessage } from './agent-message.ts';
import { actedFor } from './entitled.ts';

const FIRST = '00000000-0000-0000-0000-000000000000';
const ACT = 'select a.agent_id as id from agent a where a.member_id = $1 and a.agent_id > $2 order by 1 limit $3';
const ACTED = `
  select a.agent_id as id from agent a ${actedFor('$4')}
  where acted.member_id = $1 and a.agent_id > $2 and a.enrolled_at <= $4 order by 1 limit $3`;

export const listAgents: Query<ListAgentsRequest, ListAgentsResponse> = async (em, request, { caller }) => {
  const fields = checkFields();
  const { memberId, asOf } = request;
  fields.uuid('member_id', memberId, { optional: true });
  fields.time('as_of', asOf);
  fields.done();
  if (caller.memberId !== '' && caller.memberId !== memberId) throw refuse('OTHER_MEMBER');
  const filters = [memberId, ...(asOf ? [asOf] : [])];
  const { limit, after } = readPage(request, filters, 1);
  const whose = await sql<{ id: string }>(em, asOf ? ACTED : ACT, [
    memberId,
    after?.[0] ?? FIRST,
    limit + 1,
    ...(asOf ? [asOf] : []),
  ]);
  const agents = await em.find(Agent, { agentId: { $in: whose.map(({ id }) => id) } }, { orderBy: { agentId: 'asc' } });
  const page = agents.slice(0, limit);
  const agentId = { $in: page.map((agent) => agent.agentId) };
  const held = await em.find(Entitlement, { agentId, ...(asOf ? heldAt(asOf) : { revokedAt: null }) });
  const byAgent = Map.groupBy(held, (entitlement) => entitlement.agentId);
  const last = agents.length > limit ? page.at(-1) : undefined;
  return {
    agents: page.map((agent) => ({ ...agentMessage(agent, byAgent.get(agent.agentId) ?? []), memberId })),
    nextPageToken: writePage(last && [last.agentId], filters),
  };
};

/** Granted by then, and not taken back by then. */
function heldAt(time: Date): FilterQuery<Entitlement> {
  return { grantedAt: { $lte: time }, $or: [{ revokedAt: null }, { revokedAt: { $gt: time } }] };
}

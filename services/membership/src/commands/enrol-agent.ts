import { type CommandContext, noteAgent } from '@jonction/commands';
import { AgentEnrolled, type EnrolAgentRequest, type EnrolAgentResponse } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Agent } from '../domain/agent.ts';
import { Member } from '../domain/member.ts';
import { agentMessage } from '../queries/agent-message.ts';

export async function enrolAgent(
  em: EntityManager,
  request: EnrolAgentRequest,
  { now, caller }: CommandContext,
): Promise<EnrolAgentResponse> {
  const { memberId, subject, displayName } = request;
  const fields = checkFields();
  fields.requestId(request.requestId);
  fields.uuid('member_id', memberId, { optional: true });
  fields.text('subject', subject, { max: 128 });
  fields.text('display_name', displayName, { max: 120 });
  fields.done();
  const agent = em.create(Agent, {
    agentId: uuidv7(),
    operator: caller.operator,
    memberId,
    subject,
    displayName,
    enrolledAt: now,
    version: 1,
  });
  agent.mustBeManagedBy(caller.memberId);
  if (memberId !== '') (await em.findOneOrFail(Member, { memberId })).mustLive();
  const enrolled = agent.enrol();
  record(em, AgentEnrolled, enrolled);
  // membership's own copy of who may do what is kept in the same transaction: it has nobody to hear it from.
  await em.flush();
  await noteAgent(em, enrolled);
  return { agent: agentMessage(agent, []) };
}

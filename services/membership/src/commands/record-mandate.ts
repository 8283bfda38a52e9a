import type { CommandContext } from '@jonction/commands';
import { MandateStarted, type RecordMandateRequest, type RecordMandateResponse } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Agent } from '../domain/agent.ts';
import { isExecutive, Mandate, mustActFor } from '../domain/mandate.ts';
import { Member } from '../domain/member.ts';
import { mandateMessage } from '../queries/mandate-message.ts';
import { rulesOf } from './rules.ts';
import { checkTerm, instantsOf } from './terms.ts';

export async function recordMandate(
  em: EntityManager,
  { requestId, memberId, agentId, function: name, term }: RecordMandateRequest,
  { now, caller }: CommandContext,
): Promise<RecordMandateResponse> {
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('member_id', memberId);
  fields.uuid('agent_id', agentId);
  fields.known('function', name);
  checkTerm(fields, term);
  fields.done();
  const member = await em.findOneOrFail(Member, { memberId });
  mustActFor(memberId, caller.memberId);
  member.mustLive();
  const agent = await em.findOneOrFail(Agent, { agentId });
  const mandate = em.create(Mandate, {
    ...{ mandateId: uuidv7(), operator: caller.operator, memberId, agentId },
    ...{ function: name, executive: isExecutive(name) },
    ...instantsOf(term, await rulesOf(em, caller.operator), now),
    ...{ endCause: 'MANDATE_END_CAUSE_UNSPECIFIED', version: 1 },
  });
  record(em, MandateStarted, mandate.start(member.kind, agent));
  // That nobody is twice in a function, and that there is one executive at a time, is for the constraints to say.
  await em.flush();
  return { mandate: mandateMessage(mandate) };
}

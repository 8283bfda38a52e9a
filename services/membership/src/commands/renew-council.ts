import type { CommandContext } from '@jonction/commands';
import { MandateEnded, MandateStarted, type RenewCouncilRequest, type RenewCouncilResponse } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Agent } from '../domain/agent.ts';
import { isExecutive, Mandate, mustActFor } from '../domain/mandate.ts';
import { Member } from '../domain/member.ts';
import { midnightOf } from '../domain/operator-rules.ts';
import { mandateMessage } from '../queries/mandate-message.ts';
import { refuse } from '../refusals.ts';
import { endMandates } from './end-mandates.ts';
import { rulesOf } from './rules.ts';

/** The council of Paris has 163. */
const MOST = 300;

/** Ends all mandates of a member and starts those of its new council, at one instant. */
export async function renewCouncil(
  em: EntityManager,
  request: RenewCouncilRequest,
  { now, caller }: CommandContext,
): Promise<RenewCouncilResponse> {
  check(request);
  const { memberId, endsOn } = request;
  const renewedAt = request.renewedAt ?? now;
  const member = await em.findOneOrFail(Member, { memberId });
  mustActFor(memberId, caller.memberId);
  member.mustLive();
  if (renewedAt > now) throw refuse('DAY_TO_COME');
  const endsAt = endsOn ? midnightOf(await rulesOf(em, caller.operator), endsOn, 1) : null;
  const agents = await agentsOf(em, request);
  const ended = await endMandates(em, memberId, { cause: 'MANDATE_END_CAUSE_RENEWAL', at: renewedAt, now });
  // The old ones must be over in the database before it judges the new ones.
  await em.flush();
  const mandates = request.mandates.map(({ agentId, function: name }) => {
    const mandate = em.create(Mandate, {
      ...{ mandateId: uuidv7(), operator: caller.operator, memberId, agentId },
      ...{ function: name, executive: isExecutive(name), startsAt: renewedAt, endsAt },
      ...{ endCause: 'MANDATE_END_CAUSE_UNSPECIFIED', version: 1 },
    });
    // The new ones are told first: who is elected again may sign without a gap, wherever the events are between two batches.
    record(em, MandateStarted, mandate.start(member.kind, agents.get(agentId) as Agent));
    return mandate;
  });
  for (const one of ended) record(em, MandateEnded, one);
  await em.flush();
  const endedMandateIds = ended.map(({ mandateId }) => mandateId);
  return { memberId, endedMandateIds, mandates: mandates.map((mandate) => mandateMessage(mandate)) };
}

/** The agents named, by id; throws NOT_FOUND when one is not known. */
async function agentsOf(em: EntityManager, { mandates }: RenewCouncilRequest): Promise<Map<string, Agent>> {
  const ids = [...new Set(mandates.map(({ agentId }) => agentId))];
  const found = await em.find(Agent, { agentId: { $in: ids } });
  const byId = new Map(found.map((agent) => [agent.agentId, agent]));
  for (const agentId of ids) if (!byId.has(agentId)) await em.findOneOrFail(Agent, { agentId });
  return byId;
}

/** Throws FIELD_INVALID, COUNCIL_WITHOUT_EXECUTIVE. */
function check({ requestId, memberId, mandates, endsOn }: RenewCouncilRequest): void {
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('member_id', memberId);
  fields.expect(mandates.length >= 1 && mandates.length <= MOST, 'mandates', `must be 1 to ${MOST}`);
  for (const [nth, { agentId, function: name }] of mandates.slice(0, MOST).entries()) {
    fields.uuid(`mandates[${nth}].agent_id`, agentId);
    fields.known(`mandates[${nth}].function`, name);
  }
  fields.day('ends_on', endsOn, { optional: true });
  fields.done();
  if (!mandates.some((one) => isExecutive(one.function))) throw refuse('COUNCIL_WITHOUT_EXECUTIVE');
}

import type { CommandContext } from '@jonction/commands';
import {
  type AppointRepresentativeRequest,
  type AppointRepresentativeResponse,
  RepresentativeAppointed,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Agent } from '../domain/agent.ts';
import { mustActFor } from '../domain/mandate.ts';
import { Member } from '../domain/member.ts';
import { dayAt } from '../domain/operator-rules.ts';
import { Representative } from '../domain/representative.ts';
import { rulesOf } from './rules.ts';

const DECISION = /^[A-Za-z0-9_./-]{0,60}$/;

export async function appointRepresentative(
  em: EntityManager,
  request: AppointRepresentativeRequest,
  { now, caller }: CommandContext,
): Promise<AppointRepresentativeResponse> {
  const { memberId, titularAgentId, substituteAgentId, decisionRef } = request;
  const fields = checkFields();
  fields.requestId(request.requestId);
  fields.uuid('member_id', memberId);
  fields.uuid('titular_agent_id', titularAgentId);
  fields.uuid('substitute_agent_id', substituteAgentId, { optional: true });
  fields.day('effective_on', request.effectiveOn, { optional: true });
  fields.expect(DECISION.test(decisionRef), 'decision_ref', 'must have 0 to 60 of A-Z a-z 0-9 _ . / -');
  fields.done();
  // The representatives of a member are appointed one at a time, so that the last one is the last.
  const member = await em.findOneOrFail(Member, { memberId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  mustActFor(memberId, caller.memberId);
  member.mustLive();
  const named = [await em.findOneOrFail(Agent, { agentId: titularAgentId })];
  if (substituteAgentId !== '') named.push(await em.findOneOrFail(Agent, { agentId: substituteAgentId }));
  const orderBy = { effectiveOn: 'desc', appointmentId: 'desc' } as const;
  const before = await em.findOne(Representative, { memberId }, { orderBy });
  const effectiveOn = request.effectiveOn || dayAt(await rulesOf(em, caller.operator), now);
  const appointed = em.create(Representative, {
    ...{ appointmentId: uuidv7(), operator: caller.operator, memberId },
    ...{ titularAgentId, substituteAgentId, effectiveOn, decisionRef },
  });
  record(em, RepresentativeAppointed, appointed.appoint(before, named));
  await em.flush();
  return { appointmentId: appointed.appointmentId, effectiveOn };
}

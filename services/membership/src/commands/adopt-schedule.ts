import type { CommandContext } from '@jonction/commands';
import {
  type AdoptScheduleRequest,
  type AdoptScheduleResponse,
  ContributionSchedule,
  ScheduleAdopted,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { mustHold, Schedule } from '../domain/contribution-schedule.ts';
import { Member } from '../domain/member.ts';
import { scheduleMessage } from '../queries/schedule-message.ts';
import { checkSchedule } from './schedule-fields.ts';

const DECISION = /^[A-Za-z0-9_./-]{1,60}$/;

/** Adopts a schedule; the one it replaces ends the year before. */
export async function adoptSchedule(
  em: EntityManager,
  request: AdoptScheduleRequest,
  { now, caller }: CommandContext,
): Promise<AdoptScheduleResponse> {
  const content = check(request);
  mustHold(content, 'schedule');
  const { replacesScheduleId, decisionRef } = request;
  await membersMustBeKnown(em, content);
  const { firstYear, lastYear } = content;
  if (replacesScheduleId) (await em.findOneOrFail(Schedule, { scheduleId: replacesScheduleId })).giveWay(firstYear);
  const { operator } = caller;
  const schedule = em.create(Schedule, {
    ...{ scheduleId: uuidv7(), operator, firstYear, lastYear: lastYear || null, withdrawn: false },
    ...{ lastAssessedYear: null, decisionRef, content: ContributionSchedule.toJSON(content) as object },
    ...{ adoptedAt: now, adoptedByAgentId: caller.agentId, version: 1 },
  });
  const { scheduleId } = schedule;
  record(em, ScheduleAdopted, {
    ...{ operator, memberId: '', scheduleId, firstYear, lastYear },
    ...{ replacesScheduleId, decisionRef },
  });
  await em.flush();
  return { schedule: scheduleMessage(schedule) };
}

/** A third party pays for members that there are. Throws NOT_FOUND. */
async function membersMustBeKnown(em: EntityManager, { thirdParties }: ContributionSchedule): Promise<void> {
  const named = [...new Set(thirdParties.flatMap(({ memberIds }) => memberIds))];
  if (named.length === 0) return;
  const found = await em.find(Member, { memberId: { $in: named } }, { fields: ['memberId'] });
  const known = new Set(found.map(({ memberId }) => memberId));
  for (const memberId of named) if (!known.has(memberId)) await em.findOneOrFail(Member, { memberId });
}

function check({ requestId, schedule, replacesScheduleId, decisionRef }: AdoptScheduleRequest): ContributionSchedule {
  const fields = checkFields();
  fields.requestId(requestId);
  checkSchedule(fields, 'schedule', schedule);
  fields.uuid('replaces_schedule_id', replacesScheduleId, { optional: true });
  fields.expect(DECISION.test(decisionRef), 'decision_ref', 'must have 1 to 60 of A-Z a-z 0-9 _ . / -');
  fields.done();
  return schedule as ContributionSchedule;
}

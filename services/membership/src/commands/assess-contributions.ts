import type { CommandContext } from '@jonction/commands';
import {
  type AssessContributionsRequest,
  type AssessContributionsResponse,
  Contribution,
  ContributionAssessed,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields, sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { AssessedContribution } from '../domain/assessed-contribution.ts';
import { type Calculation, contributionOf, sum } from '../domain/contribution.ts';
import { allTold } from '../domain/contribution-problems.ts';
import { Schedule } from '../domain/contribution-schedule.ts';
import { dayAt } from '../domain/operator-rules.ts';
import { scheduleOverdue } from '../jobs/note-overdue.ts';
import { contributorsIn } from '../queries/contributors.ts';
import { contentOf } from '../queries/schedule-message.ts';
import { refuse } from '../refusals.ts';
import { rulesOf } from './rules.ts';
import { checkYear } from './schedule-fields.ts';

/**
 * Fixes what members pay in a year. All of it is one transaction, rows and events: killed at any moment, it has fixed all or
 * none, and asked again it fixes those who were admitted since.
 */
export async function assessContributions(
  em: EntityManager,
  request: AssessContributionsRequest,
  { now, caller }: CommandContext,
): Promise<AssessContributionsResponse> {
  check(request);
  const { year, scheduleId, dueOn } = request;
  const { operator } = caller;
  const today = dayAt(await rulesOf(em, operator), now);
  if (`${year}-01-01` > today) throw refuse('YEAR_TO_COME', { year });
  if (dueOn < today) throw refuse('DUE_DAY_PAST', { dueOn });
  const schedule = await em.findOneOrFail(Schedule, { scheduleId });
  const fixed = await sql<{ memberId: string; scheduleId: string }>(em, FIXED, [year]);
  if (fixed.some((one) => one.scheduleId !== scheduleId)) throw refuse('YEAR_ASSESSED', { year });
  schedule.mustBeValidIn(year);
  const known = new Set(fixed.map(({ memberId }) => memberId));
  const content = contentOf(schedule);
  const contributors = await contributorsIn(em, { operator, year, now });
  const outcomes = [...contributors.values()]
    .filter(({ memberId }) => !known.has(memberId))
    .map((one) => ({
      memberId: one.memberId,
      outcome: contributionOf(content, year, one, contributors.get(one.groupingMemberId)),
    }));
  const told = allTold(outcomes);
  for (const one of told) fix(em, one, { schedule, dueOn, now });
  if (told.length > 0) {
    schedule.assess(year);
    scheduleOverdue(em, { operator, dueOn });
  }
  return {
    ...{ assessed: told.length, assessedBefore: known.size },
    totalCents: sum(told.map(({ totalCents }) => totalCents)),
  };
}

const FIXED = 'select member_id as "memberId", schedule_id as "scheduleId" from contribution where year = $1';

/** Fixes the contribution of one member, and says so. */
function fix(
  em: EntityManager,
  { payers, ...calculation }: Calculation,
  { schedule, dueOn, now }: { schedule: Schedule; dueOn: string; now: Date },
): void {
  const { operator, scheduleId } = schedule;
  const { memberId, year, lines, vat, netCents, totalCents } = calculation;
  const { contributionId } = em.create(AssessedContribution, {
    ...{ contributionId: uuidv7(), operator, memberId, year, scheduleId, totalCents },
    calculation: Contribution.toJSON(Contribution.fromPartial(calculation)) as object,
    payers: payers.map((payer) => ({ ...payer, cents: String(payer.cents) })),
    ...{ assessedAt: now, dueOn, overdueOn: null, version: 1 },
    // Of nothing, nothing has to be paid.
    settledOn: totalCents === 0n ? now.toISOString().slice(0, 10) : null,
  });
  record(em, ContributionAssessed, {
    ...{ operator, memberId, contributionId, year, scheduleId },
    ...{ lines, vat, netCents, totalCents, payers, dueOn },
  });
}

function check({ requestId, year, scheduleId, dueOn }: AssessContributionsRequest): void {
  const fields = checkFields();
  fields.requestId(requestId);
  checkYear(fields, 'year', year);
  fields.uuid('schedule_id', scheduleId);
  fields.day('due_on', dueOn);
  fields.done();
}

import type { Stream } from '@jonction/commands';
import type {
  ContributionSchedule,
  SimulatedContribution,
  SimulateScheduleRequest,
  SimulateScheduleResponse,
  SimulationSummary,
} from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { checkSchedule, checkYear } from '../commands/schedule-fields.ts';
import { type Contributor, contributionOf, isTold, type Outcome, sum } from '../domain/contribution.ts';
import { mustHold, Schedule } from '../domain/contribution-schedule.ts';
import { contributorsIn } from './contributors.ts';
import { contentOf } from './schedule-message.ts';

/** All is read at one moment, in one transaction; what is told of it then takes as long as the caller does. */
export const simulateSchedule: Stream<SimulateScheduleRequest, SimulateScheduleResponse> = async function* (
  within,
  request,
) {
  const { year } = request;
  const { after, before, contributors } = await within(async (em, { caller, now }) => {
    // Only here is it known that the caller may ask.
    check(request);
    return {
      ...(await schedulesIn(em, request)),
      contributors: await contributorsIn(em, { operator: caller.operator, year, now }),
    };
  });
  const baseline = before && contentOf(before);
  const compared = [...contributors.values()].map((member) => {
    const grouping = contributors.get(member.groupingMemberId);
    return {
      member,
      tried: contributionOf(after, year, member, grouping),
      present: baseline && contributionOf(baseline, year, member, grouping),
    };
  });
  for (const one of compared) yield { part: { $case: 'contribution', value: simulated(one) } };
  yield { part: { $case: 'summary', value: summary(compared, before?.scheduleId ?? '') } };
};

/** The schedule that is tried, and the one it is compared with, if there is one. */
async function schedulesIn(
  em: EntityManager,
  { year, schedule, baselineScheduleId }: SimulateScheduleRequest,
): Promise<{ after: ContributionSchedule; before: Schedule | undefined }> {
  const after =
    schedule?.$case === 'scheduleId'
      ? contentOf(await em.findOneOrFail(Schedule, { scheduleId: schedule.value }))
      : (schedule?.value as ContributionSchedule);
  if (baselineScheduleId)
    return { after, before: await em.findOneOrFail(Schedule, { scheduleId: baselineScheduleId }) };
  const past = { withdrawn: false, firstYear: { $lte: year } };
  const [before] = await em.find(Schedule, past, { orderBy: { firstYear: 'desc' }, limit: 1 });
  return { after, before };
}

/** One member with both outcomes; `present` is undefined when there is nothing to compare with. */
interface Compared {
  member: Contributor;
  tried: Outcome;
  present: Outcome | undefined;
}

function simulated({ member, tried, present }: Compared): SimulatedContribution {
  const { memberId, name, kind } = member;
  const [beforeCents, afterCents] = [centsOf(present), centsOf(tried)];
  return {
    ...{ memberId, name, kind, beforeCents, afterCents },
    differenceCents: isComparable({ tried, present }) ? afterCents - beforeCents : 0n,
    problem: problemOf(tried),
    problemBefore: problemOf(present),
  };
}

/** Whether both can be told, or the one there is. */
function isComparable({ tried, present }: Pick<Compared, 'tried' | 'present'>): boolean {
  return isTold(tried) && (present === undefined || isTold(present));
}

function summary(compared: Compared[], baselineScheduleId: string): SimulationSummary {
  const comparable = compared.filter(isComparable);
  const told = comparable.map(simulated);
  const payers = comparable.flatMap(({ tried }) => (isTold(tried) ? tried.payers : []));
  return {
    members: compared.length,
    winners: told.filter(({ differenceCents }) => differenceCents < 0n).length,
    losers: told.filter(({ differenceCents }) => differenceCents > 0n).length,
    unchanged: told.filter(({ differenceCents }) => differenceCents === 0n).length,
    untold: compared.length - told.length,
    beforeCents: sum(told.map((one) => one.beforeCents)),
    afterCents: sum(told.map((one) => one.afterCents)),
    thirdPartiesCents: sum(payers.filter(({ payerId }) => payerId !== '').map(({ cents }) => cents)),
    baselineScheduleId,
  };
}

const NONE = 'CONTRIBUTION_PROBLEM_UNSPECIFIED';

function centsOf(outcome: Outcome | undefined): bigint {
  return outcome !== undefined && isTold(outcome) ? outcome.totalCents : 0n;
}

function problemOf(outcome: Outcome | undefined) {
  return outcome === undefined || isTold(outcome) ? NONE : outcome;
}

function check({ year, schedule, baselineScheduleId }: SimulateScheduleRequest): void {
  const fields = checkFields();
  checkYear(fields, 'year', year);
  if (schedule?.$case === 'scheduleId') fields.uuid('schedule_id', schedule.value);
  else checkSchedule(fields, 'draft', schedule?.value);
  fields.uuid('baseline_schedule_id', baselineScheduleId, { optional: true });
  fields.done();
  if (schedule?.$case === 'draft') mustHold(schedule.value, 'draft');
}

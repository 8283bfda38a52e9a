import type { Query } from '@jonction/commands';
import type { Contribution, ExplainContributionRequest, ExplainContributionResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { checkYear } from '../commands/schedule-fields.ts';
import { AssessedContribution } from '../domain/assessed-contribution.ts';
import { contributionOf } from '../domain/contribution.ts';
import { allTold } from '../domain/contribution-problems.ts';
import { Schedule } from '../domain/contribution-schedule.ts';
import { ruleInWords } from '../domain/contribution-words.ts';
import { Member } from '../domain/member.ts';
import { refuse } from '../refusals.ts';
import { assessedMessage, calculatedMessage } from './contribution-message.ts';
import { contributorsIn } from './contributors.ts';
import { contentOf } from './schedule-message.ts';

/** What was fixed is told as it was fixed, whatever is known of the member since. */
export const explainContribution: Query<ExplainContributionRequest, ExplainContributionResponse> = async (
  em,
  request,
  { caller, now },
) => {
  const fields = checkFields();
  fields.uuid('member_id', request.memberId);
  checkYear(fields, 'year', request.year);
  fields.uuid('schedule_id', request.scheduleId, { optional: true });
  fields.done();
  const { memberId, year, scheduleId } = request;
  await em.findOneOrFail(Member, { memberId });
  const fixed = await em.findOne(AssessedContribution, { memberId, year, ...(scheduleId ? { scheduleId } : {}) });
  const contribution = fixed
    ? assessedMessage(fixed)
    : await calculated(em, await scheduleFor(em, request), { operator: caller.operator, memberId, year, now });
  return { contribution, rules: contribution.lines.map(ruleInWords) };
};

async function scheduleFor(em: EntityManager, { scheduleId, year }: ExplainContributionRequest): Promise<Schedule> {
  if (scheduleId) return em.findOneOrFail(Schedule, { scheduleId });
  const known = await em.find(Schedule, { withdrawn: false, firstYear: { $lte: year } });
  const valid = known.find((schedule) => schedule.isValidIn(year));
  if (!valid) throw refuse('NO_SCHEDULE', { year });
  return valid;
}

async function calculated(
  em: EntityManager,
  schedule: Schedule,
  asked: { operator: string; memberId: string; year: number; now: Date },
): Promise<Contribution> {
  const { memberId, year } = asked;
  const contributors = await contributorsIn(em, asked);
  const member = contributors.get(memberId);
  if (!member) throw refuse('NO_MEMBER_THAT_YEAR', { year });
  const grouping = contributors.get(member.groupingMemberId);
  const outcome = contributionOf(contentOf(schedule), year, member, grouping);
  const [told] = allTold([{ memberId, outcome }]) as [Parameters<typeof calculatedMessage>[0]];
  return calculatedMessage(told, schedule.scheduleId);
}

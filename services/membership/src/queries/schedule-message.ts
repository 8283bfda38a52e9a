import { type AdoptedSchedule, ContributionSchedule } from '@jonction/contracts';
import type { Schedule } from '../domain/contribution-schedule.ts';

/** A schedule as the contract shows it. */
export function scheduleMessage(schedule: Schedule): AdoptedSchedule {
  const { scheduleId, withdrawn, decisionRef, adoptedAt } = schedule;
  return {
    ...{ scheduleId, withdrawn, decisionRef, adoptedAt },
    schedule: contentOf(schedule),
    validUntilYear: schedule.lastYear ?? 0,
    lastAssessedYear: schedule.lastAssessedYear ?? 0,
  };
}

/** What was voted. */
export function contentOf({ content }: Schedule): ContributionSchedule {
  return ContributionSchedule.fromJSON(content);
}

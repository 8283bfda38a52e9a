import type { Job } from '@jonction/commands';
import { ContributionOverdue } from '@jonction/contracts';
import { record, schedule } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { rulesOf } from '../commands/rules.ts';
import { AssessedContribution } from '../domain/assessed-contribution.ts';
import { dayAt } from '../domain/operator-rules.ts';

interface Payload {
  operator: string;
  /** The last day to pay, `YYYY-MM-DD`. */
  dueOn: string;
}

const HOUR = 3_600_000;

/**
 * Says of each contribution that is not paid after its last day that it is late, once. Whether a member that is late is
 * suspended, people decide.
 */
export const noteOverdue: Job<Payload> = async (em, { operator, dueOn }, { now }) => {
  const today = dayAt(await rulesOf(em, operator), now);
  if (today <= dueOn) return scheduleOverdue(em, { operator, dueOn }, now);
  const unpaid = await em.find(AssessedContribution, { dueOn, settledOn: null, overdueOn: null });
  for (const contribution of unpaid) {
    const overdue = contribution.fallOverdue(today);
    if (overdue) record(em, ContributionOverdue, overdue);
  }
};

/** Has it looked at when the day after begins in UTC, then each hour, for operators live around the world. */
export function scheduleOverdue(em: EntityManager, { operator, dueOn }: Payload, now = new Date(0)): void {
  const begins = Date.parse(`${dueOn}T00:00:00Z`) + 24 * HOUR;
  const at = new Date(Math.max(begins, now.getTime() === 0 ? 0 : now.getTime() + HOUR));
  schedule(em, 'note-overdue', { operator, dueOn } satisfies Payload, { at, key: `overdue ${operator} ${dueOn}` });
}

import { refuse } from '../refusals.ts';
import { type Calculation, isTold, type Outcome, type Problem } from './contribution.ts';

type Reason = Problem extends `CONTRIBUTION_PROBLEM_${infer R}` ? R : never;

/**
 * All contributions, when each of them can be told. Throws KIND_UNPRICED, SERVICE_UNPRICED, FACTS_MISSING or
 * GROUPING_NOT_MEMBER with how many members have that problem, and one of them.
 */
export function allTold(outcomes: { memberId: string; outcome: Outcome }[]): Calculation[] {
  const first = outcomes.find(({ outcome }) => !isTold(outcome));
  if (first && !isTold(first.outcome)) {
    const members = outcomes.filter(({ outcome }) => outcome === first.outcome).length;
    const reason = first.outcome.replace('CONTRIBUTION_PROBLEM_', '') as Reason;
    throw refuse(reason, { members, memberId: first.memberId });
  }
  return outcomes.map(({ outcome }) => outcome).filter(isTold);
}

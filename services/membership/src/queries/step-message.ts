import type { MembershipStep as StepMessage } from '@jonction/contracts';
import type { MembershipStep } from '../domain/life.ts';

/** A step as the contract shows it. */
export function stepMessage(step: MembershipStep): StepMessage {
  const { stepId, kind, status, effectiveOn, decisionRef, service, recordedAt, recordedByAgentId } = step;
  return { stepId, kind, status, effectiveOn, decisionRef, service, recordedAt, recordedByAgentId };
}

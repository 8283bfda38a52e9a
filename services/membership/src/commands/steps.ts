import type { StepKind, SubscribedService } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { MembershipStep } from '../domain/life.ts';
import type { Member } from '../domain/member.ts';

export interface Taken {
  kind: StepKind;
  on: string;
  decisionRef?: string;
  service?: SubscribedService;
  now: Date;
  /** Empty when it happened by itself. */
  agentId: string;
}

/** Writes a step that a member has just taken into its history. */
export function keepStep(em: EntityManager, member: Member, taken: Taken): MembershipStep {
  const { kind, on, decisionRef = '', service = 'SUBSCRIBED_SERVICE_UNSPECIFIED', now, agentId } = taken;
  const { operator, memberId, status } = member;
  return em.create(MembershipStep, {
    ...{ stepId: uuidv7(), operator, memberId, kind, status, decisionRef, service },
    ...{ effectiveOn: on, recordedAt: now, recordedByAgentId: agentId },
  });
}

import type { RepresentativeAppointed } from '@jonction/contracts';
import { refuse } from '../refusals.ts';
import { mustBeOf } from './mandate.ts';

/** Who speaks for a member in its operator's assembly, from one day until the next appointment. */
export class Representative {
  appointmentId!: string;
  operator!: string;
  memberId!: string;
  titularAgentId!: string;
  /** Empty for none. */
  substituteAgentId!: string;
  /** `YYYY-MM-DD`. */
  effectiveOn!: string;
  decisionRef!: string;

  /** `before` is the last appointment. Throws SUBSTITUTE_IS_TITULAR, AGENT_OF_ANOTHER_MEMBER, DATES_CONTRADICT. */
  appoint(before: Representative | null, agents: { memberId: string }[]): RepresentativeAppointed {
    if (this.titularAgentId === this.substituteAgentId) throw refuse('SUBSTITUTE_IS_TITULAR');
    for (const agent of agents) mustBeOf(this.memberId, agent);
    if (before && this.effectiveOn < before.effectiveOn)
      throw refuse('DATES_CONTRADICT', { since: before.effectiveOn });
    const { operator, memberId, appointmentId, titularAgentId, substituteAgentId, effectiveOn, decisionRef } = this;
    return { operator, memberId, appointmentId, titularAgentId, substituteAgentId, effectiveOn, decisionRef };
  }
}

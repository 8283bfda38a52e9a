import {
  type MergeBegun,
  type MergeCancelled,
  type MergeCompleted,
  type MergeKind,
  type MergeOrdered,
  MergePlan,
  type MergeStatus,
  type MergeStepKind,
  type MergeUndone,
} from '@jonction/contracts';
import { refuse } from '../refusals.ts';

/** The services that hold what is new of the predecessors, and those in which running work follows. */
export const HOLDERS = ['procurement', 'teletransmission'] as const;
export const FOLLOWERS = [...HOLDERS, 'dce_library'] as const;

/** What part a body has in an operation. */
export type Part = 'PREDECESSOR' | 'SUCCESSOR' | 'RESTORED';

/** A body of an operation. While the operation runs the body is in no other: a unique index sees to it. */
export class MergeBody {
  operator!: string;
  mergeId!: string;
  memberId!: string;
  part!: Part;
  running!: boolean;
}

/** What happened in an operation. One kind happens once in a service: a unique index sees to it. */
export class MergeStep {
  stepId!: string;
  operator!: string;
  mergeId!: string;
  kind!: MergeStepKind;
  service!: string;
  count!: number;
  recordedAt!: Date;
  /** Empty when it happened by itself. */
  recordedByAgentId!: string;
  /** A reason of refusal and its words, or empty. */
  reason!: string;
  wordsFr!: string;
  wordsEn!: string;
}

/**
 * An operation over several bodies and all services. It is ordered; on its day the services hold what is new of the
 * predecessors and answer; the bodies change; running work follows. Until the bodies change it can be undone.
 */
export class Merge {
  mergeId!: string;
  operator!: string;
  kind!: MergeKind;
  status!: MergeStatus;
  /** `YYYY-MM-DD`. */
  effectiveOn!: string;
  successorMemberId!: string;
  /** A MergePlan in JSON, as it was ordered. */
  plan!: unknown;
  version!: number;

  planned(): MergePlan {
    return MergePlan.fromJSON(this.plan);
  }

  order(): MergeOrdered {
    this.status = 'MERGE_STATUS_ORDERED';
    const { predecessorMemberIds, comingOut } = this.planned();
    const restoredMemberIds = comingOut.map(({ memberId }) => memberId);
    return { ...this.fields(), ...this.what(), predecessorMemberIds, restoredMemberIds };
  }

  /** The day has come: the services are to hold. */
  begin(successorSiren: string): MergeBegun {
    this.status = 'MERGE_STATUS_PREPARING';
    const { predecessorMemberIds } = this.planned();
    return { ...this.fields(), ...this.what(), predecessorMemberIds, successorSiren };
  }

  /** Calls it off, because somebody says so or for a reason of refusal. Throws MERGE_PAST_RETURN. */
  cancel(reason: string): MergeCancelled {
    const begun = this.status === 'MERGE_STATUS_PREPARING';
    if (!begun && this.status !== 'MERGE_STATUS_ORDERED') throw refuse('MERGE_PAST_RETURN');
    this.status = begun ? 'MERGE_STATUS_UNDOING' : 'MERGE_STATUS_CANCELLED';
    return { ...this.fields(), reason, begun };
  }

  /** The bodies have changed: from here on there is no way back. Gives what every event of it begins with. */
  carry() {
    this.status = 'MERGE_STATUS_MERGED';
    return this.fields();
  }

  complete(completedAt: Date): MergeCompleted {
    this.status = 'MERGE_STATUS_COMPLETE';
    return { ...this.fields(), completedAt };
  }

  undo(): MergeUndone {
    this.status = 'MERGE_STATUS_CANCELLED';
    return this.fields();
  }

  /** The services whose answer is still to come, given what happened until now. */
  waitsFor(steps: Pick<MergeStep, 'kind' | 'service'>[]): string[] {
    const awaited = AWAITED[this.status];
    const answered = (service: string) => steps.some((step) => step.kind === awaited?.kind && step.service === service);
    return awaited?.of.filter((service) => !answered(service)) ?? [];
  }

  /** Whether it has come to its end, so that its bodies are free for another. */
  hasEnded(): boolean {
    return this.status === 'MERGE_STATUS_COMPLETE' || this.status === 'MERGE_STATUS_CANCELLED';
  }

  private fields() {
    return { operator: this.operator, memberId: this.successorMemberId, mergeId: this.mergeId };
  }

  private what() {
    return { kind: this.kind, effectiveOn: this.effectiveOn };
  }
}

const AWAITED: Partial<Record<MergeStatus, { kind: MergeStepKind; of: readonly string[] }>> = {
  MERGE_STATUS_PREPARING: { kind: 'MERGE_STEP_KIND_HELD', of: HOLDERS },
  MERGE_STATUS_MERGED: { kind: 'MERGE_STEP_KIND_REATTACHED', of: FOLLOWERS },
  MERGE_STATUS_UNDOING: { kind: 'MERGE_STEP_KIND_RELEASED', of: HOLDERS },
};

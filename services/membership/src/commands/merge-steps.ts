import type { MergeStepKind } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { type Merge, MergeStep } from '../domain/merge.ts';

export interface Happened {
  kind: MergeStepKind;
  now: Date;
  /** In snake_case; membership when absent. */
  service?: string;
  count?: number;
  agentId?: string;
  refusal?: { reason: string; fr: string; en: string };
}

/** Writes what has just happened in an operation into its history. */
export function keepMergeStep(em: EntityManager, { operator, mergeId }: Merge, happened: Happened): MergeStep {
  const { kind, now, service = 'membership', count = 0, agentId = '', refusal } = happened;
  return em.create(MergeStep, {
    ...{ stepId: uuidv7(), operator, mergeId, kind, service, count },
    ...{ recordedAt: now, recordedByAgentId: agentId },
    ...{ reason: refusal?.reason ?? '', wordsFr: refusal?.fr ?? '', wordsEn: refusal?.en ?? '' },
  });
}

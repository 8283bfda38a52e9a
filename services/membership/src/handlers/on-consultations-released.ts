import type { EntityManager } from '@mikro-orm/postgresql';
import { noteAnswer } from '../jobs/carry-merge.ts';

/** A service holds nothing any more for an operation that was called off. */
export const released =
  (service: string) =>
  (em: EntityManager, { mergeId }: { mergeId: string }): Promise<void> =>
    noteAnswer(em, mergeId, { kind: 'MERGE_STEP_KIND_RELEASED', service });

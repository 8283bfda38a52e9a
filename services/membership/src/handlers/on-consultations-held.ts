import type { EntityManager } from '@mikro-orm/postgresql';
import { noteAnswer } from '../jobs/carry-merge.ts';

/** A service holds what is new of the bodies that go into another. */
export const held =
  (service: string) =>
  (em: EntityManager, { mergeId, running }: { mergeId: string; running: number }): Promise<void> =>
    noteAnswer(em, mergeId, { kind: 'MERGE_STEP_KIND_HELD', service, count: running });

import type { EntityManager } from '@mikro-orm/postgresql';
import { noteAnswer } from '../jobs/carry-merge.ts';

/** What runs in a service is with the body that answers for it now. */
export const reattached =
  (service: string) =>
  (em: EntityManager, { mergeId, moved }: { mergeId: string; moved: number }): Promise<void> =>
    noteAnswer(em, mergeId, { kind: 'MERGE_STEP_KIND_REATTACHED', service, count: moved });

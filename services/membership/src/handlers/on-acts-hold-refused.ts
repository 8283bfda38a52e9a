import type { ActsHoldRefused } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { noteAnswer } from '../jobs/carry-merge.ts';

/** The operation cannot take place, says teletransmission: it is called off. */
export function onActsHoldRefused(em: EntityManager, refused: ActsHoldRefused): Promise<void> {
  const { mergeId, reason, wordsFr: fr, wordsEn: en } = refused;
  const refusal = { reason, fr, en };
  return noteAnswer(em, mergeId, { kind: 'MERGE_STEP_KIND_REFUSED', service: 'teletransmission', refusal });
}

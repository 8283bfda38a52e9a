import { type ConsultationsReattached, ShelvesReattached } from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Shelf } from '../domain/shelf.ts';

/** Comes behind all that procurement said of the single consultations: their shelves have followed, and this says so. */
export async function onConsultationsReattached(
  em: EntityManager,
  { operator, memberId, mergeId }: ConsultationsReattached,
): Promise<void> {
  // Those that followed just before, in the same transaction, are to be counted.
  await em.flush();
  const moved = await em.count(Shelf, { operator, mergeId });
  record(em, ShelvesReattached, { operator, memberId, mergeId, moved });
}

import { type ConsultationClosed, ShelfClosed } from '@jonction/contracts';
import { type About, record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Shelf } from '../domain/shelf.ts';

/** Closes the shelf with its consultation. */
export async function onConsultationClosed(
  em: EntityManager,
  { consultationId, closedAt }: ConsultationClosed,
  { time }: About,
): Promise<void> {
  const shelf = await em.findOneOrFail(Shelf, { consultationId });
  record(em, ShelfClosed, shelf.close(closedAt ?? time));
}

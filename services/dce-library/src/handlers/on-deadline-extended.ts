import type { DeadlineExtended } from '@jonction/contracts';
import type { About } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Shelf } from '../domain/shelf.ts';

/** Keeps the shelf open longer. */
export async function onDeadlineExtended(
  em: EntityManager,
  { consultationId, deadline }: DeadlineExtended,
  { time }: About,
): Promise<void> {
  const shelf = await em.findOneOrFail(Shelf, { consultationId });
  shelf.extend(deadline ?? time);
}

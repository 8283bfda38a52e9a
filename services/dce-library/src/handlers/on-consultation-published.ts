import { type ConsultationPublished, ShelfOpened } from '@jonction/contracts';
import { type About, record } from '@jonction/events';
import { mustBeNew, searchable } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Shelf } from '../domain/shelf.ts';

/** Opens the shelf where suppliers fetch the tender documents. */
export function onConsultationPublished(em: EntityManager, event: ConsultationPublished, { time }: About): void {
  const { operator, memberId, consultationId, buyerName, title } = event;
  mustBeNew(em, Shelf, consultationId);
  const shelf = em.create(Shelf, {
    operator,
    memberId,
    consultationId,
    buyerName,
    title,
    search: searchable(`${title} ${buyerName}`),
    openUntil: event.deadline ?? time,
    status: 'SHELF_STATUS_OPEN',
    openedAt: event.publishedAt ?? time,
    closedAt: null,
    revision: 1,
    mergeId: null,
    version: 1,
  });
  record(em, ShelfOpened, shelf.open());
}

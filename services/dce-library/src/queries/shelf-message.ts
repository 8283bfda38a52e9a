import type { Shelf as ShelfMessage } from '@jonction/contracts';
import type { Shelf } from '../domain/shelf.ts';

/** A shelf as the contract shows it. */
export function shelfMessage({ search: _, version: __, mergeId: ___, closedAt, ...shelf }: Shelf): ShelfMessage {
  return { ...shelf, closedAt: closedAt ?? undefined };
}

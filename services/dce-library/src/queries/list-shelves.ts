import { readPage, writePage } from '@jonction/commands';
import type { ListShelvesRequest, ListShelvesResponse } from '@jonction/contracts';
import { checkFields, containing } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Shelf } from '../domain/shelf.ts';
import { shelfMessage } from './shelf-message.ts';

export async function listShelves(em: EntityManager, request: ListShelvesRequest): Promise<ListShelvesResponse> {
  const { query, status, operator } = request;
  const fields = checkFields();
  fields.text('query', query, { min: 0, max: 200 });
  fields.known('status', status, { optional: true });
  fields.text('operator', operator, { min: 0, max: 32 });
  fields.done();
  const filters = [query, status, operator];
  const { limit, after } = readPage(request, filters, 1);
  const words = query.split(/\s+/).filter(Boolean);
  // Consultation ids are UUIDv7: their order is that of creation.
  const shelves = await em.find(
    Shelf,
    {
      $and: words.map((word) => ({ search: { $like: containing(word) } })),
      ...(status === 'SHELF_STATUS_UNSPECIFIED' ? {} : { status }),
      ...(operator ? { operator } : {}),
      ...(after?.[0] ? { consultationId: { $lt: after[0] } } : {}),
    },
    { orderBy: { consultationId: 'desc' }, limit: limit + 1 },
  );
  const page = shelves.slice(0, limit);
  const last = shelves.length > limit ? page.at(-1) : undefined;
  return { shelves: page.map(shelfMessage), nextPageToken: writePage(last && [last.consultationId], filters) };
}

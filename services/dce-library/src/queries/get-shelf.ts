import type { GetShelfRequest, GetShelfResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Shelf } from '../domain/shelf.ts';
import { shelfMessage } from './shelf-message.ts';

export async function getShelf(em: EntityManager, { consultationId }: GetShelfRequest): Promise<GetShelfResponse> {
  const fields = checkFields();
  fields.uuid('consultation_id', consultationId);
  fields.done();
  return { shelf: shelfMessage(await em.findOneOrFail(Shelf, { consultationId })) };
}

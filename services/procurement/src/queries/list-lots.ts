import type { Query } from '@jonction/commands';
import type { ListLotsRequest, ListLotsResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import { Consultation } from '../domain/consultation.ts';
import { Lot } from '../domain/lot.ts';
import { lotMessage } from './lot-message.ts';

/** Of one's own operator only: where a lot stands is secret for others. */
export const listLots: Query<ListLotsRequest, ListLotsResponse> = async (em, { consultationId }, { caller }) => {
  const fields = checkFields();
  fields.uuid('consultation_id', consultationId);
  fields.done();
  await em.findOneOrFail(Consultation, { consultationId, operator: caller.operator });
  const lots = await em.find(Lot, { consultationId }, { orderBy: { lotNumber: 'asc' } });
  return { lots: lots.map(lotMessage), consultationId };
};

import { readPage, writePage } from '@jonction/commands';
import type { ListConsultationsRequest, ListConsultationsResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Consultation } from '../domain/consultation.ts';
import { consultationMessage } from './consultation-message.ts';

export async function listConsultations(
  em: EntityManager,
  request: ListConsultationsRequest,
): Promise<ListConsultationsResponse> {
  const { status, memberId, operator } = request;
  const fields = checkFields();
  fields.known('status', status, { optional: true });
  fields.uuid('member_id', memberId, { optional: true });
  fields.text('operator', operator, { min: 0, max: 32 });
  fields.done();
  const filters = [status, memberId, operator];
  const { limit, after } = readPage(request, filters, 1);
  // Ids are UUIDv7: their order is that of creation.
  const consultations = await em.find(
    Consultation,
    {
      ...(status === 'CONSULTATION_STATUS_UNSPECIFIED' ? {} : { status }),
      ...(memberId ? { memberId } : {}),
      ...(operator ? { operator } : {}),
      ...(after?.[0] ? { consultationId: { $lt: after[0] } } : {}),
    },
    { orderBy: { consultationId: 'desc' }, limit: limit + 1 },
  );
  const page = consultations.slice(0, limit);
  const last = consultations.length > limit ? page.at(-1) : undefined;
  return {
    consultations: page.map(consultationMessage),
    nextPageToken: writePage(last && [last.consultationId], filters),
  };
}

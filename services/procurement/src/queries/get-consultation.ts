import type { GetConsultationRequest, GetConsultationResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Consultation } from '../domain/consultation.ts';
import { consultationMessage } from './consultation-message.ts';

export async function getConsultation(
  em: EntityManager,
  { consultationId }: GetConsultationRequest,
): Promise<GetConsultationResponse> {
  const fields = checkFields();
  fields.uuid('consultation_id', consultationId);
  fields.done();
  return { consultation: consultationMessage(await em.findOneOrFail(Consultation, { consultationId })) };
}

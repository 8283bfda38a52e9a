import type { CommandContext } from '@jonction/commands';
import { type CloseConsultationRequest, type CloseConsultationResponse, ConsultationClosed } from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { consultationMessage } from '../queries/consultation-message.ts';
import { loadConsultation } from './load-consultation.ts';

export async function closeConsultation(
  em: EntityManager,
  request: CloseConsultationRequest,
  { now, caller }: CommandContext,
): Promise<CloseConsultationResponse> {
  const consultation = await loadConsultation(em, request, caller);
  record(em, ConsultationClosed, consultation.close(now));
  await em.flush();
  return { consultation: consultationMessage(consultation) };
}

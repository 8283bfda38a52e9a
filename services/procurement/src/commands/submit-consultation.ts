import type { CommandContext } from '@jonction/commands';
import {
  ConsultationSubmitted,
  type SubmitConsultationRequest,
  type SubmitConsultationResponse,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { consultationMessage } from '../queries/consultation-message.ts';
import { loadConsultation } from './load-consultation.ts';

export async function submitConsultation(
  em: EntityManager,
  request: SubmitConsultationRequest,
  { caller }: CommandContext,
): Promise<SubmitConsultationResponse> {
  const consultation = await loadConsultation(em, request, caller);
  record(em, ConsultationSubmitted, consultation.submit());
  await em.flush();
  return { consultation: consultationMessage(consultation) };
}

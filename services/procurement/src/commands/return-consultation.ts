import type { CommandContext } from '@jonction/commands';
import {
  ConsultationReturned,
  type ReturnConsultationRequest,
  type ReturnConsultationResponse,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { consultationMessage } from '../queries/consultation-message.ts';
import { loadConsultation } from './load-consultation.ts';

export async function returnConsultation(
  em: EntityManager,
  request: ReturnConsultationRequest,
  { caller }: CommandContext,
): Promise<ReturnConsultationResponse> {
  const consultation = await loadConsultation(em, request, caller);
  record(em, ConsultationReturned, consultation.giveBack());
  await em.flush();
  return { consultation: consultationMessage(consultation) };
}

import type { CommandContext } from '@jonction/commands';
import {
  ConsultationPublished,
  type PublishConsultationRequest,
  type PublishConsultationResponse,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { scheduleClosing } from '../jobs/close-at-deadline.ts';
import { consultationMessage } from '../queries/consultation-message.ts';
import { refuse } from '../refusals.ts';
import { buyerThatBegins } from './buyer.ts';
import { loadConsultation } from './load-consultation.ts';

export async function publishConsultation(
  em: EntityManager,
  request: PublishConsultationRequest,
  { now, caller }: CommandContext,
): Promise<PublishConsultationResponse> {
  const consultation = await loadConsultation(em, request, caller);
  const buyer = await buyerThatBegins(em, consultation.memberId);
  if (!buyer) throw refuse('MEMBER_CLOSED');
  buyer.mustBegin();
  record(em, ConsultationPublished, consultation.publish(now));
  scheduleClosing(em, consultation);
  await em.flush();
  return { consultation: consultationMessage(consultation) };
}

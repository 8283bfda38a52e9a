import type { CommandContext } from '@jonction/commands';
import {
  ConsultationPublished,
  type PublishConsultationRequest,
  type PublishConsultationResponse,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { dayOf } from '@jonction/norms/ccp';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';
import { ConsultationTerms, TIME_ZONE } from '../domain/terms.ts';
import { scheduleClosing } from '../jobs/close-at-deadline.ts';
import { consultationMessage } from '../queries/consultation-message.ts';
import { refuse } from '../refusals.ts';
import { loadConsultation } from './load-consultation.ts';

export async function publishConsultation(
  em: EntityManager,
  request: PublishConsultationRequest,
  { now, caller }: CommandContext,
): Promise<PublishConsultationResponse> {
  const consultation = await loadConsultation(em, request, caller);
  const buyer = await em.findOne(KnownMember, { memberId: consultation.memberId });
  if (!buyer?.open) throw refuse('MEMBER_CLOSED');
  const { consultationId, deadline } = consultation;
  const published = consultation.publish(now);
  // The notice leaves with the publication.
  const terms = await em.findOne(ConsultationTerms, { consultationId });
  if (terms) consultation.rulesVersion = terms.mustAllow(deadline, now, dayOf(now, TIME_ZONE));
  record(em, ConsultationPublished, published);
  scheduleClosing(em, consultation);
  await em.flush();
  return { consultation: consultationMessage(consultation) };
}

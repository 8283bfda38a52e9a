import type { CommandContext } from '@jonction/commands';
import {
  ConsultationScheduled,
  type ScheduleConsultationRequest,
  type ScheduleConsultationResponse,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { schedulePublication } from '../jobs/publish-at-time.ts';
import { consultationMessage } from '../queries/consultation-message.ts';
import { loadConsultation } from './load-consultation.ts';
import { mustBePublishable } from './publishing.ts';

export async function scheduleConsultation(
  em: EntityManager,
  request: ScheduleConsultationRequest,
  { now, caller }: CommandContext,
): Promise<ScheduleConsultationResponse> {
  const { publishAt = new Date(Number.NaN) } = request;
  const fields = checkFields();
  fields.expect(!Number.isNaN(publishAt.getTime()), 'publish_at', 'must be a time');
  fields.done();
  const consultation = await loadConsultation(em, request, caller);
  record(em, ConsultationScheduled, consultation.scheduleFor(publishAt, now));
  // Nobody is there to read a refusal when its time comes: what contradicts the rules is told now.
  await mustBePublishable(em, consultation, publishAt);
  schedulePublication(em, consultation);
  await em.flush();
  return { consultation: consultationMessage(consultation) };
}

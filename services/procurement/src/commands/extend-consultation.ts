import type { CommandContext } from '@jonction/commands';
import { DeadlineExtended, type ExtendConsultationRequest, type ExtendConsultationResponse } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { scheduleClosing } from '../jobs/close-at-deadline.ts';
import { consultationMessage } from '../queries/consultation-message.ts';
import { loadConsultation } from './load-consultation.ts';

export async function extendConsultation(
  em: EntityManager,
  request: ExtendConsultationRequest,
  { now, caller }: CommandContext,
): Promise<ExtendConsultationResponse> {
  const { deadline = new Date(Number.NaN) } = request;
  const fields = checkFields();
  fields.expect(!Number.isNaN(deadline.getTime()), 'deadline', 'must be a time');
  fields.done();
  const consultation = await loadConsultation(em, request, caller);
  record(em, DeadlineExtended, consultation.extend(deadline, now));
  scheduleClosing(em, consultation);
  await em.flush();
  return { consultation: consultationMessage(consultation) };
}

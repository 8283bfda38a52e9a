import type { Command } from '@jonction/commands';
import {
  ConsultationRectified,
  type Description,
  type RectifyConsultationRequest,
  type RectifyConsultationResponse,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import { differences } from '../domain/version.ts';
import { scheduleClosing } from '../jobs/close-at-deadline.ts';
import { consultationMessage } from '../queries/consultation-message.ts';
import { versionMessage } from '../queries/version-message.ts';
import { refuse } from '../refusals.ts';
import { type Codes, checkDescription } from './check-description.ts';
import { loadConsultation } from './load-consultation.ts';
import { freeze } from './publishing.ts';

type Rectify = Command<RectifyConsultationRequest, RectifyConsultationResponse>;

export const rectifyConsultation =
  (codes: Codes): Rectify =>
  async (em, request, { now, caller }) => {
    const { title, deadline = new Date(Number.NaN), important } = request;
    const fields = checkFields();
    fields.text('title', title, { max: 500 });
    fields.expect(!Number.isNaN(deadline.getTime()), 'deadline', 'must be a time');
    fields.expect(request.description !== undefined, 'description', 'must be given');
    if (request.description) checkDescription(fields, codes, request.description);
    fields.done();
    const consultation = await loadConsultation(em, request, caller);
    const description = request.description as Description;
    const before = {
      title: consultation.title,
      deadline: consultation.deadline,
      description: consultation.description,
    };
    consultation.rectify({ title, deadline, description }, important, now);
    const changedFields = differences(before, { title, deadline, description });
    if (changedFields.length === 0) throw refuse('NOTHING_CHANGED');
    const version = freeze(em, consultation, { now, agentId: caller.agentId, changedFields });
    const { number: versionNumber, sha256 } = version;
    record(em, ConsultationRectified, {
      ...consultation.fields(),
      versionNumber,
      changedFields,
      title,
      deadline,
      sha256,
    });
    scheduleClosing(em, consultation);
    await em.flush();
    return { consultation: consultationMessage(consultation), version: versionMessage(version) };
  };

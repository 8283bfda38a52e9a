import type { Command } from '@jonction/commands';
import {
  ConsultationDescribed,
  type DescribeConsultationRequest,
  type DescribeConsultationResponse,
  type Description,
  type Terms,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import { ConsultationTerms } from '../domain/terms.ts';
import { consultationMessage } from '../queries/consultation-message.ts';
import { type Codes, checkDescription } from './check-description.ts';
import { checkTerms } from './check-terms.ts';
import { loadConsultation } from './load-consultation.ts';

type Describe = Command<DescribeConsultationRequest, DescribeConsultationResponse>;

export const describeConsultation =
  (codes: Codes): Describe =>
  async (em, request, { now, caller }) => {
    const { title, deadline = new Date(Number.NaN) } = request;
    const fields = checkFields();
    fields.text('title', title, { max: 500 });
    fields.expect(!Number.isNaN(deadline.getTime()), 'deadline', 'must be a time');
    fields.expect(request.terms !== undefined, 'terms', 'must be given');
    if (request.terms) checkTerms(fields, request.terms);
    fields.expect(request.description !== undefined, 'description', 'must be given');
    if (request.description) checkDescription(fields, codes, request.description);
    fields.done();
    const consultation = await loadConsultation(em, request, caller);
    const [terms, description] = [request.terms as Terms, request.description as Description];
    record(em, ConsultationDescribed, consultation.describe({ title, deadline, description }, now));
    Object.assign(consultation, { procedure: terms.procedure, nature: terms.nature });
    const { operator, consultationId } = consultation;
    const known = await em.findOne(ConsultationTerms, { consultationId });
    if (known) Object.assign(known, terms);
    else em.create(ConsultationTerms, { operator, consultationId, ...terms });
    await em.flush();
    return { consultation: consultationMessage(consultation) };
  };

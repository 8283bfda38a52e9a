import type { CommandContext } from '@jonction/commands';
import {
  ConsultationDrafted,
  type CreateConsultationRequest,
  type CreateConsultationResponse,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Consultation } from '../domain/consultation.ts';

import { ConsultationTerms } from '../domain/terms.ts';
import { consultationMessage } from '../queries/consultation-message.ts';
import { refuse } from '../refusals.ts';
import { buyerThatBegins } from './buyer.ts';
import { checkTerms } from './check-terms.ts';

export async function createConsultation(
  em: EntityManager,
  request: CreateConsultationRequest,
  { now, caller }: CommandContext,
): Promise<CreateConsultationResponse> {
  const { memberId, title, deadline = new Date(Number.NaN), terms } = request;
  const fields = checkFields();
  fields.requestId(request.requestId);
  fields.uuid('member_id', memberId);
  fields.text('title', title, { max: 500 });
  fields.expect(!Number.isNaN(deadline.getTime()), 'deadline', 'must be a time');
  if (terms) checkTerms(fields, terms);
  fields.done();
  const buyer = await buyerThatBegins(em, memberId);
  if (!buyer) throw refuse('NOT_A_MEMBER');
  buyer.mustBegin();
  const consultation = em.create(Consultation, {
    consultationId: uuidv7(),
    operator: caller.operator,
    memberId,
    authorMemberId: memberId,
    buyerName: buyer.name,
    title,
    deadline,
    status: 'CONSULTATION_STATUS_DRAFT',
    publishedAt: null,
    closedAt: null,
    procedure: terms?.procedure ?? 'PROCEDURE_UNSPECIFIED',
    nature: terms?.nature ?? 'NATURE_UNSPECIFIED',
    rulesVersion: '',
    ...{ reference: '', description: null, publishAt: null, versions: 0 },
    version: 1,
  });
  consultation.mustBeActedForBy(caller.memberId);
  if (terms)
    em.create(ConsultationTerms, { consultationId: consultation.consultationId, operator: caller.operator, ...terms });
  record(em, ConsultationDrafted, consultation.draft(now));
  return { consultation: consultationMessage(consultation) };
}

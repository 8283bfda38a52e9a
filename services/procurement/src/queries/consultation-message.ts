import type { Consultation as ConsultationMessage } from '@jonction/contracts';
import type { Consultation } from '../domain/consultation.ts';

/** A consultation as the contract shows it. */
export function consultationMessage(consultation: Consultation): ConsultationMessage {
  const { consultationId, operator, memberId, buyerName, title, deadline, status, publishedAt, closedAt } =
    consultation;
  const { procedure, nature, rulesVersion, description, publishAt, versions } = consultation;
  return {
    consultationId,
    operator,
    memberId,
    title,
    deadline,
    status,
    publishedAt: publishedAt ?? undefined,
    closedAt: closedAt ?? undefined,
    etag: consultation.etag(),
    buyerName,
    procedure,
    nature,
    rulesVersion,
    description: description ?? undefined,
    publishAt: publishAt ?? undefined,
    versions,
  };
}

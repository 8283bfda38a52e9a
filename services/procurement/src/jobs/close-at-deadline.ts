import type { Job } from '@jonction/commands';
import { ConsultationClosed } from '@jonction/contracts';
import { record, schedule } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Consultation } from '../domain/consultation.ts';

interface Payload {
  operator: string;
  consultationId: string;
}

/** Closes a consultation whose deadline came. Does nothing when it was extended since, or closed before. */
export const closeAtDeadline: Job<Payload> = async (em, { operator, consultationId }, { now }) => {
  const consultation = await em.findOneOrFail(Consultation, { consultationId, operator });
  const closed = consultation.closeAtDeadline(now);
  if (closed) record(em, ConsultationClosed, closed);
  // The database's clock may run ahead of ours: called a moment too early, it must not be the last call.
  else if (consultation.status === 'CONSULTATION_STATUS_PUBLISHED') scheduleClosing(em, consultation);
};

/** Has the consultation closed at its deadline; an earlier plan for the same one is replaced. */
export function scheduleClosing(em: EntityManager, { operator, consultationId, deadline }: Consultation): void {
  schedule(em, 'close-at-deadline', { operator, consultationId } satisfies Payload, {
    at: deadline,
    key: `close ${consultationId}`,
  });
}

import type { Job } from '@jonction/commands';
import { ConsultationReturned } from '@jonction/contracts';
import { record, schedule } from '@jonction/events';
import { refusalOf } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { mustBePublishable, publish } from '../commands/publishing.ts';
import { Consultation } from '../domain/consultation.ts';

interface Payload {
  operator: string;
  consultationId: string;
}

/**
 * Publishes a consultation whose time came. Does nothing when it was given back, published before, or planned for later since. One
 * that may not be published any more, because its buyer was suspended or goes into another, is given back to who drafts it.
 */
export const publishAtTime: Job<Payload> = async (em, { operator, consultationId }, { now }) => {
  const consultation = await em.findOneOrFail(Consultation, { consultationId, operator });
  const { status, publishAt } = consultation;
  if (status !== 'CONSULTATION_STATUS_SCHEDULED' || publishAt === null) return;
  // The database's clock may run ahead of ours: called a moment too early, it must not be the last call.
  if (now < publishAt) return schedulePublication(em, consultation);
  try {
    await mustBePublishable(em, consultation, now);
  } catch (error) {
    // Judging changes nothing, so the consultation is as it was.
    if (refusalOf(error)?.kind !== 'refused') throw error;
    return record(em, ConsultationReturned, consultation.giveBack());
  }
  await publish(em, consultation, now, '');
};

/** Has the consultation published at its time; an earlier plan for the same one is replaced. */
export function schedulePublication(em: EntityManager, { operator, consultationId, publishAt }: Consultation): void {
  schedule(em, 'publish-at-time', { operator, consultationId } satisfies Payload, {
    at: publishAt ?? new Date(0),
    key: `publish ${consultationId}`,
  });
}

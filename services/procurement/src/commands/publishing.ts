import { createHash } from 'node:crypto';
import { ConsultationPublished, Description } from '@jonction/contracts';
import { record } from '@jonction/events';
import { dayOf } from '@jonction/norms/ccp';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import type { Consultation } from '../domain/consultation.ts';
import { Lot } from '../domain/lot.ts';
import { ConsultationTerms, TIME_ZONE } from '../domain/terms.ts';
import { ConsultationVersion, type Said } from '../domain/version.ts';
import { scheduleClosing } from '../jobs/close-at-deadline.ts';
import { refuse } from '../refusals.ts';
import { buyerThatBegins } from './buyer.ts';

/** Makes a consultation public, with its lots and its first version; `agentId` is empty when it happens by itself. */
export async function publish(
  em: EntityManager,
  consultation: Consultation,
  now: Date,
  agentId: string,
): Promise<void> {
  const rulesVersion = await mustBePublishable(em, consultation, now);
  const published = consultation.publish(now);
  consultation.rulesVersion = rulesVersion;
  record(em, ConsultationPublished, published);
  createLots(em, consultation);
  freeze(em, consultation, { now, agentId, changedFields: [] });
  scheduleClosing(em, consultation);
}

/**
 * Judges a publication at a moment, and changes nothing. Gives the version of the rules, or an empty string without terms. Throws
 * MEMBER_CLOSED, MEMBER_MERGES, PROCEDURE_UNFIT, DEADLINE_TOO_EARLY.
 */
export async function mustBePublishable(em: EntityManager, consultation: Consultation, at: Date): Promise<string> {
  const { memberId, consultationId, deadline } = consultation;
  const buyer = await buyerThatBegins(em, memberId);
  if (!buyer) throw refuse('MEMBER_CLOSED');
  buyer.mustBegin();
  const terms = await em.findOne(ConsultationTerms, { consultationId });
  return terms ? terms.mustAllow(deadline, at, dayOf(at, TIME_ZONE)) : '';
}

/** What is public now, frozen. */
export function freeze(
  em: EntityManager,
  { operator, consultationId, title, deadline, description, versions }: Consultation,
  { now, agentId, changedFields }: { now: Date; agentId: string; changedFields: string[] },
): ConsultationVersion {
  return em.create(ConsultationVersion, {
    ...{ consultationVersionId: uuidv7(), operator, consultationId, number: versions, publishedAt: now, agentId },
    ...{ title, deadline, description, sha256: hashOf({ title, deadline, description }), changedFields },
  });
}

/** The SHA-256 that ListVersions shows: anybody can compute it from what a version says. */
function hashOf({ title, deadline, description }: Said): string {
  const told = JSON.stringify(description ? Description.toJSON(description) : {});
  return createHash('sha256').update([title, deadline.toISOString(), told].join('\n')).digest('hex');
}

/** A consultation without lots is one lot. */
function createLots(em: EntityManager, { operator, consultationId, title, description }: Consultation): void {
  const { cpvCode = '', placeCodes = [], lots = [] } = description ?? {};
  const whole = { lotNumber: 1, title, cpvCode, placeCodes, reservation: 'RESERVATION_UNSPECIFIED' as const };
  for (const lot of lots.length > 0 ? lots : [whole])
    em.create(Lot, {
      ...{
        lotId: uuidv7(),
        operator,
        consultationId,
        lotNumber: lot.lotNumber,
        title: lot.title,
        cpvCode: lot.cpvCode,
      },
      ...{ placeCodes: lot.placeCodes.length > 0 ? lot.placeCodes : placeCodes, reservation: lot.reservation },
      ...{ status: 'LOT_STATUS_OPEN', statusSince: null, soleTenderer: false, signFrom: null },
      ...{ supplierSirets: [], amountCents: null, version: 1 },
    });
}

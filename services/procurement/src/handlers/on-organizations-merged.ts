import {
  ConsultationsReattached,
  ConsultationTakenOver,
  ConsultationTransferred,
  DraftTransferred,
  type MergedBody,
  type OrganizationsMerged,
} from '@jonction/contracts';
import { type About, record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Consultation } from '../domain/consultation.ts';
import { KnownMember } from '../domain/known-member.ts';

/** The successor is the buyer of all that runs; its predecessors begin nothing any more. */
export async function onOrganizationsMerged(
  em: EntityManager,
  merged: OrganizationsMerged,
  { time }: About,
): Promise<void> {
  const { operator, memberId, mergeId, successor, predecessorMemberIds } = merged;
  if (successor) await knowBody(em, operator, successor);
  // What was heard just before, in the same transaction, is to be found.
  await em.flush();
  for (const buyer of await em.find(KnownMember, { memberId: { $in: predecessorMemberIds } }))
    Object.assign(buyer, { open: false, mergeId: null });
  const all = await em.find(Consultation, { operator, memberId: { $in: predecessorMemberIds } });
  const moved = all.filter((one) => one.runs());
  for (const one of moved) transfer(em, one, { memberId, name: successor?.name ?? '', mergeId }, time);
  record(em, ConsultationsReattached, { operator, memberId, mergeId, moved: moved.length });
}

/** Keeps a body as it is after a merge. A body that is no member may still be one in whose place others stood. */
export async function knowBody(
  em: EntityManager,
  operator: string,
  { memberId, name, open }: MergedBody,
): Promise<void> {
  const known = await em.findOne(KnownMember, { memberId });
  if (known) Object.assign(known, { name, open, mergeId: null });
  else em.create(KnownMember, { operator, memberId, name, open, mergeId: null });
}

/** Gives a consultation to another buyer, and says so to those who follow the one and the other. */
export function transfer(
  em: EntityManager,
  consultation: Consultation,
  to: { memberId: string; name: string; mergeId: string },
  now: Date,
): void {
  const told = consultation.transfer(to, now);
  if ('draft' in told) {
    record(em, DraftTransferred, told.draft);
  } else {
    record(em, ConsultationTransferred, told.left);
    record(em, ConsultationTakenOver, told.takenOver);
  }
}

import {
  ActsReattached,
  ActTakenOver,
  ActTransferred,
  type MergedBody,
  type OrganizationsMerged,
} from '@jonction/contracts';
import { type About, record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Act } from '../domain/act.ts';
import { KnownMember } from '../domain/known-member.ts';

/** The successor answers for all acts on their way, and reads those that its predecessors left; these begin nothing any more. */
export async function onOrganizationsMerged(
  em: EntityManager,
  merged: OrganizationsMerged,
  { time }: About,
): Promise<void> {
  const { operator, memberId, mergeId, successor, predecessorMemberIds } = merged;
  if (successor) await knowBody(em, operator, successor);
  // What was heard just before, in the same transaction, is to be found.
  await em.flush();
  const gone = { $in: predecessorMemberIds };
  for (const authority of await em.find(KnownMember, { $or: [{ memberId: gone }, { successorMemberId: gone }] }))
    authority.successorMemberId = memberId;
  for (const authority of await em.find(KnownMember, { memberId: gone }))
    Object.assign(authority, { open: false, mergeId: null });
  const moved = (await em.find(Act, { operator, memberId: gone })).filter((act) => act.runs());
  for (const act of moved) transfer(em, act, { memberId, mergeId }, time);
  record(em, ActsReattached, { operator, memberId, mergeId, moved: moved.length });
}

/** Keeps a body as it is after a merge. A body that is no member may still be one in whose place others stood. */
export async function knowBody(em: EntityManager, operator: string, body: MergedBody): Promise<void> {
  const { memberId, name, departementCode, open, identifiers } = body;
  const siren = identifiers.find(({ scheme }) => scheme === 'IDENTIFIER_SCHEME_SIREN')?.value ?? '';
  const what = { name, departementCode, siren, open, mergeId: null, successorMemberId: null };
  const known = await em.findOne(KnownMember, { memberId });
  if (known) Object.assign(known, what);
  else em.create(KnownMember, { operator, memberId, ...what });
}

/** Gives an act to another authority, and says so to those who follow the one and the other. */
export function transfer(em: EntityManager, act: Act, to: { memberId: string; mergeId: string }, now: Date): void {
  const { left, takenOver } = act.transfer(to, now);
  record(em, ActTransferred, left);
  record(em, ActTakenOver, takenOver);
}

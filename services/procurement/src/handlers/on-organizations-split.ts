import { ConsultationsReattached, type OrganizationsSplit } from '@jonction/contracts';
import { type About, record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Consultation } from '../domain/consultation.ts';
import { knowBody, transfer } from './on-organizations-merged.ts';

/** Each body that came out of a commune is a buyer again, and what it had brought in and still runs goes back with it. */
export async function onOrganizationsSplit(
  em: EntityManager,
  split: OrganizationsSplit,
  { time }: About,
): Promise<void> {
  const { operator, memberId, mergeId, remainder, restored } = split;
  if (remainder) await knowBody(em, operator, remainder);
  // What was heard just before, in the same transaction, is to be found.
  await em.flush();
  let moved = 0;
  for (const body of restored) {
    await knowBody(em, operator, body);
    const brought = await em.find(Consultation, { operator, memberId, authorMemberId: body.memberId });
    for (const one of brought.filter((consultation) => consultation.runs())) {
      transfer(em, one, { memberId: body.memberId, name: body.name, mergeId }, time);
      moved++;
    }
  }
  record(em, ConsultationsReattached, { operator, memberId, mergeId, moved });
}

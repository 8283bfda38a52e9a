import type { ConsultationTransferred } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Shelf } from '../domain/shelf.ts';

/** The shelf follows its consultation to another buyer. */
export async function onConsultationTransferred(
  em: EntityManager,
  { consultationId, successorMemberId: memberId, mergeId }: ConsultationTransferred,
): Promise<void> {
  const shelf = await em.findOneOrFail(Shelf, { consultationId });
  shelf.follow({ memberId, mergeId });
}

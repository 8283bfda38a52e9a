import type { MandateEnded } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMandate } from '../domain/signing-right.ts';

/** Nobody signs by this mandate any more, nor by a delegation under it. */
export async function onMandateEnded(em: EntityManager, { mandateId }: MandateEnded): Promise<void> {
  // One that is no executive's is not known here.
  const known = await em.findOne(KnownMandate, { mandateId });
  if (known) known.ended = true;
}

import type { Caller } from '@jonction/commands';
import { checkFields } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Consultation } from '../domain/consultation.ts';

interface Asked {
  requestId: string;
  consultationId: string;
  etag: string;
}

/** The consultation a write is about, as the caller last read it. Another operator's is not found: it can be read, not changed. */
export async function loadConsultation(
  em: EntityManager,
  { requestId, consultationId, etag }: Asked,
  caller: Caller,
): Promise<Consultation> {
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('consultation_id', consultationId);
  fields.text('etag', etag, { min: 0, max: 40 });
  fields.done();
  // One is changed at a time: who waited here sees what was before, is refused as a conflict, and runs again.
  const lockMode = LockMode.PESSIMISTIC_WRITE;
  const consultation = await em.findOneOrFail(
    Consultation,
    { consultationId, operator: caller.operator },
    { lockMode },
  );
  consultation.mustBeActedForBy(caller.memberId);
  consultation.mustBeAt(etag);
  return consultation;
}

import type { ListVersionsRequest, ListVersionsResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Consultation } from '../domain/consultation.ts';
import { ConsultationVersion } from '../domain/version.ts';
import { versionMessage } from './version-message.ts';

/** What was public is everyone's to read. */
export async function listVersions(
  em: EntityManager,
  { consultationId }: ListVersionsRequest,
): Promise<ListVersionsResponse> {
  const fields = checkFields();
  fields.uuid('consultation_id', consultationId);
  fields.done();
  await em.findOneOrFail(Consultation, { consultationId });
  const versions = await em.find(ConsultationVersion, { consultationId }, { orderBy: { number: 'asc' } });
  return { versions: versions.map(versionMessage) };
}

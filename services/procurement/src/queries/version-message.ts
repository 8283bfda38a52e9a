import type { ConsultationVersion as VersionMessage } from '@jonction/contracts';
import type { ConsultationVersion } from '../domain/version.ts';

/** A version as the contract shows it. */
export function versionMessage(version: ConsultationVersion): VersionMessage {
  const { number, publishedAt, agentId, title, deadline, description, sha256, changedFields } = version;
  return {
    number,
    publishedAt,
    agentId,
    title,
    deadline,
    description: description ?? undefined,
    sha256,
    changedFields,
  };
}

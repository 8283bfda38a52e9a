import type { Member as MemberMessage } from '@jonction/contracts';
import { asMessage, type Identifier, type Member } from '../domain/member.ts';

/** A member as the contract shows it, with the identifiers given. */
export function memberMessage(member: Member, identifiers: Identifier[]): MemberMessage {
  const {
    memberId,
    organizationId,
    operator,
    kind,
    name,
    departementCode,
    municipalPopulation,
    status,
    admittedOn,
    version,
  } = member;
  return {
    memberId,
    organizationId,
    operator,
    kind,
    name,
    departementCode,
    identifiers: identifiers.map(asMessage),
    municipalPopulation,
    status,
    admittedOn,
    etag: `v${version}`,
  };
}

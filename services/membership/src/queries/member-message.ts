import type { Member as MemberMessage } from '@jonction/contracts';
import { asMessage, type Identifier, type Member, type PastDescription } from '../domain/member.ts';

/** A member as the contract shows it, with the identifiers given; as it was, when a description of the past is given. */
export function memberMessage(member: Member, identifiers: Identifier[], past?: PastDescription): MemberMessage {
  const { memberId, organizationId, operator, departementCode, status, services, version } = member;
  const { kind, name, epciSiren, municipalPopulation } = past ?? member;
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
    admittedOn: member.admittedOn ?? '',
    etag: `v${version}`,
    epciSiren,
    ceasedOn: member.ceasedOn ?? '',
    successorMemberId: member.successorMemberId ?? '',
    leavesOn: member.leavesOn ?? '',
    services,
  };
}

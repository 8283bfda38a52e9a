import type { CommandContext } from '@jonction/commands';
import { type AdmitMemberRequest, type AdmitMemberResponse, MemberAdmitted } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields, mustBeNew, searchable } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Member } from '../domain/member.ts';
import { memberMessage } from '../queries/member-message.ts';
import { checkIdentifiers, checkPlace, createIdentifiers } from './identifiers.ts';

const MOST_IDENTIFIERS = 20;

export async function admitMember(
  em: EntityManager,
  request: AdmitMemberRequest,
  { now, caller }: CommandContext,
): Promise<AdmitMemberResponse> {
  check(request);
  if (request.memberId) mustBeNew(em, Member, request.memberId);
  const member = em.create(Member, {
    memberId: request.memberId || uuidv7(),
    operator: caller.operator,
    organizationId: request.organizationId || uuidv7(),
    kind: request.kind,
    name: request.name,
    nameSearch: searchable(request.name),
    departementCode: request.departementCode,
    municipalPopulation: request.municipalPopulation,
    status: 'MEMBER_STATUS_ACTIVE',
    admittedOn: request.admittedOn || now.toISOString().slice(0, 10),
    epciSiren: '',
    describedSince: null,
    ceasedOn: null,
    successorMemberId: null,
    version: 1,
  });
  const identifiers = createIdentifiers(em, member, request.identifiers);
  record(em, MemberAdmitted, member.admit(identifiers));
  return { member: memberMessage(member, identifiers) };
}

function check(request: AdmitMemberRequest): void {
  const fields = checkFields();
  fields.requestId(request.requestId);
  fields.uuid('member_id', request.memberId, { optional: true });
  fields.uuid('organization_id', request.organizationId, { optional: true });
  fields.known('kind', request.kind);
  fields.text('name', request.name, { max: 200 });
  checkPlace(fields, '', request);
  fields.day('admitted_on', request.admittedOn, { optional: true });
  checkIdentifiers(fields, 'identifiers', request.identifiers, MOST_IDENTIFIERS);
  fields.done();
}

import type { CommandContext } from '@jonction/commands';
import { type AdmitMemberRequest, type AdmitMemberResponse, MemberAdmitted } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields, mustBeNew, searchable } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Identifier, Member } from '../domain/member.ts';
import { memberMessage } from '../queries/member-message.ts';
import { checkIdentifiers, checkPlace, createIdentifiers } from './identifiers.ts';

const MOST_IDENTIFIERS = 20;

export async function admitMember(
  em: EntityManager,
  request: AdmitMemberRequest,
  { now, caller }: CommandContext,
): Promise<AdmitMemberResponse> {
  check(request);
  const known = request.memberId ? await em.findOne(Member, { memberId: request.memberId }) : null;
  if (known) return admitKnown(em, known, request, now);
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

/** Admits a body that the operator knew already: what is known of it stays, and codes it did not bear are added. */
async function admitKnown(
  em: EntityManager,
  member: Member,
  { identifiers, admittedOn }: AdmitMemberRequest,
  now: Date,
): Promise<AdmitMemberResponse> {
  if (member.status !== 'MEMBER_STATUS_PROSPECT') mustBeNew(em, Member, member.memberId);
  member.mustLive();
  member.admittedOn = admittedOn || now.toISOString().slice(0, 10);
  const day = member.admittedOn;
  const borne = (await em.find(Identifier, { memberId: member.memberId })).filter((one) => one.isValidOn(day));
  const isBorne = ({ scheme, value }: { scheme: string; value: string }) =>
    borne.some((one) => one.scheme === scheme && one.value === value);
  const all = [
    ...borne,
    ...createIdentifiers(
      em,
      member,
      identifiers.filter((one) => !isBorne(one)),
    ),
  ];
  record(em, MemberAdmitted, member.admit(all));
  return { member: memberMessage(member, all) };
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

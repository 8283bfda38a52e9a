import type { CommandContext } from '@jonction/commands';
import { type AdmitMemberRequest, type AdmitMemberResponse, MemberAdmitted } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields, mustBeNew, searchable } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { takeStep } from '../domain/life.ts';
import { Identifier, Member } from '../domain/member.ts';
import { memberMessage } from '../queries/member-message.ts';
import { checkIdentifiers, checkPlace, createIdentifiers } from './identifiers.ts';
import { rulesOf } from './rules.ts';
import { keepStep } from './steps.ts';

const MOST_IDENTIFIERS = 20;

export async function admitMember(
  em: EntityManager,
  request: AdmitMemberRequest,
  { now, caller }: CommandContext,
): Promise<AdmitMemberResponse> {
  check(request);
  const known = request.memberId ? await em.findOne(Member, { memberId: request.memberId }) : null;
  if (known) return admitKnown(em, known, request, { now, caller });
  const admittedOn = request.admittedOn || now.toISOString().slice(0, 10);
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
    ...{ admittedOn, statusSince: admittedOn, leavesOn: null },
    services: [...(await rulesOf(em, caller.operator)).services.base],
    epciSiren: '',
    describedSince: null,
    ceasedOn: null,
    successorMemberId: null,
    version: 1,
  });
  const identifiers = createIdentifiers(em, member, request.identifiers);
  record(em, MemberAdmitted, member.admit(identifiers));
  keepStep(em, member, { kind: 'STEP_KIND_ADMISSION', on: admittedOn, now, agentId: caller.agentId });
  return { member: memberMessage(member, identifiers) };
}

/** Admits a body that the operator knew already: what is known of it stays, and codes it did not bear are added. */
async function admitKnown(
  em: EntityManager,
  member: Member,
  { identifiers, admittedOn }: AdmitMemberRequest,
  { now, caller }: CommandContext,
): Promise<AdmitMemberResponse> {
  if (member.status !== 'MEMBER_STATUS_PROSPECT') mustBeNew(em, Member, member.memberId);
  const day = admittedOn || now.toISOString().slice(0, 10);
  takeStep(member, { kind: 'STEP_KIND_ADMISSION', on: day });
  member.services = [...(await rulesOf(em, caller.operator)).services.base];
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
  keepStep(em, member, { kind: 'STEP_KIND_ADMISSION', on: day, now, agentId: caller.agentId });
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

import type { CommandContext } from '@jonction/commands';
import { type AdmitMemberRequest, type AdmitMemberResponse, MemberAdmitted } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkInseeCode, checkSiren, checkSiret } from '@jonction/norms';
import { checkFields, mustBeNew, searchable } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Identifier, Member } from '../domain/member.ts';
import { memberMessage } from '../queries/member-message.ts';

const MOST_IDENTIFIERS = 20;
const MOST_INHABITANTS = 20_000_000;

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
    version: 1,
  });
  const identifiers = request.identifiers.map(({ scheme, value, validFrom, validUntil }) =>
    em.create(Identifier, {
      identifierId: uuidv7(),
      operator: caller.operator,
      memberId: member.memberId,
      scheme,
      value,
      validFrom: validFrom || null,
      validUntil: validUntil || null,
    }),
  );
  record(em, MemberAdmitted, member.admit(identifiers));
  return { member: memberMessage(member, identifiers) };
}

const judge = {
  IDENTIFIER_SCHEME_SIREN: checkSiren,
  IDENTIFIER_SCHEME_SIRET: checkSiret,
  IDENTIFIER_SCHEME_INSEE: checkInseeCode,
  IDENTIFIER_SCHEME_UNSPECIFIED: undefined,
  UNRECOGNIZED: undefined,
};

function check(request: AdmitMemberRequest): void {
  const fields = checkFields();
  fields.requestId(request.requestId);
  fields.uuid('member_id', request.memberId, { optional: true });
  fields.uuid('organization_id', request.organizationId, { optional: true });
  fields.known('kind', request.kind);
  fields.text('name', request.name, { max: 200 });
  fields.expect(
    /^([0-9][0-9AB][0-9]?)?$/.test(request.departementCode),
    'departement_code',
    'must be the code of a departement',
  );
  fields.expect(
    request.municipalPopulation >= 0 && request.municipalPopulation <= MOST_INHABITANTS,
    'municipal_population',
    'must be a number of inhabitants',
  );
  fields.day('admitted_on', request.admittedOn, { optional: true });
  fields.expect(request.identifiers.length <= MOST_IDENTIFIERS, 'identifiers', `must be ${MOST_IDENTIFIERS} at most`);
  for (const [at, { scheme, value, validFrom, validUntil }] of request.identifiers
    .slice(0, MOST_IDENTIFIERS)
    .entries()) {
    const field = `identifiers[${at}]`;
    fields.known(`${field}.scheme`, scheme);
    const verdict = judge[scheme]?.(value);
    if (verdict && !verdict.ok) fields.expect(false, `${field}.value`, `is not a code of this scheme: ${verdict.why}`);
    fields.day(`${field}.valid_from`, validFrom, { optional: true });
    fields.day(`${field}.valid_until`, validUntil, { optional: true });
    fields.expect(
      !validFrom || !validUntil || validFrom <= validUntil,
      `${field}.valid_until`,
      'must not be before valid_from',
    );
  }
  fields.done();
}

import {
  GroupingChanged,
  OrganizationCeased,
  OrganizationIdentifierChanged,
  OrganizationRegistered,
  OrganizationRenamed,
  OrganizationRestored,
  PopulationRevised,
  type Registration,
  type TerritoryChange,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { type checkFields, mustBeNew, searchable } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { asMessage, type Description, Identifier, Member, PastDescription } from '../domain/member.ts';
import {
  checkCode,
  checkIdentifiers,
  checkPlace,
  checkPopulation,
  createIdentifiers,
  endIdentifiers,
} from './identifiers.ts';

const MOST_IDENTIFIERS = 5;
const SIREN = 'IDENTIFIER_SCHEME_SIREN';

export type Change = NonNullable<TerritoryChange['change']>;

/** Makes a body known, without its being a member. */
export function register(
  em: EntityManager,
  operator: string,
  memberId: string,
  body: Registration,
): { member: Member; identifiers: Identifier[] } {
  mustBeNew(em, Member, memberId);
  const { kind, name, departementCode, epciSiren, municipalPopulation } = body;
  const member = em.create(Member, {
    memberId,
    operator,
    organizationId: body.organizationId || uuidv7(),
    kind,
    name,
    nameSearch: searchable(name),
    departementCode,
    municipalPopulation,
    status: 'MEMBER_STATUS_PROSPECT',
    ...{ admittedOn: null, statusSince: null, leavesOn: null, services: [] },
    epciSiren,
    describedSince: null,
    ceasedOn: null,
    successorMemberId: null,
    version: 1,
  });
  const identifiers = createIdentifiers(em, member, body.identifiers);
  record(em, OrganizationRegistered, member.register(identifiers));
  return { member, identifiers };
}

/** Changes a body from a day on, and says it. What it refuses may have been changed in part: its transaction is to be undone. */
export async function apply(em: EntityManager, member: Member, on: string, change: Change): Promise<void> {
  const since = { ...member.fields(), effectiveOn: on };
  const { name, epciSiren, municipalPopulation } = member;
  switch (change.$case) {
    case 'renaming':
      describe(em, member, on, { name: change.value.name });
      member.nameSearch = searchable(member.name);
      record(em, OrganizationRenamed, { ...since, before: name, after: member.name });
      break;
    case 'groupingChange':
      describe(em, member, on, { epciSiren: change.value.epciSiren });
      record(em, GroupingChanged, { ...since, epciBefore: epciSiren, epciAfter: member.epciSiren });
      break;
    case 'populationRevision':
      describe(em, member, on, change.value);
      record(em, PopulationRevised, {
        ...since,
        before: municipalPopulation,
        after: member.municipalPopulation,
      });
      break;
    case 'identifierChange':
      await changeIdentifier(em, member, on, change.value);
      break;
    case 'absorption':
      await absorb(em, member, on, change.value);
      break;
    case 'cessation':
      await cease(em, member, on, undefined);
      break;
    case 'restoration': {
      const fromMemberId = member.restore(on);
      describe(em, member, on, { kind: 'ORGANIZATION_KIND_COMMUNE' });
      const identifiers = createIdentifiers(
        em,
        member,
        change.value.identifiers.map((one) => ({ ...one, validFrom: on })),
      );
      record(em, OrganizationRestored, { ...since, fromMemberId, identifiers: identifiers.map(asMessage) });
      break;
    }
  }
}

function describe(em: EntityManager, member: Member, on: string, news: Partial<Description>): void {
  const past = member.describe(on, news);
  if (past) em.create(PastDescription, { pastDescriptionId: uuidv7(), ...past });
}

/** Ends the codes that the member bears at `on`. */
export async function endCodes(em: EntityManager, { memberId }: Member, on: string): Promise<void> {
  const known = await em.find(Identifier, { memberId });
  endIdentifiers(
    known.filter((one) => one.isValidOn(on)),
    on,
  );
}

async function changeIdentifier(
  em: EntityManager,
  member: Member,
  on: string,
  { scheme, value }: Pick<Identifier, 'scheme' | 'value'>,
): Promise<void> {
  member.mustLive();
  const known = await em.find(Identifier, { memberId: member.memberId, scheme });
  const before = known.find((one) => one.isValidOn(on));
  if (before) endIdentifiers([before], on);
  // The first code that is known of a body has always been its own, unless another bore it before.
  const since = known.length > 0 || (await em.count(Identifier, { scheme, value })) > 0 ? on : '';
  createIdentifiers(em, member, [{ scheme, value, validFrom: since, validUntil: '' }]);
  record(em, OrganizationIdentifierChanged, {
    ...member.fields(),
    scheme,
    before: before?.value ?? '',
    after: value,
    effectiveOn: on,
  });
}

async function absorb(
  em: EntityManager,
  member: Member,
  on: string,
  { successorMemberId, remainsAs }: { successorMemberId: string; remainsAs: Member['kind'] },
): Promise<void> {
  const successor = await em.findOneOrFail(Member, { memberId: successorMemberId });
  await cease(em, member, on, { successor, remainsAs });
}

async function cease(
  em: EntityManager,
  member: Member,
  on: string,
  into: { successor: Member; remainsAs: Member['kind'] } | undefined,
): Promise<void> {
  member.mustLive();
  await endCodes(em, member, on);
  const remainsAs = into?.remainsAs ?? 'ORGANIZATION_KIND_UNSPECIFIED';
  if (remainsAs !== 'ORGANIZATION_KIND_UNSPECIFIED') describe(em, member, on, { kind: remainsAs });
  member.cease(on, into?.successor);
  const successorMemberId = into?.successor.memberId ?? '';
  record(em, OrganizationCeased, { ...member.fields(), successorMemberId, remainsAs, effectiveOn: on });
}

/** Checks a change. `where` is the path of what holds it, and ends with a point. */
export function checkChange(fields: ReturnType<typeof checkFields>, where: string, change: Change): void {
  switch (change.$case) {
    case 'registration':
      checkRegistration(fields, `${where}registration.`, change.value);
      break;
    case 'renaming':
      fields.text(`${where}renaming.name`, change.value.name, { max: 200 });
      break;
    case 'identifierChange':
      fields.known(`${where}identifier_change.scheme`, change.value.scheme);
      checkCode(fields, `${where}identifier_change.value`, change.value);
      break;
    case 'groupingChange':
      checkSirenOrNone(fields, `${where}grouping_change.epci_siren`, change.value.epciSiren);
      break;
    case 'populationRevision':
      checkPopulation(fields, `${where}population_revision.municipal_population`, change.value.municipalPopulation);
      break;
    case 'absorption':
      fields.uuid(`${where}absorption.successor_member_id`, change.value.successorMemberId);
      fields.known(`${where}absorption.remains_as`, change.value.remainsAs, { optional: true });
      break;
    case 'cessation':
      break;
    case 'restoration':
      checkIdentifiers(fields, `${where}restoration.identifiers`, change.value.identifiers, MOST_IDENTIFIERS);
      break;
  }
}

/** Checks what a body is said to be. `where` ends with a point. */
export function checkRegistration(fields: ReturnType<typeof checkFields>, where: string, body: Registration): void {
  fields.uuid(`${where}organization_id`, body.organizationId, { optional: true });
  fields.known(`${where}kind`, body.kind);
  fields.text(`${where}name`, body.name, { max: 200 });
  checkPlace(fields, where, body);
  checkSirenOrNone(fields, `${where}epci_siren`, body.epciSiren);
  checkIdentifiers(fields, `${where}identifiers`, body.identifiers, MOST_IDENTIFIERS);
}

function checkSirenOrNone(fields: ReturnType<typeof checkFields>, field: string, value: string): void {
  if (value) checkCode(fields, field, { scheme: SIREN, value });
}

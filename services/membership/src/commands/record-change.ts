import type { CommandContext } from '@jonction/commands';
import {
  GroupingChanged,
  MandateEnded,
  OrganizationCeased,
  OrganizationIdentifierChanged,
  OrganizationRegistered,
  OrganizationRenamed,
  OrganizationRestored,
  PopulationRevised,
  type RecordChangeRequest,
  type RecordChangeResponse,
  type Registration,
  type TerritoryChange,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields, mustBeNew, searchable } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { asMessage, type Description, Identifier, Member, PastDescription } from '../domain/member.ts';
import { midnightOf } from '../domain/operator-rules.ts';
import { memberMessage } from '../queries/member-message.ts';
import { refuse } from '../refusals.ts';
import { endMandates } from './end-mandates.ts';
import {
  checkCode,
  checkIdentifiers,
  checkPlace,
  checkPopulation,
  createIdentifiers,
  endIdentifiers,
} from './identifiers.ts';
import { rulesOf } from './rules.ts';

const MOST_IDENTIFIERS = 5;
const SIREN = 'IDENTIFIER_SCHEME_SIREN';

type Change = NonNullable<TerritoryChange['change']>;

/** Records what happened to a body on a day, and says it. */
export async function recordChange(
  em: EntityManager,
  request: RecordChangeRequest,
  { now, caller }: CommandContext,
): Promise<RecordChangeResponse> {
  const { memberId, effectiveOn, change } = check(request);
  if (effectiveOn > now.toISOString().slice(0, 10)) throw refuse('DAY_TO_COME');
  if (change.$case === 'registration') return register(em, caller.operator, memberId, change.value);
  const member = await em.findOneOrFail(Member, { memberId });
  await apply(em, member, effectiveOn, change);
  if (member.ceasedOn !== null) await endSigning(em, member, now);
  const identifiers = await em.find(Identifier, { memberId });
  return { member: memberMessage(member, identifiers) };
}

function register(em: EntityManager, operator: string, memberId: string, body: Registration): RecordChangeResponse {
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
  return { member: memberMessage(member, identifiers) };
}

async function apply(em: EntityManager, member: Member, on: string, change: Change): Promise<void> {
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

/** Ends the codes that the member bears at `on`, of one scheme or of all, and gives them. */
async function endCodes(em: EntityManager, { memberId }: Member, on: string, scheme?: Identifier['scheme']) {
  const borne = (await em.find(Identifier, { memberId })).filter((one) => one.isValidOn(on));
  const ended = borne.filter((one) => scheme === undefined || one.scheme === scheme);
  endIdentifiers(ended, on);
  return ended;
}

async function changeIdentifier(
  em: EntityManager,
  member: Member,
  on: string,
  { scheme, value }: Pick<Identifier, 'scheme' | 'value'>,
): Promise<void> {
  member.mustLive();
  const [before] = await endCodes(em, member, on, scheme);
  createIdentifiers(em, member, [{ scheme, value, validFrom: before ? on : '', validUntil: '' }]);
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

/** Nobody signs for a body that is no more. */
async function endSigning(em: EntityManager, { operator, memberId, ceasedOn }: Member, now: Date): Promise<void> {
  const midnight = midnightOf(await rulesOf(em, operator), ceasedOn ?? '');
  // At the east of its operator's clock the day may have begun already.
  const at = midnight > now ? now : midnight;
  const ended = await endMandates(em, memberId, { cause: 'MANDATE_END_CAUSE_BODY_CEASED', at, now });
  for (const one of ended) record(em, MandateEnded, one);
}

function check(request: RecordChangeRequest): TerritoryChange & { change: Change } {
  const fields = checkFields();
  const { memberId = '', effectiveOn = '', change } = request.change ?? {};
  fields.uuid('change.member_id', memberId);
  fields.day('change.effective_on', effectiveOn, { optional: change?.$case === 'registration' });
  fields.expect(change !== undefined, 'change', 'must say what changes');
  if (change) checkChange(fields, change);
  fields.done();
  return { memberId, effectiveOn, change: change as Change };
}

function checkChange(fields: ReturnType<typeof checkFields>, change: Change): void {
  const siren = (field: string, value: string) => {
    if (value) checkCode(fields, field, { scheme: SIREN, value });
  };
  switch (change.$case) {
    case 'registration': {
      const body = change.value;
      fields.uuid('change.registration.organization_id', body.organizationId, { optional: true });
      fields.known('change.registration.kind', body.kind);
      fields.text('change.registration.name', body.name, { max: 200 });
      checkPlace(fields, 'change.registration.', body);
      siren('change.registration.epci_siren', body.epciSiren);
      checkIdentifiers(fields, 'change.registration.identifiers', body.identifiers, MOST_IDENTIFIERS);
      break;
    }
    case 'renaming':
      fields.text('change.renaming.name', change.value.name, { max: 200 });
      break;
    case 'identifierChange':
      fields.known('change.identifier_change.scheme', change.value.scheme);
      checkCode(fields, 'change.identifier_change.value', change.value);
      break;
    case 'groupingChange':
      siren('change.grouping_change.epci_siren', change.value.epciSiren);
      break;
    case 'populationRevision':
      checkPopulation(fields, 'change.population_revision.municipal_population', change.value.municipalPopulation);
      break;
    case 'absorption':
      fields.uuid('change.absorption.successor_member_id', change.value.successorMemberId);
      fields.known('change.absorption.remains_as', change.value.remainsAs, { optional: true });
      break;
    case 'cessation':
      break;
    case 'restoration':
      checkIdentifiers(fields, 'change.restoration.identifiers', change.value.identifiers, MOST_IDENTIFIERS);
      break;
  }
}

import type { IdentifierScheme, Member, MembershipServiceDefinition, MergePlan } from '@jonction/contracts';
import type { Client } from '@jonction/contracts/client';
import { Mistake } from '../start/running.ts';

type Membership = Client<typeof MembershipServiceDefinition>;

/** The kinds of operation as one types them, and as INSEE numbers them. */
export const KINDS: Record<string, MergePlan['kind']> = {
  'new-commune': 'MERGE_KIND_NEW_COMMUNE',
  simple: 'MERGE_KIND_SIMPLE',
  association: 'MERGE_KIND_ASSOCIATION',
  groupings: 'MERGE_KIND_GROUPINGS',
  restoration: 'MERGE_KIND_RESTORATION',
  32: 'MERGE_KIND_NEW_COMMUNE',
  31: 'MERGE_KIND_SIMPLE',
  33: 'MERGE_KIND_ASSOCIATION',
  21: 'MERGE_KIND_RESTORATION',
};

/** What was typed of an operation; empty where nothing was. */
export interface Typed {
  kind: string;
  on: string;
  from: string[];
  into: string;
  restore: string[];
  name: string;
  siren: string;
  insee: string;
  epci: string;
  population: string;
  departement: string;
  decision: string;
}

type Change = MergePlan['changes'][number]['change'];

/** The operation that was typed, its bodies found by their codes. Throws a Mistake that says what to type instead. */
export async function planOf(typed: Typed, membership: Membership): Promise<MergePlan> {
  const kind = KINDS[typed.kind];
  if (!kind) throw new Mistake(`--kind is one of ${Object.keys(KINDS).join(', ')}.`);
  if (!/^\d{4}-\d\d-\d\d$/.test(typed.on)) throw new Mistake('--on is the day it takes effect, such as 2027-01-01.');
  if (!typed.into && !typed.name) throw new Mistake('say --into a body that is known, or --name one that is created.');
  const bodies = await Promise.all(typed.from.map((one) => bodyOf(membership, one)));
  const into = typed.into ? await bodyOf(membership, typed.into) : undefined;
  const restored = await Promise.all(typed.restore.map((one) => formerOf(membership, one)));
  return {
    kind,
    effectiveOn: typed.on,
    decisionRef: typed.decision,
    successorMemberId: into?.memberId ?? '',
    created: into ? undefined : createdBy(typed, bodies),
    predecessorMemberIds: bodies.map(({ memberId }) => memberId),
    comingOut: restored.map((one) => ({
      ...{ memberId: one.memberId, created: undefined, agentIds: [] },
      identifiers: lastCodes(one),
    })),
    changes: into ? changesOf(typed).map((change) => ({ memberId: into.memberId, change })) : [],
  };
}

function createdBy(typed: Typed, bodies: Member[]): MergePlan['created'] {
  const codes = [
    identifier('IDENTIFIER_SCHEME_SIREN', typed.siren),
    identifier('IDENTIFIER_SCHEME_INSEE', typed.insee),
  ];
  const inhabitants = bodies.reduce((sum, body) => sum + body.municipalPopulation, 0);
  const grouping = typed.kind === 'groupings';
  return {
    organizationId: '',
    kind: grouping ? (bodies[0]?.kind ?? 'ORGANIZATION_KIND_EPCI') : 'ORGANIZATION_KIND_NEW_COMMUNE',
    name: typed.name,
    departementCode: typed.departement || (bodies[0]?.departementCode ?? ''),
    identifiers: codes.filter(({ value }) => value !== ''),
    epciSiren: typed.epci || (bodies[0]?.epciSiren ?? ''),
    municipalPopulation: typed.population ? populationOf(typed) : inhabitants,
  };
}

function changesOf(typed: Typed): Change[] {
  const code = (scheme: IdentifierScheme, value: string): Change[] =>
    value ? [{ $case: 'identifierChange', value: { scheme, value } }] : [];
  return [
    ...(typed.name ? [{ $case: 'renaming', value: { name: typed.name } } satisfies Change] : []),
    ...code('IDENTIFIER_SCHEME_SIREN', typed.siren),
    ...code('IDENTIFIER_SCHEME_INSEE', typed.insee),
    ...(typed.epci ? [{ $case: 'groupingChange', value: { epciSiren: typed.epci } } satisfies Change] : []),
    ...(typed.population
      ? [{ $case: 'populationRevision', value: { municipalPopulation: populationOf(typed) } } satisfies Change]
      : []),
  ];
}

function populationOf({ population }: Typed): number {
  if (!/^\d{1,8}$/.test(population)) throw new Mistake(`--population is a number of inhabitants, not "${population}".`);
  return Number(population);
}

const identifier = (scheme: IdentifierScheme, value: string) => ({ scheme, value, validFrom: '', validUntil: '' });

const isId = (typed: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(typed);

/** The body of today behind an id of ours, a SIREN or an INSEE code. */
async function bodyOf(membership: Membership, typed: string): Promise<Member> {
  const { member } = isId(typed)
    ? await membership.getMember({ memberId: typed })
    : await membership.resolveIdentifier(asked(typed));
  if (!member) throw new Error(`nobody is known by ${typed}`);
  return member;
}

/** The body that bore a code and is no more, though another has taken its place. */
async function formerOf(membership: Membership, typed: string): Promise<Member> {
  if (isId(typed)) return bodyOf(membership, typed);
  const { member, formerBearerId } = await membership.resolveIdentifier(asked(typed));
  return bodyOf(membership, formerBearerId || (member?.memberId ?? ''));
}

function asked(typed: string) {
  if (/^\d{9}$/.test(typed)) return { scheme: 'IDENTIFIER_SCHEME_SIREN' as const, value: typed };
  if (/^[0-9AB]{5}$/.test(typed)) return { scheme: 'IDENTIFIER_SCHEME_INSEE' as const, value: typed };
  throw new Mistake(`"${typed}" is neither an INSEE code of 5, a SIREN of 9, nor an id of a member.`);
}

/** The codes that a body bore last: those it bears again. */
function lastCodes({ identifiers }: Member) {
  const byScheme = Map.groupBy(identifiers, ({ scheme }) => scheme);
  return [...byScheme].flatMap(([scheme, all]) => {
    const last = all.toSorted((a, b) => (a.validUntil < b.validUntil ? -1 : 1)).at(-1);
    return last ? [identifier(scheme, last.value)] : [];
  });
}

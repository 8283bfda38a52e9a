import type { Identifier, Member, TerritoryChange } from '@jonction/contracts';
import { idsOf } from '../roster.ts';
import type { Listed, Vintage } from './lists.ts';

/** What is to be recorded so that what an operator knows is what the lists say. */
export interface Difference {
  changes: Named[];
  /** Communes that are no longer listed and of which the lists do not say where they went, with the guess that was made. */
  guessed: { code: string; name: string; into: string }[];
}

/** A change, with the code and the name of the body for a person to read. */
export interface Named {
  code: string;
  name: string;
  change: TerritoryChange;
}

type Change = NonNullable<TerritoryChange['change']>;

const INSEE = 'IDENTIFIER_SCHEME_INSEE';
const SIREN = 'IDENTIFIER_SCHEME_SIREN';
const REMAINING = new Set(['ORGANIZATION_KIND_DELEGATED_COMMUNE', 'ORGANIZATION_KIND_ASSOCIATED_COMMUNE']);

/**
 * Compares what an operator knows with the lists of a year, in the order in which the changes are to be recorded. The same
 * body is the one with the same INSEE code, or else with the same SIREN; a grouping's code is its SIREN.
 * `settled` says where a commune went that the lists do not follow: its code, and that of its successor.
 */
export function difference(
  known: Member[],
  vintage: Vintage,
  operator: string,
  settled: Map<string, string>,
): Difference {
  const on = `${vintage.year}-01-01`;
  const first = known.every(({ kind }) => kind !== 'ORGANIZATION_KIND_COMMUNE');
  const bodies = bodiesOf(known);
  const listed = listedBodies([...vintage.communes, ...vintage.groupings], { bodies, operator, on, first });
  const gone = goneBodies(bodies, { vintage, settled, known: bodies.living, same: listed.same, on });
  const { registered, ended } = formerBodies(vintage, { bodies, operator, on, same: listed.same });
  // Codes are given up before others take them; whoever takes another's place is there before.
  const isNew = new Set(listed.registered.map(({ change }) => change.memberId));
  const [late = [], early = []] = [true, false].map((wanted) =>
    gone.endings.filter(({ change }) => isNew.has(successorIn(change)) === wanted),
  );
  const { restored, others } = listed;
  const changes = [...early, ...restored, ...listed.registered, ...registered, ...late, ...ended, ...others];
  return { changes, guessed: gone.guessed };
}

const successorIn = ({ change }: TerritoryChange) =>
  change?.$case === 'absorption' ? change.value.successorMemberId : '';

type Bodies = ReturnType<typeof bodiesOf>;

interface Run {
  bodies: Bodies;
  operator: string;
  on: string;
}

/** What became of those that are listed; `same` gives the member behind each code. */
function listedBodies(listed: Listed[], { bodies, operator, on, first }: Run & { first: boolean }) {
  const codes = new Set(listed.map(({ code }) => code));
  const same = new Map<string, string>();
  const restored: Named[] = [];
  const registered: Named[] = [];
  const others: Named[] = [];
  for (const one of listed) {
    const { code, name } = one;
    const living = bodies.living.get(code) ?? bodies.bySiren(one, codes);
    const body = living ?? bodies.ceased.get(code);
    const memberId = body?.memberId ?? idsOf(operator, one.kind.replace('ORGANIZATION_KIND_', ''), code).memberId;
    same.set(code, memberId);
    const named = (change: Change) => ({ code, name, change: { memberId, effectiveOn: on, change } });
    if (!body) {
      registered.push(named({ $case: 'registration', value: registrationOf(one, first ? '' : on, operator) }));
      continue;
    }
    const identifiers = living?.identifiers ?? identifiersOf(one, on);
    if (!living) restored.push(named({ $case: 'restoration', value: { identifiers } }));
    others.push(...changesOf({ ...body, identifiers }, one).map(named));
  }
  return { same, restored, registered, others };
}

/** What became of those that are no longer listed. */
function goneBodies(bodies: Bodies, { same, on, ...where }: Where & { same: Map<string, string>; on: string }) {
  const { vintage } = where;
  const still = new Set(same.values());
  const endings: Named[] = [];
  const guessed: Difference['guessed'] = [];
  for (const [code, body] of bodies.living) {
    const { memberId, name } = body;
    if (still.has(memberId) || vintage.allGroupings.has(code)) continue;
    const found = successorOf(body, code, where);
    if (found.guessed) guessed.push({ code, name, into: found.into });
    const successorMemberId = same.get(found.into);
    const remainsAs = vintage.remains.get(code)?.kind ?? 'ORGANIZATION_KIND_UNSPECIFIED';
    const change: Change = successorMemberId
      ? { $case: 'absorption', value: { successorMemberId, remainsAs } }
      : { $case: 'cessation', value: {} };
    endings.push({ code, name, change: { memberId, effectiveOn: on, change } });
  }
  return { endings, guessed };
}

/** Communes that had ceased before anything was known of them: their codes lead to the commune they are part of. */
function formerBodies(vintage: Vintage, { bodies, operator, on, same }: Run & { same: Map<string, string> }) {
  const registered: Named[] = [];
  const ended: Named[] = [];
  for (const [code, { name, into, kind: remainsAs }] of vintage.remains) {
    if (bodies.living.has(code) || bodies.ceased.has(code)) continue;
    const memberId = idsOf(operator, 'COMMUNE', code).memberId;
    const named = (effectiveOn: string, change: Change) => ({ code, name, change: { memberId, effectiveOn, change } });
    const departementCode = vintage.communes.find((one) => one.code === into)?.departementCode ?? '';
    const former: Listed = {
      kind: 'ORGANIZATION_KIND_COMMUNE',
      ...{ code, name, siren: '', departementCode, epciSiren: '', municipalPopulation: undefined },
    };
    registered.push(named('', { $case: 'registration', value: registrationOf(former, '', operator) }));
    const successorMemberId = same.get(into) ?? '';
    ended.push(named(on, { $case: 'absorption', value: { successorMemberId, remainsAs } }));
  }
  return { registered, ended };
}

const today = (identifiers: Identifier[], scheme: string) =>
  identifiers.find((one) => one.scheme === scheme && one.validUntil === '')?.value;

function bodiesOf(known: Member[]) {
  const living = new Map<string, Member>();
  const ceased = new Map<string, Member>();
  for (const body of known) {
    const grouping = body.kind === 'ORGANIZATION_KIND_EPCI' || body.kind === 'ORGANIZATION_KIND_EPT';
    if (!grouping && body.kind !== 'ORGANIZATION_KIND_COMMUNE' && !REMAINING.has(body.kind)) continue;
    const scheme = grouping ? SIREN : INSEE;
    const last = body.identifiers
      .filter((one) => one.scheme === scheme)
      .toSorted((a, b) => (a.validUntil < b.validUntil ? -1 : 1));
    const code = body.ceasedOn ? last.at(-1)?.value : today(body.identifiers, scheme);
    if (code) (body.ceasedOn ? ceased : living).set(code, body);
  }
  const sirens = new Map([...living].map(([code, body]) => [today(body.identifiers, SIREN), { code, body }]));
  return {
    living,
    ceased,
    /** A commune whose INSEE code changed and whose SIREN did not. */
    bySiren({ siren }: Listed, codes: Set<string>): Member | undefined {
      const found = siren ? sirens.get(siren) : undefined;
      return found && !codes.has(found.code) ? found.body : undefined;
    },
  };
}

function changesOf(body: Member, listed: Listed): Change[] {
  const changes: Change[] = [];
  if (body.name !== listed.name) changes.push({ $case: 'renaming', value: { name: listed.name } });
  const codes = listed.kind === 'ORGANIZATION_KIND_COMMUNE' ? [[INSEE, listed.code] as const] : [];
  for (const [scheme, value] of [...codes, [SIREN, listed.siren] as const]) {
    if (value && today(body.identifiers, scheme) !== value)
      changes.push({ $case: 'identifierChange', value: { scheme, value } });
  }
  if (body.epciSiren !== listed.epciSiren)
    changes.push({ $case: 'groupingChange', value: { epciSiren: listed.epciSiren } });
  const { municipalPopulation } = listed;
  if (municipalPopulation !== undefined && body.municipalPopulation !== municipalPopulation)
    changes.push({ $case: 'populationRevision', value: { municipalPopulation } });
  return changes;
}

function identifiersOf({ kind, code, siren }: Listed, validFrom: string): Identifier[] {
  const insee =
    kind === 'ORGANIZATION_KIND_COMMUNE' ? [{ scheme: INSEE, value: code, validFrom, validUntil: '' } as const] : [];
  return [...insee, ...(siren ? [{ scheme: SIREN, value: siren, validFrom, validUntil: '' } as const] : [])];
}

function registrationOf(listed: Listed, validFrom: string, operator: string) {
  const { kind, name, departementCode, epciSiren, municipalPopulation = 0 } = listed;
  const identifiers = identifiersOf(listed, validFrom);
  const { organizationId } = idsOf(operator, kind.replace('ORGANIZATION_KIND_', ''), listed.code);
  return { organizationId, kind, name, departementCode, identifiers, epciSiren, municipalPopulation };
}

interface Where {
  vintage: Vintage;
  settled: Map<string, string>;
  known: Map<string, Member>;
}

/**
 * Where a body went: as was said, as the lists say, or a guess, which is the commune of its departement that this year got
 * another SIREN, or another name, and whose population came nearest to that of both.
 */
function successorOf(
  body: Member,
  code: string,
  { vintage, settled, known }: Where,
): { into: string; guessed: boolean } {
  const said = settled.get(code) ?? vintage.remains.get(code)?.into ?? vintage.formerCodes.get(code);
  if (said !== undefined) return { into: said, guessed: false };
  if (body.kind !== 'ORGANIZATION_KIND_COMMUNE') return { into: groupingOf(code, { vintage, known }), guessed: false };
  const gap = (one: Listed) =>
    Math.abs(
      (one.municipalPopulation ?? 0) - (known.get(one.code)?.municipalPopulation ?? 0) - body.municipalPopulation,
    );
  const changed = vintage.communes.filter((one) => {
    const before = known.get(one.code);
    const another = before && (before.name !== one.name || today(before.identifiers, SIREN) !== one.siren);
    return one.departementCode === body.departementCode && another;
  });
  const [nearest] = changed.toSorted((a, b) => gap(a) - gap(b));
  return { into: nearest?.code ?? '', guessed: true };
}

/** The grouping that all communes of a former one are in now; empty when they went to several. */
function groupingOf(code: string, { vintage, known }: Omit<Where, 'settled'>): string {
  const now = new Map(vintage.communes.map((one) => [one.code, one.epciSiren]));
  const into = new Set<string>();
  for (const [insee, body] of known) if (body.epciSiren === code && now.has(insee)) into.add(now.get(insee) ?? '');
  const [only = ''] = into;
  return into.size === 1 ? only : '';
}

import type { MemberStatus, SubscribedService } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { rulesOf } from '../commands/rules.ts';
import { type Contributor, GROUPINGS } from '../domain/contribution.ts';
import { MembershipStep } from '../domain/life.ts';
import { Identifier, Member, PastDescription } from '../domain/member.ts';
import { MemberSize } from '../domain/member-size.ts';
import { dayAt } from '../domain/operator-rules.ts';

const CONTRIBUTING: MemberStatus[] = ['MEMBER_STATUS_ACTIVE', 'MEMBER_STATUS_SUSPENDED', 'MEMBER_STATUS_WITHDRAWING'];

/** Of a year, for an operator, at a moment; of one member and its grouping alone when `memberId` is said. */
export interface Asked {
  operator: string;
  year: number;
  now: Date;
  memberId?: string;
}

/**
 * Who owes a contribution for a year, with the facts of its first day, or of the day of admission when that is later; of a
 * year to come, those of today. Six queries, however many they are.
 */
export async function contributorsIn(em: EntityManager, asked: Asked): Promise<Map<string, Contributor>> {
  const rules = await rulesOf(em, asked.operator);
  const today = dayAt(rules, asked.now);
  const [first, last] = [earlier(`${asked.year}-01-01`, today), earlier(`${asked.year}-12-31`, today)];
  if (asked.memberId === undefined) return withGroupings(await load(em, {}, { first, last, rules }));
  const own = await load(em, { memberId: [asked.memberId] }, { first, last, rules });
  const bearers = await em.find(Identifier, { scheme: SIREN, value: { $in: own.map(({ epciSiren }) => epciSiren) } });
  const memberId = [asked.memberId, ...bearers.map((bearer) => bearer.memberId)];
  return withGroupings(await load(em, { memberId }, { first, last, rules }));
}

const SIREN = 'IDENTIFIER_SCHEME_SIREN';

interface Days {
  first: string;
  last: string;
  rules: { services: { base: SubscribedService[] } };
}

/** A contributor before its grouping is found among the others: by the codes that they bear. */
interface Loaded extends Omit<Contributor, 'groupingMemberId'> {
  epciSiren: string;
  codes: Identifier[];
}

async function load(em: EntityManager, only: { memberId?: string[] }, { first, last, rules }: Days): Promise<Loaded[]> {
  const of = only.memberId ? { memberId: { $in: only.memberId } } : {};
  const found = await em.find(Member, { ...of, admittedOn: { $ne: null } }, { orderBy: { memberId: 'asc' } });
  // The steps of one day count in the order they were recorded, which their ids tell.
  const orderBy = { effectiveOn: 'asc', stepId: 'asc' } as const;
  const steps = grouped(await em.find(MembershipStep, of, { orderBy }));
  const pasts = grouped(await em.find(PastDescription, { ...of, validUntil: { $gte: first } }));
  const sizes = grouped(
    await em.find(MemberSize, { ...of, effectiveOn: { $lte: last } }, { orderBy: { effectiveOn: 'asc' } }),
  );
  const groupings = found.filter(({ kind }) => GROUPINGS.includes(kind)).map(({ memberId }) => memberId);
  const codes = grouped(await em.find(Identifier, { scheme: SIREN, memberId: { $in: groupings } }));
  return found.flatMap((member) => {
    const taken = steps.get(member.memberId) ?? [];
    const admittedOn = admissionIn(taken, first, last);
    const factsOn = admittedOn && later(first, admittedOn);
    if (!factsOn || (member.ceasedOn !== null && member.ceasedOn <= factsOn)) return [];
    const past = pasts.get(member.memberId)?.find((one) => one.holdsOn(factsOn));
    const size = sizes.get(member.memberId)?.findLast((one) => one.effectiveOn <= factsOn);
    const { kind, name, epciSiren, municipalPopulation } = past ?? member;
    const { memberId, departementCode } = member;
    return [
      {
        ...{ memberId, factsOn, admittedOn, kind, name, departementCode, municipalPopulation, epciSiren },
        budgetEuros: size?.budgetEuros ?? undefined,
        staff: size?.staff ?? undefined,
        services: servicesOn(factsOn, taken, member.services, rules.services.base),
        codes: codes.get(memberId) ?? [],
      },
    ];
  });
}

/** The day of the admission that makes it a member on the first of these days or, after it, until the last; or undefined. */
function admissionIn(steps: MembershipStep[], first: string, last: string): string | undefined {
  const admissions = steps.filter(({ kind, effectiveOn }) => kind === 'STEP_KIND_ADMISSION' && effectiveOn <= last);
  const before = admissions.findLast(({ effectiveOn }) => effectiveOn <= first);
  const status = steps.findLast(({ effectiveOn }) => effectiveOn <= first)?.status;
  if (before && status && CONTRIBUTING.includes(status)) return before.effectiveOn;
  return admissions.find(({ effectiveOn }) => effectiveOn > first)?.effectiveOn;
}

/**
 * The services that a member had on a day. What came after is undone, from those of today; who left since has none today,
 * and what it had is followed from its admission.
 */
function servicesOn(
  day: string,
  steps: MembershipStep[],
  today: SubscribedService[],
  base: SubscribedService[],
): SubscribedService[] {
  const after = steps.filter(({ effectiveOn }) => effectiveOn > day);
  const left = after.some(({ kind }) => kind === 'STEP_KIND_WITHDRAWAL' || kind === 'STEP_KIND_EXCLUSION');
  const services = new Set(left ? base : today);
  const followed = left ? steps.filter(({ effectiveOn }) => effectiveOn <= day) : after.toReversed();
  for (const { kind, service } of followed) {
    const adds = left ? 'STEP_KIND_SUBSCRIPTION' : 'STEP_KIND_UNSUBSCRIPTION';
    const takes = left ? 'STEP_KIND_UNSUBSCRIPTION' : 'STEP_KIND_SUBSCRIPTION';
    if (kind === adds) services.add(service);
    if (kind === takes) services.delete(service);
  }
  return [...services];
}

/** Its grouping is the one that bears the SIREN on the day, when it is a member by then: who joins later covers from the next year. */
function withGroupings(loaded: Loaded[]): Map<string, Contributor> {
  const bearers = Map.groupBy(
    loaded.flatMap(({ memberId, factsOn: since, codes }) => codes.map((code) => ({ memberId, since, code }))),
    ({ code }) => code.value,
  );
  return new Map(
    loaded.map(({ epciSiren, codes, ...contributor }) => {
      const day = contributor.factsOn;
      const bearer = bearers.get(epciSiren)?.find(({ since, code }) => since <= day && code.isValidOn(day));
      return [contributor.memberId, { ...contributor, groupingMemberId: bearer?.memberId ?? '' }];
    }),
  );
}

function grouped<T extends { memberId: string }>(rows: T[]): Map<string, T[]> {
  return Map.groupBy(rows, ({ memberId }) => memberId);
}

const earlier = (a: string, b: string) => (a < b ? a : b);
const later = (a: string, b: string) => (a > b ? a : b);

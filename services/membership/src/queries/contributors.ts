import type { MemberStatus, StepKind, SubscribedService } from '@jonction/contracts';
import { sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { rulesOf } from '../commands/rules.ts';
import { type Contributor, GROUPINGS } from '../domain/contribution.ts';
import type { MembershipStep } from '../domain/life.ts';
import { type Description, dayBefore, type Member } from '../domain/member.ts';
import { dayAt } from '../domain/operator-rules.ts';

const CONTRIBUTING: MemberStatus[] = ['MEMBER_STATUS_ACTIVE', 'MEMBER_STATUS_SUSPENDED', 'MEMBER_STATUS_WITHDRAWING'];

/** How a body becomes a member: by itself, or in the place of members that go into it or out of which it comes. */
const BECOMES: StepKind[] = ['STEP_KIND_ADMISSION', 'STEP_KIND_SUCCESSION'];

/** Of a year, for an operator, at a moment; of one member and its grouping alone when `memberId` is said. */
export interface Asked {
  operator: string;
  year: number;
  now: Date;
  memberId?: string;
}

/**
 * Who owes a contribution for a year, with the facts of its first day, or of the day of admission when that is later; of a
 * year to come, those of today. Six queries, however many they are, and by hand: with entities a simulation of 2,100 members
 * took 0.23 s instead of 0.12 s on two cores.
 */
export async function contributorsIn(em: EntityManager, asked: Asked): Promise<Map<string, Contributor>> {
  const rules = await rulesOf(em, asked.operator);
  const today = dayAt(rules, asked.now);
  const [first, last] = [earlier(`${asked.year}-01-01`, today), earlier(`${asked.year}-12-31`, today)];
  const days = { first, last, base: rules.services.base };
  if (asked.memberId === undefined) return withGroupings(await load(em, null, days));
  const own = await load(em, [asked.memberId], days);
  const sirens = own.map(({ epciSiren }) => epciSiren);
  const bearers = await sql<{ memberId: string }>(em, BEARERS, [sirens]);
  return withGroupings(await load(em, [asked.memberId, ...bearers.map(({ memberId }) => memberId)], days));
}

const BEARERS = `
  select member_id as "memberId" from identifier where scheme = 'IDENTIFIER_SCHEME_SIREN' and value = any ($1)`;
// Days as text, as everywhere; $1 is null for all members.
const MEMBERS = `
  select member_id as "memberId", kind, name, departement_code as "departementCode", services, epci_siren as "epciSiren",
    municipal_population as "municipalPopulation", ceased_on::text as "ceasedOn"
  from member where admitted_on is not null and ($1::uuid[] is null or member_id = any ($1)) order by member_id`;
// The steps of one day count in the order they were recorded, which their ids tell.
const STEPS = `
  select member_id as "memberId", kind, status, service, effective_on::text as "effectiveOn" from membership_step
  where $1::uuid[] is null or member_id = any ($1) order by effective_on, step_id`;
const PASTS = `
  select member_id as "memberId", kind, name, epci_siren as "epciSiren", municipal_population as "municipalPopulation",
    valid_from::text as "validFrom", valid_until::text as "validUntil"
  from past_description where valid_until >= $2 and ($1::uuid[] is null or member_id = any ($1))`;
const SIZES = `
  select member_id as "memberId", effective_on::text as "effectiveOn", budget_euros::text as "budgetEuros", staff
  from member_size where effective_on <= $2 and ($1::uuid[] is null or member_id = any ($1)) order by effective_on`;
const CODES = `
  select member_id as "memberId", value, valid_from::text as "validFrom", valid_until::text as "validUntil"
  from identifier where scheme = 'IDENTIFIER_SCHEME_SIREN' and member_id = any ($1)`;

type Present = Description & Pick<Member, 'memberId' | 'departementCode' | 'services' | 'ceasedOn'>;
type Step = Pick<MembershipStep, 'memberId' | 'kind' | 'status' | 'service' | 'effectiveOn'>;
type Dated = { memberId: string; validFrom: string | null; validUntil: string | null };
type Size = { memberId: string; effectiveOn: string; budgetEuros: string | null; staff: number | null };

interface Days {
  first: string;
  last: string;
  /** What every member of the operator has. */
  base: SubscribedService[];
}

/** A contributor before its grouping is found among the others: by the codes that they bear. */
interface Loaded extends Omit<Contributor, 'groupingMemberId'> {
  epciSiren: string;
  codes: (Dated & { value: string })[];
}

async function load(em: EntityManager, only: string[] | null, { first, last, base }: Days): Promise<Loaded[]> {
  const members = await sql<Present>(em, MEMBERS, [only]);
  const steps = grouped(await sql<Step>(em, STEPS, [only]));
  const pasts = grouped(await sql<Dated & Description>(em, PASTS, [only, first]));
  const sizes = grouped(await sql<Size>(em, SIZES, [only, last]));
  const groupings = members.filter(({ kind }) => GROUPINGS.includes(kind)).map(({ memberId }) => memberId);
  const codes = grouped(await sql<Dated & { value: string }>(em, CODES, [groupings]));
  return members.flatMap((member) => {
    const { memberId, departementCode } = member;
    const taken = steps.get(memberId) ?? [];
    const admittedOn = admissionIn(taken, first, last);
    const factsOn = admittedOn && later(first, admittedOn);
    if (!factsOn || (member.ceasedOn !== null && member.ceasedOn <= factsOn)) return [];
    const size = sizes.get(memberId)?.findLast(({ effectiveOn }) => effectiveOn <= factsOn);
    const described = pasts.get(memberId)?.find((past) => holdsOn(past, factsOn)) ?? member;
    const { kind, name, epciSiren, municipalPopulation } = described;
    return [
      {
        ...{ memberId, factsOn, admittedOn, kind, name, departementCode, municipalPopulation, epciSiren },
        budgetEuros: size?.budgetEuros ? BigInt(size.budgetEuros) : undefined,
        staff: size?.staff ?? undefined,
        services: servicesOn(factsOn, taken, member.services, base),
        codes: codes.get(memberId) ?? [],
      },
    ];
  });
}

function holdsOn({ validFrom, validUntil }: Dated, day: string): boolean {
  return (validFrom === null || validFrom <= day) && (validUntil === null || day <= validUntil);
}

/**
 * The day of the admission that makes it a member on the first of these days or, after it, until the last; or undefined. Who
 * takes the place of members owes from the next year on, for they owe the one that had begun; it is no newcomer then.
 */
function admissionIn(steps: Step[], first: string, last: string): string | undefined {
  const became = steps.filter(({ kind, effectiveOn }) => BECOMES.includes(kind) && effectiveOn <= last);
  const before = became.findLast(({ effectiveOn }) => effectiveOn <= first);
  const status = steps.findLast(({ effectiveOn }) => effectiveOn <= first)?.status;
  if (before && status && CONTRIBUTING.includes(status))
    return before.kind === 'STEP_KIND_SUCCESSION' ? dayBefore(before.effectiveOn) : before.effectiveOn;
  return became.find(({ kind, effectiveOn }) => kind === 'STEP_KIND_ADMISSION' && effectiveOn > first)?.effectiveOn;
}

/**
 * The services that a member had on a day. What came after is undone, from those of today; who left since has none today,
 * and what it had is followed from its admission.
 */
function servicesOn(
  day: string,
  steps: Step[],
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
      const bearer = bearers.get(epciSiren)?.find(({ since, code }) => since <= day && holdsOn(code, day));
      return [contributor.memberId, { ...contributor, groupingMemberId: bearer?.memberId ?? '' }];
    }),
  );
}

function grouped<T extends { memberId: string }>(rows: T[]): Map<string, T[]> {
  return Map.groupBy(rows, ({ memberId }) => memberId);
}

const earlier = (a: string, b: string) => (a < b ? a : b);
const later = (a: string, b: string) => (a > b ? a : b);

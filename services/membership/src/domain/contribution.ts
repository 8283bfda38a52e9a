import type {
  Contribution,
  ContributionBasis,
  ContributionLine,
  ContributionPayer,
  ContributionProblem,
  ContributionSchedule,
  OrganizationKind,
  PriceBand,
  ScheduleItem,
  SubscribedService,
  Tariff,
  VatAmount,
} from '@jonction/contracts';

/** What of a member its contribution depends on, on the day whose facts count. */
export interface Contributor {
  memberId: string;
  /** `YYYY-MM-DD`. */
  factsOn: string;
  /** The day it was admitted, `YYYY-MM-DD`. */
  admittedOn: string;
  kind: OrganizationKind;
  name: string;
  departementCode: string;
  /** 0 when not known. */
  municipalPopulation: number;
  budgetEuros?: bigint | undefined;
  staff?: number | undefined;
  services: readonly SubscribedService[];
  /** The member that is its grouping that day, or empty. */
  groupingMemberId: string;
}

/** What a member pays in a year; nothing yet says by which schedule, or until when. */
export type Calculation = Pick<
  Contribution,
  'memberId' | 'year' | 'factsOn' | 'lines' | 'vat' | 'netCents' | 'vatCents' | 'totalCents' | 'payers'
>;

export type Problem = Exclude<ContributionProblem, 'CONTRIBUTION_PROBLEM_UNSPECIFIED' | 'UNRECOGNIZED'>;

/** The contribution, or why it cannot be told. */
export type Outcome = Calculation | Problem;

/** The whole, in hundredths of a percent. */
export const WHOLE = 10_000;
const MONTHS = 12;

/** The kinds of grouping that may pay for the bodies of their territory. */
export const GROUPINGS: readonly OrganizationKind[] = ['ORGANIZATION_KIND_EPCI', 'ORGANIZATION_KIND_EPT'];

/**
 * What a member pays in a year. `grouping` is the member that is its grouping, if one is. The same arguments always give the
 * same cents, whoever asks, in a simulation, an explanation or an assessment.
 */
export function contributionOf(
  schedule: ContributionSchedule,
  year: number,
  member: Contributor,
  grouping: Contributor | undefined,
): Outcome {
  const due = schedule.items.filter((item) => isDue(schedule, item, member));
  if (!due.some(({ kind }) => kind === 'SCHEDULE_ITEM_KIND_MEMBERSHIP')) return problem('KIND_UNPRICED');
  const paidFor = new Set(due.flatMap(({ services }) => services));
  if (member.services.some((service) => !paidFor.has(service))) return problem('SERVICE_UNPRICED');
  const lines: ContributionLine[] = [];
  for (const item of due) {
    const line = lineOf(schedule, item, year, { member, grouping });
    if (typeof line === 'string') return line;
    lines.push(line);
  }
  const vat = taxOf(lines);
  const netCents = sum(lines.map((line) => line.netCents));
  const vatCents = sum(vat.map((one) => one.vatCents));
  const totalCents = netCents + vatCents;
  const payers = payersOf(schedule, year, member, totalCents);
  return {
    memberId: member.memberId,
    year,
    factsOn: member.factsOn,
    lines,
    vat,
    netCents,
    vatCents,
    totalCents,
    payers,
  };
}

/**
 * Whether a member has a line for an item: it is priced for its kind, or its grouping could pay for it; and of services a la
 * carte, it subscribes to it.
 */
function isDue(schedule: ContributionSchedule, item: ScheduleItem, member: Contributor): boolean {
  const [service] = item.services;
  const wanted =
    item.kind !== 'SCHEDULE_ITEM_KIND_A_LA_CARTE' || (service !== undefined && member.services.includes(service));
  return wanted && (tariffOf(item, member) !== undefined || isCoverable(schedule, item, member));
}

function isCoverable({ coverage }: ContributionSchedule, { itemId }: ScheduleItem, { kind }: Contributor): boolean {
  return coverage?.kinds.includes(kind) === true && coverage.itemIds.includes(itemId);
}

/** Whether a grouping pays an item itself. A grouping is never covered, so this asks no further. */
function pays(schedule: ContributionSchedule, item: ScheduleItem, grouping: Contributor | undefined): boolean {
  if (!grouping || !GROUPINGS.includes(grouping.kind)) return false;
  return tariffOf(item, grouping) !== undefined && isDue(schedule, item, grouping);
}

function tariffOf({ tariffs }: ScheduleItem, { kind }: Contributor): Tariff | undefined {
  return tariffs.find(({ kinds }) => kinds.includes(kind));
}

function lineOf(
  schedule: ContributionSchedule,
  item: ScheduleItem,
  year: number,
  { member, grouping }: { member: Contributor; grouping: Contributor | undefined },
): ContributionLine | Problem {
  const covered = isCoverable(schedule, item, member) && pays(schedule, item, grouping);
  const tariff = tariffOf(item, member);
  if (!tariff && !covered) return problem('GROUPING_NOT_MEMBER');
  const price = priceOf(schedule, tariff, year, member);
  if (!price.known && !covered) return problem('FACTS_MISSING');
  const { itemId, name, kind, services, vatBasisPoints } = item;
  const { known, ...rule } = price;
  return {
    ...{ itemId, name, kind, services, vatBasisPoints, ...rule },
    coveredByMemberId: covered ? (grouping?.memberId ?? '') : '',
    netCents: covered ? 0n : rule.listedCents,
  };
}

/** What a tariff says for a member, and by which band; nothing is `known` without a tariff, or without the fact it counts in. */
function priceOf(
  { firstYearRule }: ContributionSchedule,
  tariff: Tariff | undefined,
  year: number,
  member: Contributor,
) {
  const firstYear = Number(member.admittedOn.slice(0, 4)) === year;
  const byMonth = firstYear && firstYearRule === 'FIRST_YEAR_RULE_BY_MONTH';
  const months = byMonth ? MONTHS + 1 - Number(member.admittedOn.slice(5, 7)) : MONTHS;
  const basis: ContributionBasis = tariff?.basis ?? 'CONTRIBUTION_BASIS_FLAT';
  const value = tariff && basisValue(basis, member);
  const band = tariff?.bands.find(({ from, upTo }) => value !== undefined && from <= value && endsAfter(upTo, value));
  return {
    ...{ known: band !== undefined, basis, basisValue: value ?? 0n, firstYear, months },
    bandFrom: band?.from ?? 0n,
    bandUpTo: band?.upTo ?? 0n,
    listedCents: band ? partOfYear(priceIn(band, firstYear), months) : 0n,
  };
}

const endsAfter = (upTo: bigint, value: bigint) => upTo === 0n || value <= upTo;
const priceIn = (band: PriceBand, firstYear: boolean) => (firstYear ? band.firstYearCents : band.nextYearsCents);

/** What the bands are counted in, or undefined when it is not known of the member. */
function basisValue(basis: ContributionBasis, member: Contributor): bigint | undefined {
  switch (basis) {
    case 'CONTRIBUTION_BASIS_FLAT':
      return 0n;
    case 'CONTRIBUTION_BASIS_POPULATION':
      return member.municipalPopulation > 0 ? BigInt(member.municipalPopulation) : undefined;
    case 'CONTRIBUTION_BASIS_BUDGET':
      return member.budgetEuros;
    default:
      return member.staff === undefined ? undefined : BigInt(member.staff);
  }
}

/**
 * All rounding is here. A line is rounded once, to the nearest cent, so that what is shown can be added up by hand. Tax is
 * rounded once a rate, on the sum of its lines: that is what an invoice shows, and rounding by line would drift from it by
 * some cents. Half a cent counts as one, as tax offices do.
 */
function partOfYear(cents: bigint, months: number): bigint {
  return nearest(cents * BigInt(months), BigInt(MONTHS));
}

function taxOf(lines: ContributionLine[]): VatAmount[] {
  const byRate = Map.groupBy(lines, (line) => line.vatBasisPoints);
  return [...byRate]
    .toSorted(([a], [b]) => a - b)
    .map(([vatBasisPoints, its]) => {
      const netCents = sum(its.map((line) => line.netCents));
      return { vatBasisPoints, netCents, vatCents: nearest(netCents * BigInt(vatBasisPoints), BigInt(WHOLE)) };
    });
}

function nearest(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

/** Third parties pay their part of what is due, the member the rest; whoever would pay nothing is left out. */
function payersOf(
  { thirdParties }: ContributionSchedule,
  year: number,
  { memberId, departementCode }: Contributor,
  totalCents: bigint,
): ContributionPayer[] {
  const others = thirdParties.filter(
    ({ firstYear, years, departementCodes, memberIds }) =>
      firstYear <= year &&
      year < firstYear + years &&
      (departementCodes.includes(departementCode) || memberIds.includes(memberId)),
  );
  const rest = WHOLE - others.reduce((points, { shareBasisPoints }) => points + shareBasisPoints, 0);
  const parts = [
    { payerId: '', shareBasisPoints: rest },
    ...others.map(({ payerId, shareBasisPoints }) => ({ payerId, shareBasisPoints })),
  ];
  const cents = divide(
    totalCents,
    parts.map((part) => part.shareBasisPoints),
  );
  return parts
    .map((part, at) => ({ ...part, cents: cents[at] ?? 0n, settledOn: '' }))
    .filter((payer) => payer.cents > 0n);
}

/**
 * Divides cents by weights that are not all 0: each gets its part rounded down, and the cents left over go one by one to
 * those who lost most by that, the first among equals. So none is lost and none is made.
 */
export function divide(cents: bigint, weights: readonly number[]): bigint[] {
  const all = BigInt(weights.reduce((points, weight) => points + weight, 0));
  const exact = weights.map((weight, at) => ({ at, times: cents * BigInt(weight) }));
  const parts = exact.map(({ times }) => times / all);
  const left = Number(cents - sum(parts));
  const byLoss = exact.toSorted((a, b) => Number((b.times % all) - (a.times % all)) || a.at - b.at);
  for (const { at } of byLoss.slice(0, left)) parts[at] = (parts[at] ?? 0n) + 1n;
  return parts;
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((all, one) => all + one, 0n);
}

/** Whether a contribution could be told. */
export function isTold(outcome: Outcome): outcome is Calculation {
  return typeof outcome !== 'string';
}

type Short = Problem extends `CONTRIBUTION_PROBLEM_${infer S}` ? S : never;

function problem(short: Short): Problem {
  return `CONTRIBUTION_PROBLEM_${short}`;
}

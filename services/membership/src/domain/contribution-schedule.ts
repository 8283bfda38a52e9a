import type {
  ContributionSchedule,
  OrganizationKind,
  PriceBand,
  ScheduleItem,
  Tariff,
  ThirdPartyShare,
} from '@jonction/contracts';
import { refuse } from '../refusals.ts';
import { GROUPINGS, WHOLE } from './contribution.ts';

/** A schedule as it was adopted. Which years it is valid is the one thing of it that can change. */
export class Schedule {
  scheduleId!: string;
  operator!: string;
  firstYear!: number;
  /** The last year it is valid, or null when there is none. */
  lastYear!: number | null;
  /** True when another took its place before it was ever valid. */
  withdrawn!: boolean;
  /** The last year assessed with it, or null. */
  lastAssessedYear!: number | null;
  decisionRef!: string;
  /** What was voted: a ContributionSchedule in proto3 JSON. */
  content!: object;
  adoptedAt!: Date;
  adoptedByAgentId!: string;
  version!: number;

  isValidIn(year: number): boolean {
    return !this.withdrawn && this.firstYear <= year && (this.lastYear === null || year <= this.lastYear);
  }

  mustBeValidIn(year: number): void {
    if (!this.isValidIn(year)) throw refuse('SCHEDULE_NOT_VALID', { year });
  }

  /** Gives way to another from a year on. Throws SCHEDULE_NOT_VALID, YEAR_ASSESSED. */
  giveWay(year: number): void {
    this.mustBeValidIn(year);
    if (this.lastAssessedYear !== null && this.lastAssessedYear >= year)
      throw refuse('YEAR_ASSESSED', { year: this.lastAssessedYear });
    if (this.firstYear === year) this.withdrawn = true;
    else this.lastYear = year - 1;
  }

  /** Is the one that a year is assessed with: from now on nothing takes its place there. Throws SCHEDULE_NOT_VALID. */
  assess(year: number): void {
    this.mustBeValidIn(year);
    this.lastAssessedYear = Math.max(this.lastAssessedYear ?? year, year);
  }
}

/**
 * What must hold of a schedule whose fields are good: bands without gap or overlap and with prices that do not fall, each
 * service once for each kind, third parties within the whole. Throws BAND_GAP, BAND_OVERLAP, PRICES_FALL,
 * SERVICE_PRICED_TWICE, SHARES_EXCEED, with the place; `where` is the schedule's own, in proto names.
 */
export function mustHold(schedule: ContributionSchedule, where: string): void {
  for (const [nth, { tariffs }] of schedule.items.entries())
    for (const [at, tariff] of tariffs.entries()) bandsMustJoin(tariff, `${where}.items[${nth}].tariffs[${at}].bands`);
  servicesMustBeOnce(schedule, `${where}.items`);
  sharesMustFit(schedule.thirdParties, `${where}.third_parties`);
}

/** Throws BAND_GAP, BAND_OVERLAP, PRICES_FALL. */
function bandsMustJoin({ bands }: Tariff, where: string): void {
  for (const [at, band] of bands.entries()) {
    const fault = faultOf(band, bands[at - 1], at === bands.length - 1);
    if (!fault) continue;
    const [reason, field, description] = fault;
    const place = `${where}[${at}]`;
    const facts = { place, from: String(band.from), expected: String(beginningAfter(bands[at - 1])) };
    throw refuse(reason, facts, [{ field: `${place}.${field}`, description }]);
  }
}

type Fault = ['BAND_GAP' | 'BAND_OVERLAP' | 'PRICES_FALL', string, string];

/** What is wrong with a band that follows another, or undefined. */
function faultOf(band: PriceBand, before: PriceBand | undefined, last: boolean): Fault | undefined {
  const begins = beginningAfter(before);
  const { from, upTo, firstYearCents, nextYearsCents } = band;
  const faults: [boolean, ...Fault][] = [
    [from < begins, 'BAND_OVERLAP', 'from', `must be ${begins}`],
    [from > begins, 'BAND_GAP', 'from', `must be ${begins}`],
    [last && upTo !== 0n, 'BAND_GAP', 'up_to', 'must be 0 in the last band, which has no end'],
    [!last && upTo < from, 'BAND_OVERLAP', 'up_to', `must not be before ${from}`],
    [!last && upTo === 0n, 'BAND_OVERLAP', 'up_to', 'must be said in every band but the last'],
    ...(before
      ? [
          falls('first_year_cents', before.firstYearCents, firstYearCents),
          falls('next_years_cents', before.nextYearsCents, nextYearsCents),
        ]
      : []),
  ];
  const [, ...fault] = faults.find(([wrong]) => wrong) ?? [];
  return fault.length > 0 ? (fault as Fault) : undefined;
}

function falls(field: string, before: bigint, now: bigint): [boolean, ...Fault] {
  return [now < before, 'PRICES_FALL', field, `must be ${before} at least`];
}

/** Where the band after this one begins; the first band, when there is none. */
function beginningAfter(band: PriceBand | undefined): bigint {
  return band ? band.upTo + 1n : 0n;
}

function servicesMustBeOnce({ items, coverage }: ContributionSchedule, where: string): void {
  const seen = new Map<string, string>();
  for (const [nth, item] of items.entries()) {
    for (const kind of kindsOf(item, coverage)) {
      for (const service of item.services) {
        const field = `${where}[${nth}].services`;
        const before = seen.get(`${kind} ${service}`);
        if (before !== undefined)
          throw refuse('SERVICE_PRICED_TWICE', { place: field, before }, [
            { field, description: `must not include again what ${before} includes for the same kind of organisation` },
          ]);
        seen.set(`${kind} ${service}`, field);
      }
    }
  }
}

/** For which kinds an item gives a line. */
function kindsOf({ itemId, tariffs }: ScheduleItem, coverage: ContributionSchedule['coverage']): Set<OrganizationKind> {
  const covered = coverage?.itemIds.includes(itemId) ? coverage.kinds : [];
  return new Set([...tariffs.flatMap(({ kinds }) => kinds), ...covered]);
}

/**
 * For every share, it and those that may meet it for one member in one year make the whole at most. Who lies where is not
 * known here and changes, so a departement and a member are taken to meet.
 */
function sharesMustFit(shares: ThirdPartyShare[], where: string): void {
  for (const [nth, share] of shares.entries()) {
    const meeting = shares.filter((other) => other === share || mayMeet(share, other));
    // Those that meet this one may not all run in the same year: the year in which one of them begins is the worst.
    for (const { firstYear } of meeting) {
      const running = meeting.filter((one) => one.firstYear <= firstYear && firstYear < one.firstYear + one.years);
      const points = running.reduce((all, one) => all + one.shareBasisPoints, 0);
      if (points > WHOLE)
        throw refuse('SHARES_EXCEED', { place: `${where}[${nth}]`, year: firstYear, points }, [
          { field: `${where}[${nth}].share_basis_points`, description: `makes ${points} with others` },
        ]);
    }
  }
}

function mayMeet(a: ThirdPartyShare, b: ThirdPartyShare): boolean {
  if (a.firstYear >= b.firstYear + b.years || b.firstYear >= a.firstYear + a.years) return false;
  if (a.departementCodes.length > 0 && b.memberIds.length > 0) return true;
  if (b.departementCodes.length > 0 && a.memberIds.length > 0) return true;
  return (
    a.departementCodes.some((code) => b.departementCodes.includes(code)) ||
    a.memberIds.some((id) => b.memberIds.includes(id))
  );
}

/** Whether a grouping may pay for bodies of these kinds: not for a grouping, which pays for others. */
export function mayBeCovered(kinds: readonly OrganizationKind[]): boolean {
  return !kinds.some((kind) => GROUPINGS.includes(kind));
}

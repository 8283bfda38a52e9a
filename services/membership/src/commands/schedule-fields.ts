import type { ContributionSchedule, ScheduleItem, Tariff, ThirdPartyShare } from '@jonction/contracts';
import type { checkFields } from '@jonction/service';
import { WHOLE } from '../domain/contribution.ts';
import { mayBeCovered } from '../domain/contribution-schedule.ts';
import { checkCode } from './identifiers.ts';

type Fields = ReturnType<typeof checkFields>;

const ID = /^[a-z][a-z0-9-]{0,31}$/;
const DEPARTEMENT = /^[0-9][0-9AB][0-9]?$/;
const MOST_ITEMS = 30;
const MOST_TARIFFS = 20;
const MOST_BANDS = 50;
const MOST_THIRD_PARTIES = 50;
const MOST_NAMED = 5_000;
const MOST_YEARS = 50;
/** Ten billion euros: more than any body of France spends in a year, and far from what a number of 64 bits holds. */
const MOST_CENTS = 1_000_000_000_000n;

/** A year that a contribution may be of. */
export function checkYear(fields: Fields, field: string, year: number, { optional = false } = {}): void {
  const good = (optional && year === 0) || (year >= 2000 && year <= 2100);
  fields.expect(good, field, 'must be a year from 2000 to 2100');
}

/** Checks the fields of a schedule, each alone; what must hold between them is a rule of the trade. */
export function checkSchedule(fields: Fields, where: string, schedule: ContributionSchedule | undefined): void {
  fields.expect(schedule !== undefined, where, 'must be said');
  if (!schedule) return;
  const { items, coverage, thirdParties, firstYear, lastYear } = schedule;
  fields.text(`${where}.name`, schedule.name, { max: 200 });
  checkYear(fields, `${where}.first_year`, firstYear);
  checkYear(fields, `${where}.last_year`, lastYear, { optional: true });
  fields.expect(lastYear === 0 || lastYear >= firstYear, `${where}.last_year`, 'must not be before first_year');
  fields.known(`${where}.first_year_rule`, schedule.firstYearRule, { optional: true });
  checkCount(fields, `${where}.items`, items, { min: 1, max: MOST_ITEMS });
  for (const [at, item] of items.slice(0, MOST_ITEMS).entries()) checkItem(fields, `${where}.items[${at}]`, item);
  const ids = items.map(({ itemId }) => itemId);
  fields.expect(isOnce(ids), `${where}.items`, 'must have ids of their own');
  const joins = items.length === 0 || items.some(({ kind }) => kind !== 'SCHEDULE_ITEM_KIND_A_LA_CARTE');
  fields.expect(joins, `${where}.items`, 'must say what membership costs');
  if (coverage) checkCoverage(fields, `${where}.coverage`, coverage, ids);
  checkCount(fields, `${where}.third_parties`, thirdParties, { min: 0, max: MOST_THIRD_PARTIES });
  for (const [at, share] of thirdParties.slice(0, MOST_THIRD_PARTIES).entries())
    checkShare(fields, `${where}.third_parties[${at}]`, share);
  const payers = thirdParties.map(({ payerId }) => payerId);
  fields.expect(isOnce(payers), `${where}.third_parties`, 'must have ids of their own');
}

function checkItem(fields: Fields, where: string, item: ScheduleItem): void {
  const { itemId, name, kind, services, vatBasisPoints, tariffs } = item;
  fields.expect(ID.test(itemId), `${where}.item_id`, 'must have 1 to 32 of a-z 0-9 -, a letter first');
  fields.text(`${where}.name`, name, { max: 120 });
  fields.known(`${where}.kind`, kind);
  for (const service of services) fields.known(`${where}.services`, service);
  fields.expect(isOnce(services), `${where}.services`, 'must name each service once');
  const one = kind !== 'SCHEDULE_ITEM_KIND_A_LA_CARTE' || services.length === 1;
  fields.expect(one, `${where}.services`, 'must name one service when it is a la carte');
  const rate = vatBasisPoints >= 0 && vatBasisPoints <= WHOLE;
  fields.expect(rate, `${where}.vat_basis_points`, `must be 0 to ${WHOLE}`);
  checkCount(fields, `${where}.tariffs`, tariffs, { min: 1, max: MOST_TARIFFS });
  for (const [at, tariff] of tariffs.slice(0, MOST_TARIFFS).entries())
    checkTariff(fields, `${where}.tariffs[${at}]`, tariff);
  const kinds = tariffs.flatMap((tariff) => tariff.kinds);
  fields.expect(isOnce(kinds), `${where}.tariffs`, 'must name each kind of organisation once');
}

function checkTariff(fields: Fields, where: string, { kinds, basis, bands }: Tariff): void {
  fields.expect(kinds.length > 0, `${where}.kinds`, 'must name a kind of organisation');
  for (const kind of kinds) fields.known(`${where}.kinds`, kind);
  fields.known(`${where}.basis`, basis);
  const max = basis === 'CONTRIBUTION_BASIS_FLAT' ? 1 : MOST_BANDS;
  checkCount(fields, `${where}.bands`, bands, { min: 1, max });
  for (const [at, band] of bands.slice(0, max).entries()) {
    for (const [name, amount] of [
      ['from', band.from],
      ['up_to', band.upTo],
      ['first_year_cents', band.firstYearCents],
      ['next_years_cents', band.nextYearsCents],
    ] as const)
      fields.expect(
        amount >= 0n && amount <= MOST_CENTS,
        `${where}.bands[${at}].${name}`,
        `must be 0 to ${MOST_CENTS}`,
      );
  }
}

function checkCoverage(
  fields: Fields,
  where: string,
  { kinds, itemIds }: NonNullable<ContributionSchedule['coverage']>,
  known: string[],
): void {
  fields.expect(kinds.length > 0, `${where}.kinds`, 'must name a kind of organisation');
  for (const kind of kinds) fields.known(`${where}.kinds`, kind);
  fields.expect(mayBeCovered(kinds), `${where}.kinds`, 'must not be groupings: they pay for others');
  checkCount(fields, `${where}.item_ids`, itemIds, { min: 1, max: MOST_ITEMS });
  // An item whose id is to be corrected is not to be blamed on who names it.
  const nameable = known.every((id) => ID.test(id));
  for (const [at, id] of itemIds.slice(0, MOST_ITEMS).entries()) {
    const good = nameable ? known.includes(id) : ID.test(id);
    fields.expect(good, `${where}.item_ids[${at}]`, 'must be the id of an item of the schedule');
  }
}

function checkShare(fields: Fields, where: string, share: ThirdPartyShare): void {
  const { payerId, name, siren, shareBasisPoints, firstYear, years, departementCodes, memberIds } = share;
  fields.expect(ID.test(payerId), `${where}.payer_id`, 'must have 1 to 32 of a-z 0-9 -, a letter first');
  fields.text(`${where}.name`, name, { max: 200 });
  if (siren) checkCode(fields, `${where}.siren`, { scheme: 'IDENTIFIER_SCHEME_SIREN', value: siren });
  const part = shareBasisPoints >= 1 && shareBasisPoints <= WHOLE;
  fields.expect(part, `${where}.share_basis_points`, `must be 1 to ${WHOLE}`);
  checkYear(fields, `${where}.first_year`, firstYear);
  fields.expect(years >= 1 && years <= MOST_YEARS, `${where}.years`, `must be 1 to ${MOST_YEARS}`);
  const some = departementCodes.length + memberIds.length > 0;
  fields.expect(some, `${where}.departement_codes`, 'must name departements, or members in member_ids');
  checkCount(fields, `${where}.departement_codes`, departementCodes, { min: 0, max: 110 });
  for (const [at, code] of departementCodes.slice(0, 110).entries())
    fields.expect(DEPARTEMENT.test(code), `${where}.departement_codes[${at}]`, 'must be the code of a departement');
  checkCount(fields, `${where}.member_ids`, memberIds, { min: 0, max: MOST_NAMED });
  for (const [at, id] of memberIds.slice(0, MOST_NAMED).entries()) fields.uuid(`${where}.member_ids[${at}]`, id);
}

function checkCount(fields: Fields, field: string, all: unknown[], { min, max }: { min: number; max: number }): void {
  fields.expect(all.length >= min && all.length <= max, field, `must be ${min} to ${max}`);
}

function isOnce(all: readonly unknown[]): boolean {
  return new Set(all).size === all.length;
}

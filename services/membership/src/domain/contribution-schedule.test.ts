import type { ContributionSchedule, PriceBand, ThirdPartyShare } from '@jonction/contracts';
import { expect, test } from 'vitest';
import { mustHold, Schedule } from './contribution-schedule.ts';
import { bands, COMMUNE, item, SIGNATURE, schedule } from './sample-schedule.ts';

/** `BAND_GAP schedule.items[0].tariffs[0].bands[1].from`, or `holds`. */
function said(all: ContributionSchedule): string {
  try {
    mustHold(all, 'schedule');
    return 'holds';
  } catch (error) {
    const { reason, violations } = error as { reason: string; violations: { field: string }[] };
    return `${reason} ${violations[0]?.field}`;
  }
}

const withBands = (...all: Partial<PriceBand>[]) =>
  said(
    schedule({
      items: [
        item('membership', {
          bands: all.map((band) => ({ from: 0n, upTo: 0n, firstYearCents: 0n, nextYearsCents: 0n, ...band })),
        }),
      ],
    }),
  );

test('bands join: a gap, an overlap, a band without end before the last, an end to the last are refused with their place', () => {
  const at = (nth: number, field: string) => `schedule.items[0].tariffs[0].bands[${nth}].${field}`;
  expect(withBands({})).toBe('holds');
  expect(withBands({ upTo: 1_500n }, { from: 1_501n })).toBe('holds');
  expect(withBands({ upTo: 1_500n }, { from: 1_502n })).toBe(`BAND_GAP ${at(1, 'from')}`);
  expect(withBands({ upTo: 1_500n }, { from: 1_500n })).toBe(`BAND_OVERLAP ${at(1, 'from')}`);
  expect(withBands({ from: 1n })).toBe(`BAND_GAP ${at(0, 'from')}`);
  expect(withBands({ upTo: 1_500n })).toBe(`BAND_GAP ${at(0, 'up_to')}`);
  expect(withBands({}, { from: 1n })).toBe(`BAND_OVERLAP ${at(0, 'up_to')}`);
  expect(withBands({ upTo: 9n }, { from: 10n, upTo: 8n }, { from: 9n })).toBe(`BAND_OVERLAP ${at(1, 'up_to')}`);
});

test('prices do not fall from one band to the next', () => {
  const low = { upTo: 9n, firstYearCents: 500n, nextYearsCents: 300n };
  const at = 'schedule.items[0].tariffs[0].bands[1]';
  expect(withBands(low, { from: 10n, firstYearCents: 500n, nextYearsCents: 300n })).toBe('holds');
  expect(withBands(low, { from: 10n, firstYearCents: 499n, nextYearsCents: 300n })).toBe(
    `PRICES_FALL ${at}.first_year_cents`,
  );
  expect(withBands(low, { from: 10n, firstYearCents: 500n, nextYearsCents: 299n })).toBe(
    `PRICES_FALL ${at}.next_years_cents`,
  );
});

test('a service is paid once for a kind of organisation, included or a la carte', () => {
  const prices = bands([0, 1, 1]);
  const base = item('base-offer', { bands: prices, kind: 'BASE_OFFER', services: [SIGNATURE], kinds: [COMMUNE] });
  const extra = (kinds: Parameters<typeof item>[1]['kinds']) =>
    item('signature', { bands: prices, kind: 'A_LA_CARTE', services: [SIGNATURE], ...(kinds ? { kinds } : {}) });
  const both = (more: Partial<ContributionSchedule>) => said(schedule(more));
  expect(both({ items: [base, extra(['ORGANIZATION_KIND_EPCI'])] })).toBe('holds');
  expect(both({ items: [base, extra([COMMUNE])] })).toBe('SERVICE_PRICED_TWICE schedule.items[1].services');
  // What a grouping pays for a kind is given to it too.
  const coverage = { kinds: ['ORGANIZATION_KIND_CCAS' as const], itemIds: ['base-offer'] };
  expect(both({ items: [base, extra(['ORGANIZATION_KIND_CCAS'])], coverage })).toBe(
    'SERVICE_PRICED_TWICE schedule.items[1].services',
  );
});

test('third parties never pay more than the whole of a member in a year', () => {
  const share = (points: number, more: Partial<ThirdPartyShare>): ThirdPartyShare => ({
    ...{ payerId: `p${points}`, name: 'A syndicat', siren: '', shareBasisPoints: points, firstYear: 2026, years: 3 },
    ...{ departementCodes: ['95'], memberIds: [], ...more },
  });
  const of = (...thirdParties: ThirdPartyShare[]) => said(schedule({ thirdParties }));
  expect(of(share(5_000, {}), share(4_999, {}), share(1, {}))).toBe('holds');
  expect(of(share(5_000, {}), share(5_001, {}))).toContain('SHARES_EXCEED');
  expect(of(share(5_000, {}), share(5_001, { departementCodes: ['94'] }))).toBe('holds');
  expect(of(share(5_000, {}), share(5_001, { firstYear: 2029 }))).toBe('holds');
  expect(of(share(5_000, {}), share(5_001, { firstYear: 2028 }))).toContain('SHARES_EXCEED');
  // Where a member will lie in two years, nobody knows.
  expect(of(share(5_000, {}), share(5_001, { departementCodes: [], memberIds: ['a'] }))).toContain('SHARES_EXCEED');
  // Three that never run all at once.
  const years = [2024, 2026, 2028].map((firstYear, at) => share(4_000 + at, { firstYear }));
  expect(of(...years)).toBe('holds');
});

test('a schedule gives way from a year on, unless that year or a later one is assessed with it', () => {
  const adopted = (more: Partial<Schedule>) =>
    Object.assign(new Schedule(), {
      firstYear: 2024,
      lastYear: null,
      withdrawn: false,
      lastAssessedYear: null,
      ...more,
    });
  const after = (one: Schedule, year: number) => {
    try {
      one.giveWay(year);
      return one.withdrawn ? 'withdrawn' : `until ${one.lastYear}`;
    } catch (error) {
      return (error as { reason: string }).reason;
    }
  };
  expect(after(adopted({}), 2027)).toBe('until 2026');
  expect(after(adopted({}), 2024)).toBe('withdrawn');
  expect(after(adopted({}), 2023)).toBe('SCHEDULE_NOT_VALID');
  expect(after(adopted({ lastYear: 2025 }), 2026)).toBe('SCHEDULE_NOT_VALID');
  expect(after(adopted({ withdrawn: true }), 2026)).toBe('SCHEDULE_NOT_VALID');
  expect(after(adopted({ lastAssessedYear: 2026 }), 2026)).toBe('YEAR_ASSESSED');
  expect(after(adopted({ lastAssessedYear: 2026 }), 2027)).toBe('until 2026');
});

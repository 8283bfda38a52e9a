import type { ContributionSchedule, OrganizationKind, SubscribedService } from '@jonction/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Calculation, type Contributor, contributionOf, divide, isTold, sum, WHOLE } from './contribution.ts';
import { mustHold } from './contribution-schedule.ts';
import { ruleInWords } from './contribution-words.ts';
import { bands, COMMUNE, contributor, EPCI, item, SIGNATURE, schedule } from './sample-schedule.ts';

const YEAR = 2026;

/** A tariff with prices that do not fall, of 1 to 8 bands. */
const rising = fc
  .array(fc.record({ width: fc.integer({ min: 1, max: 4_000 }), first: fc.nat(90_000), next: fc.nat(90_000) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((steps) => {
    const until = (at: number, read: (step: (typeof steps)[number]) => number) =>
      BigInt(steps.slice(0, at).reduce((all, step) => all + read(step), 0));
    return steps.map((_, at) => ({
      from: until(at, ({ width }) => width + 1),
      upTo: at === steps.length - 1 ? 0n : until(at + 1, ({ width }) => width + 1) - 1n,
      firstYearCents: until(at + 1, ({ first }) => first),
      nextYearsCents: until(at + 1, ({ next }) => next),
    }));
  });

const shares = fc.array(
  fc.record({ points: fc.integer({ min: 1, max: 3_000 }), firstYear: fc.integer({ min: 2024, max: 2027 }) }),
  { maxLength: 3 },
);

/** A schedule with membership and base offer by population, a service a la carte, coverage and third parties as they fall. */
const schedules: fc.Arbitrary<ContributionSchedule> = fc
  .record({
    membership: rising,
    base: rising,
    signature: rising,
    rates: fc.tuple(fc.nat(WHOLE), fc.nat(WHOLE), fc.nat(WHOLE)),
    byMonth: fc.boolean(),
    covered: fc.subarray(['membership', 'base-offer', 'signature']),
    shares,
  })
  .map(({ membership, base, signature, rates, byMonth, covered, shares: parts }) =>
    schedule({
      firstYearRule: byMonth ? 'FIRST_YEAR_RULE_BY_MONTH' : 'FIRST_YEAR_RULE_WHOLE',
      items: [
        item('membership', { bands: membership, vat: rates[0] }),
        item('base-offer', { bands: base, vat: rates[1], kind: 'BASE_OFFER' }),
        item('signature', { bands: signature, vat: rates[2], kind: 'A_LA_CARTE', services: [SIGNATURE] }),
      ],
      coverage: covered.length > 0 ? { kinds: [COMMUNE], itemIds: covered } : undefined,
      thirdParties: parts.map(({ points, firstYear }, at) => ({
        ...{ payerId: `payer-${at}`, name: 'A syndicat', siren: '', shareBasisPoints: points, firstYear, years: 3 },
        ...{ departementCodes: ['21'], memberIds: [] },
      })),
    }),
  );

const members = fc.record({
  population: fc.integer({ min: 1, max: 40_000 }),
  admittedOn: fc.constantFrom('2019-05-01', '2026-01-01', '2026-04-17', '2026-12-31'),
  services: fc.subarray<SubscribedService>([SIGNATURE]),
  departementCode: fc.constantFrom('21', '25'),
});

type Drawn = typeof members extends fc.Arbitrary<infer T> ? T : never;

const asMember = (drawn: Drawn, kind: OrganizationKind, memberId: string): Contributor =>
  contributor({ ...drawn, memberId, kind, municipalPopulation: drawn.population });

function told(...asked: Parameters<typeof contributionOf>): Calculation {
  const outcome = contributionOf(...asked);
  if (!isTold(outcome)) throw new Error(outcome);
  return outcome;
}

test('of two bodies that differ in size alone, the larger never pays less', () => {
  fc.assert(
    fc.property(schedules, members, fc.integer({ min: 0, max: 40_000 }), (all, drawn, more) => {
      mustHold(all, 'schedule');
      const small = asMember(drawn, COMMUNE, 'a');
      const large = { ...small, municipalPopulation: small.municipalPopulation + more };
      const [less, most] = [told(all, YEAR, small, undefined), told(all, YEAR, large, undefined)];
      expect(less.totalCents <= most.totalCents).toBe(true);
      for (const [at, line] of less.lines.entries())
        expect(line.netCents <= (most.lines[at]?.netCents ?? -1n)).toBe(true);
    }),
  );
});

test('what the payers pay together is what is due, to the cent, and what is due is the lines and their tax', () => {
  fc.assert(
    fc.property(schedules, members, (all, drawn) => {
      const { lines, vat, netCents, vatCents, totalCents, payers } = told(
        all,
        YEAR,
        asMember(drawn, COMMUNE, 'a'),
        undefined,
      );
      expect(sum(payers.map(({ cents }) => cents))).toBe(totalCents);
      expect(sum(lines.map((line) => line.netCents))).toBe(netCents);
      expect(sum(vat.map((one) => one.netCents))).toBe(netCents);
      expect(sum(vat.map((one) => one.vatCents))).toBe(vatCents);
      expect(netCents + vatCents).toBe(totalCents);
      expect(new Set(payers.map(({ payerId }) => payerId)).size).toBe(payers.length);
      for (const { cents } of payers) expect(cents > 0n).toBe(true);
      // Tax is never further from the exact one than half a cent for each rate.
      for (const { vatBasisPoints, vatCents: tax, netCents: net } of vat) {
        const off = 2n * (tax * BigInt(WHOLE) - net * BigInt(vatBasisPoints));
        expect(-BigInt(WHOLE) < off && off <= BigInt(WHOLE)).toBe(true);
      }
    }),
  );
});

test('divided cents are neither lost nor made, and nobody is a whole cent away from its part', () => {
  const weights = fc
    .array(fc.nat(WHOLE), { minLength: 1, maxLength: 12 })
    .filter((all) => all.some((weight) => weight > 0));
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), weights, (cents, all) => {
      const parts = divide(cents, all);
      expect(sum(parts)).toBe(cents);
      const points = BigInt(all.reduce((one, other) => one + other, 0));
      for (const [at, part] of parts.entries()) {
        const off = part * points - cents * BigInt(all[at] ?? 0);
        expect(-points < off && off < points).toBe(true);
      }
    }),
  );
});

test('no member pays an item twice: neither itself nor beside its grouping; and what its grouping does not pay, it pays itself', () => {
  fc.assert(
    fc.property(schedules, members, members, (all, drawn, drawnGrouping) => {
      const grouping = asMember(drawnGrouping, EPCI, 'grouping');
      const commune = { ...asMember(drawn, COMMUNE, 'commune'), groupingMemberId: 'grouping' };
      const ofGrouping = told(all, YEAR, grouping, undefined);
      const ofCommune = told(all, YEAR, commune, grouping);
      const alone = told(all, YEAR, commune, undefined);
      const paid = new Set(ofGrouping.lines.map(({ itemId }) => itemId));
      expect(new Set(ofCommune.lines.map(({ itemId }) => itemId)).size).toBe(ofCommune.lines.length);
      expect(ofCommune.lines.map(({ itemId }) => itemId)).toEqual(alone.lines.map(({ itemId }) => itemId));
      for (const [at, line] of ofCommune.lines.entries()) {
        const covered = paid.has(line.itemId) && all.coverage?.itemIds.includes(line.itemId) === true;
        expect(line.coveredByMemberId).toBe(covered ? 'grouping' : '');
        expect(line.netCents).toBe(covered ? 0n : alone.lines[at]?.netCents);
        expect(line.listedCents).toBe(alone.lines[at]?.netCents);
      }
      // A grouping is covered by nobody, whatever it belongs to.
      expect(told(all, YEAR, { ...grouping, groupingMemberId: 'x' }, grouping)).toEqual(ofGrouping);
    }),
  );
});

test('a band ends with its last inhabitant, the first year has its price, and a month of admission counts whole', () => {
  const prices = bands([1_500, 5_200, 3_600], [5_000, 22_700, 15_800], [0, 52_400, 36_400]);
  const whole = schedule({ items: [item('membership', { bands: prices })] });
  const byMonth = { ...whole, firstYearRule: 'FIRST_YEAR_RULE_BY_MONTH' } as const;
  const net = (all: ContributionSchedule, more: Partial<Contributor>) =>
    Number(told(all, YEAR, contributor(more), undefined).netCents);
  expect([1_500, 1_501, 5_000, 5_001].map((municipalPopulation) => net(whole, { municipalPopulation }))).toEqual([
    3_600, 15_800, 15_800, 36_400,
  ]);
  expect(net(whole, { admittedOn: '2026-10-15' })).toBe(5_200);
  expect(net(byMonth, { admittedOn: '2026-10-15' })).toBe(1_300);
  expect(net(byMonth, { admittedOn: '2026-01-31' })).toBe(5_200);
  // 5200 × 7 / 12 = 3033.33…, 5200 × 11 / 12 = 4766.66…
  expect(net(byMonth, { admittedOn: '2026-06-01' })).toBe(3_033);
  expect(net(byMonth, { admittedOn: '2026-02-01' })).toBe(4_767);
  expect(net(byMonth, { admittedOn: '2025-10-15' })).toBe(3_600);
});

test('tax is rounded once a rate, half a cent up, and a third party pays its part of all of it for its years', () => {
  const all = schedule({
    items: [
      item('membership', { bands: bands([0, 1_002, 1_002]), vat: 0 }),
      // 5.5 % of 1.91 € is 10.505 cents: 11 and 11 by line, 21 of the two together.
      item('base-offer', { bands: bands([0, 191, 191]), vat: 550, kind: 'BASE_OFFER' }),
      item('more', { bands: bands([0, 191, 191]), vat: 550, kind: 'BASE_OFFER' }),
    ],
    thirdParties: [
      {
        ...{ payerId: 'val-d-oise', name: 'A syndicat', siren: '', shareBasisPoints: 5_000, firstYear: 2025, years: 3 },
        ...{ departementCodes: ['95'], memberIds: ['named'] },
      },
    ],
  });
  const of = (year: number, more: Partial<Contributor>) => told(all, year, contributor(more), undefined);
  expect(of(2026, {})).toMatchObject({ netCents: 1_384n, vatCents: 21n, totalCents: 1_405n });
  const paidIn = (year: number, more: Partial<Contributor>) =>
    of(year, more).payers.map(({ payerId, cents }) => `${payerId || 'itself'} ${cents}`);
  expect(paidIn(2026, {})).toEqual(['itself 1405']);
  expect(paidIn(2026, { departementCode: '95' })).toEqual(['itself 703', 'val-d-oise 702']);
  expect(paidIn(2027, { memberId: 'named' })).toEqual(['itself 703', 'val-d-oise 702']);
  expect(paidIn(2028, { departementCode: '95' })).toEqual(['itself 1405']);
  expect(paidIn(2024, { departementCode: '95' })).toEqual(['itself 1405']);
});

test('what cannot be told is no amount: an unpriced kind or service, a fact that is missing, a grouping that is no member', () => {
  const base = item('membership', { bands: bands([0, 100, 100]), kinds: [COMMUNE, EPCI] });
  const staff = { ...item('membership', { bands: bands([0, 100, 100]) }) };
  const byStaff = schedule({
    items: [
      { ...staff, tariffs: staff.tariffs.map((one) => ({ ...one, basis: 'CONTRIBUTION_BASIS_STAFF' as const })) },
    ],
  });
  const onlyGroupings = schedule({
    items: [item('membership', { bands: bands([0, 100, 100]), kinds: [EPCI, 'ORGANIZATION_KIND_SYNDICAT'] })],
    coverage: { kinds: [COMMUNE, 'ORGANIZATION_KIND_CCAS'], itemIds: ['membership'] },
  });
  const plain = schedule({ items: [base] });
  const grouping = contributor({ memberId: 'grouping', kind: EPCI });
  const region = contributor({ kind: 'ORGANIZATION_KIND_REGION' });
  expect(contributionOf(plain, YEAR, region, undefined)).toBe('CONTRIBUTION_PROBLEM_KIND_UNPRICED');
  const signing = contributor({ services: [SIGNATURE] });
  expect(contributionOf(plain, YEAR, signing, undefined)).toBe('CONTRIBUTION_PROBLEM_SERVICE_UNPRICED');
  expect(contributionOf(byStaff, YEAR, contributor({}), undefined)).toBe('CONTRIBUTION_PROBLEM_FACTS_MISSING');
  expect(isTold(contributionOf(byStaff, YEAR, contributor({ staff: 0 }), undefined))).toBe(true);
  const commune = contributor({ groupingMemberId: 'grouping' });
  expect(contributionOf(onlyGroupings, YEAR, commune, undefined)).toBe('CONTRIBUTION_PROBLEM_GROUPING_NOT_MEMBER');
  expect(told(onlyGroupings, YEAR, commune, grouping)).toMatchObject({ totalCents: 0n, payers: [] });
  // The bearer of the code is no grouping: it pays for nobody.
  const syndicat = { ...grouping, kind: 'ORGANIZATION_KIND_SYNDICAT' as const };
  expect(contributionOf(onlyGroupings, YEAR, commune, syndicat)).toBe('CONTRIBUTION_PROBLEM_GROUPING_NOT_MEMBER');
});

test('each line says its rule in French and in English', () => {
  const prices = bands([1_500, 5_200, 3_600], [0, 22_700, 15_800]);
  const all = schedule({
    firstYearRule: 'FIRST_YEAR_RULE_BY_MONTH',
    items: [item('membership', { bands: prices, vat: 2_000, kinds: [COMMUNE, EPCI] })],
    coverage: { kinds: [COMMUNE], itemIds: ['membership'] },
  });
  const grouping = contributor({ memberId: 'grouping', kind: EPCI });
  const plain = (text = '') => text.replaceAll(/\s/g, ' ');
  const words = (more: Partial<Contributor>, by?: Contributor) => {
    const [line] = told(all, YEAR, contributor(more), by).lines;
    return line && ruleInWords(line);
  };
  const own = words({ municipalPopulation: 1_234, admittedOn: '2026-10-02' });
  expect(plain(own?.french)).toBe(
    '1 234 habitants, tranche de 0 à 1 500 ; prix de la première année, 3 mois sur 12 ; 13,00 € hors taxe ; TVA 20 %',
  );
  expect(own?.english).toBe(
    '1,234 inhabitants, band from 0 to 1,500; price of the first year, 3 months of 12; €13.00 without tax; VAT 20 %',
  );
  const covered = words({ municipalPopulation: 9_000 }, grouping);
  expect(plain(covered?.french)).toContain(
    'rien à payer au lieu de 158,00 € : compris dans la contribution de son groupement',
  );
});

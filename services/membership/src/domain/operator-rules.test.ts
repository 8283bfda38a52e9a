import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayAt, leavingDay, midnightOf, voteOf, type WithdrawalEffect } from './operator-rules.ts';

const rule = (notice_months: number, effect: WithdrawalEffect) => ({ withdrawal: { notice_months, effect } });
const day = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

test('a notice ends on the day of the same number, or on the last of a month that has none', () => {
  expect(leavingDay(rule(3, 'END_OF_NOTICE'), '2025-02-10')).toBe('2025-05-10');
  expect(leavingDay(rule(3, 'END_OF_NOTICE'), '2025-11-30')).toBe('2026-02-28');
  expect(leavingDay(rule(3, 'END_OF_NOTICE'), '2027-11-30')).toBe('2028-02-29');
  expect(leavingDay(rule(14, 'END_OF_NOTICE'), '2025-12-31')).toBe('2027-02-28');
});

test('a member that leaves with the budget year is one until 31 December after its notice', () => {
  expect(leavingDay(rule(3, 'END_OF_BUDGET_YEAR'), '2026-10-01')).toBe('2027-01-01');
  expect(leavingDay(rule(3, 'END_OF_BUDGET_YEAR'), '2026-10-02')).toBe('2028-01-01');
  expect(leavingDay(rule(0, 'END_OF_BUDGET_YEAR'), '2026-10-02')).toBe('2027-01-01');
  expect(leavingDay(rule(9, 'END_OF_BUDGET_YEAR'), '2026-03-31')).toBe('2027-01-01');
  expect(leavingDay(rule(9, 'END_OF_BUDGET_YEAR'), '2026-04-02')).toBe('2028-01-01');
});

test('nobody leaves before the notice has run, and who asks later never leaves sooner', () => {
  fc.assert(
    fc.property(
      day,
      day,
      fc.integer({ min: 0, max: 60 }),
      fc.constantFrom<WithdrawalEffect>('END_OF_NOTICE', 'END_OF_BUDGET_YEAR'),
      (one, other, months, effect) => {
        const [sooner, later] = [one, other].toSorted() as [string, string];
        const leaves = leavingDay(rule(months, effect), sooner);
        expect(leaves >= leavingDay(rule(months, 'END_OF_NOTICE'), sooner)).toBe(true);
        expect(leaves <= leavingDay(rule(months, effect), later)).toBe(true);
        if (effect === 'END_OF_BUDGET_YEAR') expect(leaves.endsWith('-01-01')).toBe(true);
      },
    ),
  );
});

test('a day begins by the clock of the operator', () => {
  const at = new Date('2026-12-31T23:30:00Z');
  expect(dayAt({ time_zone: 'Europe/Paris' }, at)).toBe('2027-01-01');
  expect(dayAt({ time_zone: 'America/Guadeloupe' }, at)).toBe('2026-12-31');
});

test('midnight is the first instant of the day by the operator’s clock, wherever it is and whatever the clock does that night', () => {
  const zones = ['Europe/Paris', 'America/Guadeloupe', 'Indian/Reunion', 'Pacific/Auckland', 'America/St_Johns', 'UTC'];
  fc.assert(
    fc.property(day, fc.constantFrom(...zones), (one, time_zone) => {
      const begins = midnightOf({ time_zone }, one);
      expect(dayAt({ time_zone }, begins)).toBe(one);
      expect(dayAt({ time_zone }, new Date(begins.getTime() - 1)) < one).toBe(true);
      const next = midnightOf({ time_zone }, one, 1);
      expect(dayAt({ time_zone }, new Date(next.getTime() - 1))).toBe(one);
    }),
  );
  expect(midnightOf({ time_zone: 'Europe/Paris' }, '2026-03-29').toISOString()).toBe('2026-03-28T23:00:00.000Z');
  expect(midnightOf({ time_zone: 'Europe/Paris' }, '2026-03-29', 1).toISOString()).toBe('2026-03-29T22:00:00.000Z');
});

test('a body votes in the college of its kind, by its inhabitants; one that no college names does not vote', () => {
  const college = {
    ...{ id: 'communes', name: 'Communes', kinds: ['ORGANIZATION_KIND_COMMUNE' as const] },
    ...{ voice: 'DELIBERATIVE' as const, votes: [{ up_to: 100, votes: 1 }, { votes: 2 }] },
  };
  const votes = (municipalPopulation: number) =>
    voteOf({ colleges: [college] }, { kind: 'ORGANIZATION_KIND_COMMUNE', municipalPopulation })?.votes;
  expect([votes(0), votes(100), votes(101)]).toEqual([1, 1, 2]);
  expect(voteOf({ colleges: [college] }, { kind: 'ORGANIZATION_KIND_EPCI', municipalPopulation: 1 })).toBeUndefined();
});

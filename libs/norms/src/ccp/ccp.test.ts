import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays, type Circumstance, dayOf, dueDates, dutiesOn, type Estimate, isWorkingDay, regimeOn } from './ccp.ts';

const timeZone = 'Europe/Paris';
const estimate = (more: Partial<Estimate> = {}): Estimate => ({
  ...{ nature: 'SUPPLIES', procedure: 'OPEN', buyer: 'LOCAL', cents: 30_000_000n },
  ...more,
});
const due = (dispatchedAt: string, more: Partial<Estimate> = {}, circumstances: Circumstance[] = ['ELECTRONIC']) =>
  dueDates({ estimate: estimate(more), circumstances, moments: { dispatchedAt: new Date(dispatchedAt) }, timeZone });
const at = (dues: { step: string; at: Date }[], step: string) =>
  dues.find((one) => one.step === step)?.at.toISOString();

test('a notice sent on Monday 6 January 2025 takes tenders until 6 February 2025 at midnight at the earliest', () => {
  const [tenders] = due('2025-01-06T09:00:00Z');
  expect(tenders?.at.toISOString()).toBe('2025-02-05T23:00:00.000Z');
  expect(tenders).toMatchObject({ step: 'TENDERS', bound: 'EARLIEST', article: 'CCP R2161-3' });
  expect(tenders?.fr).toContain('30 jours');
  expect(tenders?.fr).toContain('2025-02-06');
});

test('the day a notice is sent is the one of the buyer’s clock, also an hour before midnight and in summer', () => {
  expect(at(due('2025-01-05T23:30:00Z'), 'TENDERS')).toBe('2025-02-05T23:00:00.000Z');
  // 30 days after 5 January 2025 is 4 February.
  expect(at(due('2025-01-05T22:30:00Z'), 'TENDERS')).toBe('2025-02-04T23:00:00.000Z');
  // Sent in winter time, due in summer time.
  expect(at(due('2026-03-16T09:00:00Z'), 'TENDERS')).toBe('2026-04-15T22:00:00.000Z');
});

test('a time that ends on a Saturday, a Sunday or a public holiday goes on to the next working day', () => {
  // 30 days after 2 April 2026 is Saturday 2 May; the next working day is Monday 4 May.
  expect(at(due('2026-04-02T09:00:00Z'), 'TENDERS')).toBe('2026-05-04T22:00:00.000Z');
  // 30 days after 14 April 2026 is Ascension Thursday 14 May.
  expect(at(due('2026-04-14T09:00:00Z'), 'TENDERS')).toBe('2026-05-15T22:00:00.000Z');
});

test('urgency and prior information shorten; on paper there are five days more; an adapted procedure has no legal minimum', () => {
  const days = (circumstances: Circumstance[]) =>
    /(\d+) jours/.exec(due('2026-01-05T09:00:00Z', {}, circumstances)[0]?.fr ?? '')?.[1];
  expect(days([])).toBe('35');
  expect(days(['ELECTRONIC'])).toBe('30');
  expect(days(['ELECTRONIC', 'URGENT'])).toBe('15');
  expect(days(['PRIOR_INFORMATION'])).toBe('15');
  expect(due('2026-01-05T09:00:00Z', { procedure: 'ADAPTED' })).toEqual([]);
});

test('a restricted procedure has two times, the second counted from the invitation', () => {
  const dues = due('2026-01-05T09:00:00Z', { procedure: 'RESTRICTED' });
  expect(dues.map(({ step }) => step)).toEqual(['APPLICATIONS', 'TENDERS']);
  // 30 days: 4 February; invited on the 5th at the earliest, and 25 days more end on Monday 2 March.
  expect(at(dues, 'APPLICATIONS')).toBe('2026-02-04T23:00:00.000Z');
  expect(at(dues, 'TENDERS')).toBe('2026-03-02T23:00:00.000Z');
});

test('rejections sent on 28 December on paper let a contract be signed on 13 January, as the Conseil d’Etat counted', () => {
  const moments = {
    dispatchedAt: new Date('2025-06-02T09:00:00Z'),
    rejectionsSentAt: new Date('2025-12-28T09:00:00Z'),
  };
  const signing = (onPaper: boolean) =>
    at(dueDates({ estimate: estimate(), circumstances: [], moments, timeZone, onPaper }), 'STANDSTILL');
  expect(signing(true)).toBe('2026-01-12T23:00:00.000Z');
  expect(signing(false)).toBe('2026-01-07T23:00:00.000Z');
});

test('answers are due six whole days before the deadline, four in urgency; essential data two months after the notification', () => {
  const moments = {
    dispatchedAt: new Date('2026-01-05T09:00:00Z'),
    deadline: new Date('2026-03-20T11:00:00Z'),
    notifiedAt: new Date('2026-12-31T09:00:00Z'),
  };
  const ask = (circumstances: Circumstance[]) => dueDates({ estimate: estimate(), circumstances, moments, timeZone });
  expect(at(ask([]), 'LAST_ANSWER')).toBe('2026-03-14T22:59:59.999Z');
  expect(at(ask(['URGENT']), 'LAST_ANSWER')).toBe('2026-03-16T22:59:59.999Z');
  // There is no 31 February: the last day of the month counts.
  expect(at(ask([]), 'ESSENTIAL_DATA')).toBe('2027-02-28T22:59:59.999Z');
});

test('thresholds are those of the day it is launched', () => {
  const regime = (cents: bigint, day: string, more: Partial<Estimate> = {}) =>
    regimeOn(estimate({ cents, ...more }), day).regime;
  expect(regime(5_000_000n, '2026-03-31')).toBe('ADAPTED');
  expect(regime(5_000_000n, '2026-04-01')).toBe('DISPENSED');
  expect(regime(21_700_000n, '2025-12-31')).toBe('ADAPTED');
  expect(regime(21_700_000n, '2026-01-01')).toBe('FORMAL');
  expect(regime(21_600_000n, '2026-01-01')).toBe('FORMAL');
  expect(regime(21_599_999n, '2026-01-01')).toBe('ADAPTED');
  expect(regime(9_999_999n, '2026-06-01', { nature: 'WORKS' })).toBe('DISPENSED');
  expect(regime(540_400_000n, '2026-06-01', { nature: 'WORKS' })).toBe('FORMAL');
});

test('where a notice must appear follows from the estimate', () => {
  const supports = (cents: bigint, more: Partial<Estimate> = {}) =>
    dutiesOn(estimate({ cents, ...more }), '2026-06-01').map(({ support }) => support);
  expect(supports(5_000_000n)).toEqual([]);
  expect(supports(7_000_000n)).toEqual(['BUYER_PROFILE']);
  expect(supports(9_000_000n)).toEqual(['BUYER_PROFILE', 'BOAMP_OR_LEGAL_NEWSPAPER']);
  expect(supports(21_600_000n)).toEqual(['BUYER_PROFILE', 'BOAMP', 'OJEU']);
  expect(supports(75_000_000n, { nature: 'SOCIAL_SERVICES' })).toEqual(['BUYER_PROFILE', 'BOAMP', 'OJEU']);
  expect(supports(74_999_999n, { nature: 'SOCIAL_SERVICES' })).toEqual(['BUYER_PROFILE']);
});

const instants = fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });
const circumstances = fc.subarray<Circumstance>(['ELECTRONIC', 'PRIOR_INFORMATION', 'URGENT']);
const procedures = fc.constantFrom('OPEN', 'RESTRICTED', 'NEGOTIATED', 'CONCESSION' as const);

test('whatever the day, all days are left, the last of them is worked, and who sends later may close no earlier', () => {
  fc.assert(
    fc.property(instants, instants, circumstances, procedures, (one, other, how, procedure) => {
      const [first, second] = [one, other].toSorted((a, b) => a.getTime() - b.getTime()) as [Date, Date];
      const [before, after] = [first, second].map((dispatchedAt) =>
        due(dispatchedAt.toISOString(), { procedure } as Partial<Estimate>, how),
      );
      for (const [nth, { at: limit, fr }] of (before ?? []).entries()) {
        expect(limit.getTime()).toBeLessThanOrEqual(after?.[nth]?.at.getTime() ?? 0);
        const days = Number(/(\d+) jours/.exec(fr)?.[1]);
        const from = nth === 0 ? first : (before?.[nth - 1]?.at as Date);
        const last = addDays(dayOf(limit, timeZone), -1);
        expect(isWorkingDay(last)).toBe(true);
        // No shorter than asked, and no longer than the longest row of days off can make it.
        expect(last >= addDays(dayOf(from, timeZone), days)).toBe(true);
        expect(last <= addDays(dayOf(from, timeZone), days + 5)).toBe(true);
      }
    }),
    { seed: 5, numRuns: 300 },
  );
});

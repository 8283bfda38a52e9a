import type { LotStepKind } from '@jonction/contracts';
import type { DomainError } from '@jonction/service';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lot } from './lot.ts';
import { differences } from './version.ts';

const START = new Date('2026-03-02T09:00:00Z');
const inDays = (days: number) => new Date(START.getTime() + days * 86_400_000);
const STANDSTILL_DAYS = 11;

function opened(): Lot {
  const lot = Object.assign(new Lot(), {
    ...{ lotId: 'l', operator: 'bfc', consultationId: 'c', lotNumber: 1, title: 'Voirie', cpvCode: '45233140' },
    ...{ placeCodes: ['FRC11'], reservation: 'RESERVATION_UNSPECIFIED', status: 'LOT_STATUS_OPEN', statusSince: null },
    ...{ soleTenderer: false, signFrom: null, supplierSirets: [], amountCents: null, version: 1 },
  });
  lot.open(START);
  return lot;
}

function take(lot: Lot, kind: LotStepKind, day: number, { formal = true, tendersReceived = 3 } = {}): string {
  const at = inDays(day);
  const award = { supplierSirets: ['35600000000048'], amountCents: 100n, tendersReceived };
  try {
    lot.take({
      ...{ kind, at, now: inDays(1_000), formal, signFrom: inDays(day + STANDSTILL_DAYS) },
      ...(kind === 'LOT_STEP_KIND_AWARD' ? { award } : {}),
    });
    return 'done';
  } catch (error) {
    return (error as DomainError).reason;
  }
}

test('a lot of a formal procedure goes from its award over the standstill to a contract that is done', () => {
  const lot = opened();
  expect(take(lot, 'LOT_STEP_KIND_AWARD', 1)).toBe('done');
  expect(take(lot, 'LOT_STEP_KIND_SIGNATURE', 2)).toBe('LOT_STEP_UNFIT');
  expect(take(lot, 'LOT_STEP_KIND_REJECTIONS', 2)).toBe('done');
  expect(take(lot, 'LOT_STEP_KIND_SIGNATURE', 2 + STANDSTILL_DAYS - 0.001)).toBe('STANDSTILL_RUNS');
  expect(take(lot, 'LOT_STEP_KIND_SIGNATURE', 2 + STANDSTILL_DAYS)).toBe('done');
  expect(take(lot, 'LOT_STEP_KIND_DISCONTINUATION', 20)).toBe('LOT_STEP_UNFIT');
  expect(take(lot, 'LOT_STEP_KIND_NOTIFICATION', 20)).toBe('done');
  expect(take(lot, 'LOT_STEP_KIND_COMPLETION', 400)).toBe('done');
  expect(lot).toMatchObject({ status: 'LOT_STATUS_DONE', supplierSirets: ['35600000000048'], amountCents: 100n });
});

test('the only tenderer’s contract, and one of an adapted procedure, are signed without a standstill', () => {
  const sole = opened();
  expect(take(sole, 'LOT_STEP_KIND_AWARD', 1, { tendersReceived: 1 })).toBe('done');
  expect(take(sole, 'LOT_STEP_KIND_SIGNATURE', 1)).toBe('done');
  const adapted = opened();
  expect(take(adapted, 'LOT_STEP_KIND_AWARD', 1, { formal: false })).toBe('done');
  expect(take(adapted, 'LOT_STEP_KIND_SIGNATURE', 1, { formal: false })).toBe('done');
});

test('a step in the future, or before the one before, is refused', () => {
  const lot = opened();
  expect(take(lot, 'LOT_STEP_KIND_AWARD', 1_001)).toBe('TIMES_CONTRADICT');
  expect(take(lot, 'LOT_STEP_KIND_AWARD', -1)).toBe('TIMES_CONTRADICT');
  expect(lot.status).toBe('LOT_STATUS_IN_ANALYSIS');
});

test('whatever is tried in whatever order: what is over stays over, nothing refused changes the lot, none is signed in its standstill', () => {
  const kinds: LotStepKind[] = [
    ...(['AWARD', 'UNSUCCESSFUL', 'DISCONTINUATION', 'ANNULMENT', 'REJECTIONS'] as const),
    ...(['SIGNATURE', 'NOTIFICATION', 'COMPLETION'] as const),
  ].map((kind) => `LOT_STEP_KIND_${kind}` as const);
  const tries = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: -5, max: 30 })), { maxLength: 40 });
  fc.assert(
    fc.property(tries, (all) => {
      const lot = opened();
      let toldAt = Number.NaN;
      for (const [kind, day] of all) {
        const before = { ...lot };
        const wasOver = lot.isOver();
        const outcome = take(lot, kind, day);
        if (wasOver) expect(outcome).toBe('LOT_STEP_UNFIT');
        if (outcome !== 'done') expect({ ...lot }).toEqual(before);
        else if (kind === 'LOT_STEP_KIND_REJECTIONS') toldAt = day;
        else if (kind === 'LOT_STEP_KIND_SIGNATURE') expect(day).toBeGreaterThanOrEqual(toldAt + STANDSTILL_DAYS);
      }
    }),
    { seed: 6, numRuns: 500 },
  );
});

test('what differs between two versions is named by its place, and equal ones differ in nothing', () => {
  const said = (lots: string[], deadline = START) => ({
    ...{ title: 'Voirie', deadline },
    description: { cpvCode: '45233140', lots: lots.map((title, nth) => ({ lotNumber: nth + 1, title })) },
  });
  expect(differences(said(['a', 'b']), said(['a', 'b']))).toEqual([]);
  expect(differences(said(['a', 'b']), said(['a', 'c'], inDays(1)))).toEqual(['deadline', 'description.lots[1].title']);
  expect(differences({ description: null }, said([]))).toContain('description');
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(differences(value, structuredClone(value))).toEqual([]);
    }),
    { seed: 7 },
  );
});

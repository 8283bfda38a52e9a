import type { MergeStatus, MergeStepKind } from '@jonction/contracts';
import { DomainError } from '@jonction/service';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FOLLOWERS, HOLDERS, Merge } from './merge.ts';

function ordered(status: MergeStatus = 'MERGE_STATUS_ORDERED'): Merge {
  return Object.assign(new Merge(), {
    mergeId: 'x',
    operator: 'bfc',
    kind: 'MERGE_KIND_NEW_COMMUNE',
    status,
    effectiveOn: '2026-01-01',
    successorMemberId: 's',
    plan: { predecessorMemberIds: ['a', 'b'] },
    version: 1,
  });
}

const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error.reason;
    throw error;
  }
  return 'accepted';
};

const step = (kind: MergeStepKind, service: string) => ({ kind, service });

test('an operation waits for each service that has not answered, and for the answer of that moment alone', () => {
  const merge = ordered('MERGE_STATUS_PREPARING');
  expect(merge.waitsFor([])).toEqual([...HOLDERS]);
  expect(merge.waitsFor([step('MERGE_STEP_KIND_HELD', 'procurement')])).toEqual(['teletransmission']);
  expect(merge.waitsFor(HOLDERS.map((service) => step('MERGE_STEP_KIND_HELD', service)))).toEqual([]);
  merge.carry();
  expect(merge.waitsFor(HOLDERS.map((service) => step('MERGE_STEP_KIND_HELD', service)))).toEqual([...FOLLOWERS]);
  expect(merge.waitsFor(FOLLOWERS.map((service) => step('MERGE_STEP_KIND_REATTACHED', service)))).toEqual([]);
  expect(ordered('MERGE_STATUS_UNDOING').waitsFor([])).toEqual([...HOLDERS]);
});

test('it is called off before its bodies change, and never after: what is begun is undone first, what is not has ended', () => {
  const early = ordered();
  expect(early.cancel('')).toMatchObject({ begun: false, mergeId: 'x', memberId: 's' });
  expect([early.status, early.hasEnded()]).toEqual(['MERGE_STATUS_CANCELLED', true]);
  const begun = ordered();
  begun.begin('929939411');
  expect(begun.cancel('SUCCESSOR_WITHOUT_SIREN')).toMatchObject({ begun: true, reason: 'SUCCESSOR_WITHOUT_SIREN' });
  expect([begun.status, begun.hasEnded()]).toEqual(['MERGE_STATUS_UNDOING', false]);
  const late = ['MERGED', 'COMPLETE', 'UNDOING', 'CANCELLED'] as const;
  for (const status of late) {
    const merge = ordered(`MERGE_STATUS_${status}`);
    expect(reasonOf(() => merge.cancel(''))).toBe('MERGE_PAST_RETURN');
    expect(merge.status).toBe(`MERGE_STATUS_${status}`);
  }
});

test('whatever services answer in whatever order, also twice, none is waited for that has answered, and the last one ends the wait', () => {
  const answers = fc.shuffledSubarray([...FOLLOWERS, ...FOLLOWERS], { minLength: 0 });
  fc.assert(
    fc.property(answers, (services) => {
      const steps = services.map((service) => step('MERGE_STEP_KIND_REATTACHED', service));
      const waits = ordered('MERGE_STATUS_MERGED').waitsFor(steps);
      expect(new Set([...waits, ...services])).toEqual(new Set(FOLLOWERS));
      expect(waits.filter((service) => services.includes(service as 'procurement'))).toEqual([]);
    }),
    { seed: 3 },
  );
});

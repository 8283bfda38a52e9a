import { DomainError } from '@jonction/service';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Consultation } from './consultation.ts';

const now = new Date('2026-03-02T09:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000);

function draft(deadline = inDays(30)): Consultation {
  return Object.assign(new Consultation(), {
    consultationId: 'c',
    operator: 'bfc',
    memberId: 'm',
    buyerName: 'Agencourt',
    title: 'Toiture',
    deadline,
    status: 'CONSULTATION_STATUS_DRAFT',
    publishedAt: null,
    closedAt: null,
    procedure: 'PROCEDURE_UNSPECIFIED',
    nature: 'NATURE_UNSPECIFIED',
    rulesVersion: '',
    ...{ reference: '', description: null, publishAt: null, versions: 0 },
    version: 1,
  });
}

function published(deadline = inDays(30)): Consultation {
  const consultation = draft(deadline);
  consultation.publish(now);
  return consultation;
}

function reasonOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error.reason;
    throw error;
  }
  return 'accepted';
}

describe('a consultation', () => {
  test('can be published once, and says so with all a listener needs', () => {
    const consultation = draft();
    expect(consultation.publish(now)).toEqual({
      operator: 'bfc',
      memberId: 'm',
      consultationId: 'c',
      title: 'Toiture',
      buyerName: 'Agencourt',
      publishedAt: now,
      deadline: inDays(30),
    });
    expect(reasonOf(() => consultation.publish(now))).toBe('NOT_A_DRAFT');
  });

  test('is neither drafted nor published with a deadline that is past, or more than five years ahead', () => {
    expect(reasonOf(() => draft(inDays(-1)).draft(now))).toBe('DEADLINE_PAST');
    expect(reasonOf(() => draft(now).publish(now))).toBe('DEADLINE_PAST');
    expect(reasonOf(() => draft(inDays(366 * 5 + 2)).publish(now))).toBe('DEADLINE_TOO_FAR');
  });

  test('takes extensions only towards a later deadline, and says what it was before', () => {
    const consultation = published();
    expect(reasonOf(() => consultation.extend(inDays(30), now))).toBe('DEADLINE_NOT_LATER');
    expect(consultation.extend(inDays(31), now)).toMatchObject({ deadlineBefore: inDays(30), deadline: inDays(31) });
    expect(consultation.deadline).toEqual(inDays(31));
  });

  test('is not extended nor closed before it is published, after it is closed, or once its deadline came', () => {
    expect(reasonOf(() => draft().extend(inDays(40), now))).toBe('NOT_OPEN');
    expect(reasonOf(() => draft().close(now))).toBe('NOT_OPEN');
    const closed = published();
    closed.close(now);
    expect(reasonOf(() => closed.extend(inDays(40), now))).toBe('NOT_OPEN');
    expect(reasonOf(() => closed.close(now))).toBe('NOT_OPEN');
    expect(reasonOf(() => published().extend(inDays(40), inDays(30)))).toBe('NOT_OPEN');
  });

  test('closes by itself at its deadline, not before, and once', () => {
    const consultation = published();
    expect(consultation.closeAtDeadline(inDays(29))).toBeUndefined();
    expect(consultation.closeAtDeadline(inDays(30))).toMatchObject({
      cause: 'CLOSING_CAUSE_DEADLINE',
      closedAt: inDays(30),
    });
    expect(consultation.closeAtDeadline(inDays(31))).toBeUndefined();
  });

  test('a plan to close that comes after an extension closes nothing', () => {
    const consultation = published();
    consultation.extend(inDays(40), now);
    expect(consultation.closeAtDeadline(inDays(30))).toBeUndefined();
    expect(consultation.status).toBe('CONSULTATION_STATUS_PUBLISHED');
  });

  test('changes nothing when it refuses, whatever is tried in whatever order', () => {
    const act = fc.constantFrom('publish', 'extend', 'close', 'closeAtDeadline');
    fc.assert(
      fc.property(fc.array(fc.tuple(act, fc.integer({ min: -5, max: 60 })), { maxLength: 20 }), (steps) => {
        const consultation = draft();
        for (const [name, days] of steps) {
          const before = { ...consultation };
          const outcome = reasonOf(() =>
            name === 'extend'
              ? consultation.extend(inDays(days), now)
              : consultation[name as 'publish'](inDays(Math.min(days, 29))),
          );
          if (outcome !== 'accepted') expect({ ...consultation }).toEqual(before);
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  test('another member may not act for the buyer, the operator may', () => {
    expect(reasonOf(() => draft().mustBeActedForBy('other'))).toBe('OTHER_MEMBER');
    expect(reasonOf(() => draft().mustBeActedForBy(''))).toBe('accepted');
    expect(reasonOf(() => draft().mustBeActedForBy('m'))).toBe('accepted');
  });
});

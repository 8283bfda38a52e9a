import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMember, mostOpen, type Standing, succeed } from './life.ts';
import { Member } from './member.ts';

const standing = (status: string, services: string[] = []): Standing =>
  ({ status: `MEMBER_STATUS_${status}`, leavesOn: null, services }) as Standing;

const member = (status: string) =>
  Object.assign(new Member(), { ceasedOn: null, admittedOn: null, ...standing(status) });

test('of several members whose place is taken the most open counts, and one that is no member never does', () => {
  const open = (...all: string[]) => mostOpen(all.map((status) => standing(status)))?.status;
  expect(open('SUSPENDED', 'ACTIVE', 'WITHDRAWING')).toBe('MEMBER_STATUS_ACTIVE');
  expect(open('SUSPENDED', 'WITHDRAWING', 'PROSPECT')).toBe('MEMBER_STATUS_WITHDRAWING');
  expect(open('SUSPENDED', 'EXCLUDED')).toBe('MEMBER_STATUS_SUSPENDED');
  expect(open('PROSPECT', 'APPLICANT', 'APPROVED', 'REFUSED', 'WITHDRAWN', 'EXCLUDED')).toBeUndefined();
});

test('a body that stands where another stood begins its membership that day, unless it was a member before', () => {
  const statuses = ['PROSPECT', 'APPLICANT', 'REFUSED', 'WITHDRAWN', 'EXCLUDED', 'ACTIVE', 'SUSPENDED'];
  fc.assert(
    fc.property(fc.constantFrom(...statuses), fc.constantFrom('ACTIVE', 'WITHDRAWING', 'SUSPENDED'), (was, is) => {
      const body = member(was);
      Object.assign(body, { admittedOn: isMember(body) ? '2013-01-01' : null });
      succeed(body, standing(is, ['SUBSCRIBED_SERVICE_PROCUREMENT']), '2026-01-01');
      expect(body).toMatchObject({ status: `MEMBER_STATUS_${is}`, services: ['SUBSCRIBED_SERVICE_PROCUREMENT'] });
      expect(body.admittedOn).toBe(['ACTIVE', 'SUSPENDED'].includes(was) ? '2013-01-01' : '2026-01-01');
    }),
    { seed: 5 },
  );
});

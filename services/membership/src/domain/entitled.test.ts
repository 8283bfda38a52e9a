import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accessOf, decide, type Entitled, type Wanted } from './entitled.ts';

const agent: Entitled = {
  agentId: 'a',
  memberId: 'm',
  subject: 's',
  access: 'MEMBER_ACCESS_OPEN',
  roles: new Set(['ROLE_BUYER']),
  rights: new Set(['procurement.publish']),
};
const wanted: Wanted = {
  subject: 's',
  agentId: '',
  right: 'procurement.publish',
  role: 'ROLE_UNSPECIFIED',
  memberId: '',
};
const denied = (held: Entitled | undefined, more: Partial<Wanted> = {}, callerMemberId = '') =>
  decide(held, { ...wanted, ...more }, callerMemberId).denial;

test('an agent may what its roles give, for its own member, while that one is no stranger', () => {
  expect(decide(agent, wanted, '')).toEqual({
    allowed: true,
    denial: 'DENIAL_UNSPECIFIED',
    agentId: 'a',
    memberId: 'm',
    memberAccess: 'MEMBER_ACCESS_OPEN',
  });
  expect(denied(undefined)).toBe('DENIAL_NOT_ENROLLED');
  expect(denied(agent, { right: 'procurement.write' })).toBe('DENIAL_NOT_GRANTED');
  expect(denied(agent, { role: 'ROLE_READER' })).toBe('DENIAL_NOT_GRANTED');
  expect(denied(agent, { memberId: 'another' })).toBe('DENIAL_OTHER_MEMBER');
  expect(denied({ ...agent, memberId: '' }, { memberId: 'another' })).toBe('DENIAL_UNSPECIFIED');
  expect(denied({ ...agent, access: 'MEMBER_ACCESS_CLOSED' })).toBe('DENIAL_MEMBER_CLOSED');
  expect(denied({ ...agent, access: 'MEMBER_ACCESS_SUSPENDED' })).toBe('DENIAL_UNSPECIFIED');
});

test('to the application of a member, agents of others are as nobody; so is an id with the subject of another', () => {
  expect(denied(agent, {}, 'm')).toBe('DENIAL_UNSPECIFIED');
  expect(decide(agent, wanted, 'another')).toEqual(decide(undefined, wanted, ''));
  expect(decide(agent, { ...wanted, agentId: 'a', subject: 'of another' }, '')).toEqual(decide(undefined, wanted, ''));
});

test('whatever is asked, a yes means that all of it holds', () => {
  const rights = ['procurement.publish', 'procurement.write', 'identity.read'];
  const held = fc.record({
    agentId: fc.constant('a'),
    memberId: fc.constantFrom('', 'm', 'n'),
    subject: fc.constant('s'),
    access: fc.constantFrom('MEMBER_ACCESS_OPEN', 'MEMBER_ACCESS_SUSPENDED', 'MEMBER_ACCESS_CLOSED'),
    roles: fc.subarray(['ROLE_BUYER', 'ROLE_READER']).map((all) => new Set(all)),
    rights: fc.subarray(rights).map((all) => new Set(all)),
  });
  const asked = fc.record({
    subject: fc.constantFrom('', 's', 't'),
    agentId: fc.constantFrom('', 'a'),
    right: fc.constantFrom('', ...rights),
    role: fc.constantFrom('ROLE_UNSPECIFIED', 'ROLE_BUYER', 'ROLE_READER'),
    memberId: fc.constantFrom('', 'm', 'n'),
  });
  fc.assert(
    fc.property(held, asked, fc.constantFrom('', 'm', 'n'), (one, what, caller) => {
      const { allowed } = decide(one, what, caller);
      const good =
        (what.subject === '' || what.subject === one.subject) &&
        (what.right === '' || one.rights.has(what.right)) &&
        (what.role === 'ROLE_UNSPECIFIED' || one.roles.has(what.role)) &&
        (what.memberId === '' || one.memberId === '' || what.memberId === one.memberId) &&
        (caller === '' || caller === one.memberId) &&
        one.access !== 'MEMBER_ACCESS_CLOSED';
      expect(allowed).toBe(good);
    }),
    { seed: 80 },
  );
});

test('a member that the board approved is open when its services are; one that left, or never came, is closed', () => {
  expect(accessOf('MEMBER_STATUS_APPROVED', 2)).toBe('MEMBER_ACCESS_OPEN');
  expect(accessOf('MEMBER_STATUS_APPROVED', 0)).toBe('MEMBER_ACCESS_CLOSED');
  expect(accessOf('MEMBER_STATUS_WITHDRAWING', 0)).toBe('MEMBER_ACCESS_OPEN');
  expect(accessOf('MEMBER_STATUS_SUSPENDED', 3)).toBe('MEMBER_ACCESS_SUSPENDED');
  for (const status of ['PROSPECT', 'APPLICANT', 'REFUSED', 'WITHDRAWN', 'EXCLUDED'] as const)
    expect(accessOf(`MEMBER_STATUS_${status}`, 3)).toBe('MEMBER_ACCESS_CLOSED');
});

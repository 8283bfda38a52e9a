import type { Role } from '@jonction/contracts';
import { DomainError } from '@jonction/service';
import { expect, test } from 'vitest';
import { Agent, Entitlement } from './agent.ts';
import { rightsOfRole } from './roles.ts';

const now = new Date('2026-03-02T09:00:00Z');

const agentOf = (memberId: string) =>
  Object.assign(new Agent(), { agentId: 'a', operator: 'bfc', memberId, subject: 's', displayName: 'n', version: 1 });
const entitlement = (role: Role) =>
  Object.assign(new Entitlement(), {
    entitlementId: `e-${role}`,
    operator: 'bfc',
    agentId: 'a',
    role,
    revokedAt: null,
  });

function reasonOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof DomainError ? error.reason : 'defect';
  }
  return 'accepted';
}

test('a role is given once, and its rights are told', () => {
  const given = entitlement('ROLE_BUYER');
  expect(agentOf('m').grant(given, [], now)).toMatchObject({
    role: 'ROLE_BUYER',
    rights: rightsOfRole.ROLE_BUYER,
    grantedAt: now,
  });
  expect(reasonOf(() => agentOf('m').grant(entitlement('ROLE_BUYER'), [given], now))).toBe('ROLE_GRANTED');
});

test('roles of the operator go to its own agents only, roles of a member to the agents of a member only', () => {
  expect(reasonOf(() => agentOf('m').grant(entitlement('ROLE_OPERATOR_ADMINISTRATOR'), [], now))).toBe('ROLE_UNFIT');
  expect(reasonOf(() => agentOf('').grant(entitlement('ROLE_BUYER'), [], now))).toBe('ROLE_UNFIT');
  expect(reasonOf(() => agentOf('').grant(entitlement('ROLE_OPERATOR_ADMINISTRATOR'), [], now))).toBe('accepted');
  expect(reasonOf(() => agentOf('').grant(entitlement('ROLE_READER'), [], now))).toBe('accepted');
});

test('a role that is not held cannot be taken back; one that is ends at the time said', () => {
  const held = entitlement('ROLE_BUYER');
  expect(reasonOf(() => agentOf('m').revoke('ROLE_BUYER', [], now))).toBe('ROLE_NOT_GRANTED');
  expect(agentOf('m').revoke('ROLE_BUYER', [held], now)).toMatchObject({
    entitlementId: held.entitlementId,
    revokedAt: now,
  });
  expect(held.revokedAt).toEqual(now);
});

test('an agent is managed by its own member or by the operator, and by nobody else', () => {
  expect(reasonOf(() => agentOf('m').mustBeManagedBy('m'))).toBe('accepted');
  expect(reasonOf(() => agentOf('m').mustBeManagedBy(''))).toBe('accepted');
  expect(reasonOf(() => agentOf('m').mustBeManagedBy('other'))).toBe('OTHER_MEMBER');
  expect(reasonOf(() => agentOf('').mustBeManagedBy('m'))).toBe('OTHER_MEMBER');
});

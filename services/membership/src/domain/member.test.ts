import { expect, test } from 'vitest';
import { Identifier, Member } from './member.ts';

const identifier = (validFrom: string | null, validUntil: string | null) =>
  Object.assign(new Identifier(), { scheme: 'IDENTIFIER_SCHEME_SIREN', value: '212100010', validFrom, validUntil });

test('a code is valid from its first day to its last, both included', () => {
  const one = identifier('2024-01-01', '2025-12-31');
  expect(['2023-12-31', '2024-01-01', '2025-12-31', '2026-01-01'].map((day) => one.isValidOn(day))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(identifier(null, null).isValidOn('1789-07-14')).toBe(true);
});

test('an admission tells what every service needs to serve the member', () => {
  const member = Object.assign(new Member(), {
    memberId: 'm',
    operator: 'bfc',
    organizationId: 'o',
    kind: 'ORGANIZATION_KIND_COMMUNE',
    name: 'Agencourt',
    departementCode: '21',
    admittedOn: '2026-01-01',
  });
  expect(member.admit([identifier(null, '2030-01-01')])).toEqual({
    operator: 'bfc',
    memberId: 'm',
    organizationId: 'o',
    kind: 'ORGANIZATION_KIND_COMMUNE',
    name: 'Agencourt',
    departementCode: '21',
    identifiers: [{ scheme: 'IDENTIFIER_SCHEME_SIREN', value: '212100010', validFrom: '', validUntil: '2030-01-01' }],
    admittedOn: '2026-01-01',
  });
});

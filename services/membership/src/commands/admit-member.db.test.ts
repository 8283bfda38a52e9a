import { MembershipServiceDefinition } from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { requestId, SIRENS, testService } from '@jonction/testing';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';
import { readManifests } from './manifest.ts';
import { welcomeOperators } from './welcome-operators.ts';

const parts = { name: 'membership', definition: MembershipServiceDefinition, tables, subscriptions, rpc };

async function membership() {
  const service = await testService(parts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
  return service;
}

const wanted = (siren = '') => ({
  requestId: requestId(),
  kind: 'ORGANIZATION_KIND_COMMUNE' as const,
  name: 'Agencourt',
  departementCode: '21',
  identifiers: siren ? [{ scheme: 'IDENTIFIER_SCHEME_SIREN', value: siren }] : [],
});

/** Reasons of the refused, `done` for the others, in alphabetical order. */
async function outcomesOf(calls: Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((one) => (one.status === 'fulfilled' ? 'done' : String(one.reason.reason ?? one.reason))).sort();
}

test('an admission is one member, its codes, and one event', async () => {
  await using service = await membership();
  const { member } = await service.ask('admitMember', wanted(SIRENS[0]));
  const memberId = member?.memberId;
  expect(await service.db.query('select member_id, operator, name, name_search, status from member')).toEqual([
    {
      member_id: memberId,
      operator: 'bfc',
      name: 'Agencourt',
      name_search: 'agencourt',
      status: 'MEMBER_STATUS_ACTIVE',
    },
  ]);
  expect(await service.db.query('select member_id, scheme, value from identifier')).toEqual([
    { member_id: memberId, scheme: 'IDENTIFIER_SCHEME_SIREN', value: SIRENS[0] },
  ]);
  expect(await service.db.query('select seq, type, member_id from outbox where member_id = $1', [memberId])).toEqual([
    { seq: 1, type: 'jonction.membership.v1.MemberAdmitted', member_id: memberId },
  ]);
});

test('of two who admit the bearer of one SIREN at the same time one is refused, and leaves nothing', async () => {
  await using service = await membership();
  const other = await service.replica();
  const calls = [service.ask, other].map((ask) => ask('admitMember', wanted(SIRENS[0])));
  expect(await outcomesOf(calls)).toEqual(['IDENTIFIER_TAKEN', 'done']);
  for (const table of ['member', 'identifier', 'idempotency'])
    expect(await service.db.query(`select from ${table}`), table).toHaveLength(1);
  expect(await service.db.query(`select from outbox where type like '%MemberAdmitted'`)).toHaveLength(1);
});

test('a code passes to another member when its time is over, not before', async () => {
  await using service = await membership();
  const code = (validFrom: string, validUntil: string) => [
    { scheme: 'IDENTIFIER_SCHEME_SIREN', value: SIRENS[0] ?? '', validFrom, validUntil },
  ];
  const admit = (from: string, until: string) =>
    service.ask('admitMember', { ...wanted(), identifiers: code(from, until) });
  await admit('', '2025-12-31');
  await expect(admit('2025-12-31', '')).rejects.toMatchObject({ reason: 'IDENTIFIER_TAKEN' });
  await admit('2026-01-01', '');
  expect(await service.db.query('select from member')).toHaveLength(2);
});

test('in a group of admissions the good ones are done and the bad ones refused, each on its own', async () => {
  await using service = await membership();
  const calls = SIRENS.flatMap((siren) => [wanted(siren), wanted(siren), { ...wanted(), name: '' }]).map((request) =>
    service.ask('admitMember', request),
  );
  const expected = SIRENS.flatMap(() => ['FIELD_INVALID', 'IDENTIFIER_TAKEN', 'done']).sort();
  expect(await outcomesOf(calls)).toEqual(expected);
  expect(await service.db.query('select from member')).toHaveLength(SIRENS.length);
});

test('the first administrators are enrolled once, even when two processes start at the same time', async () => {
  await using service = await testService(parts);
  const starts = Array.from({ length: 3 }, () =>
    welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date()),
  );
  await Promise.all(starts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
  for (const table of ['agent', 'entitlement', 'access_agent', 'access_right'])
    expect(await service.db.query(`select operator from ${table} order by 1`), table).toEqual([
      { operator: 'bfc' },
      { operator: 'idf' },
    ]);
  expect(await service.db.query('select operator, seq from outbox order by 1, 2')).toEqual([
    { operator: 'bfc', seq: 1 },
    { operator: 'bfc', seq: 2 },
    { operator: 'idf', seq: 1 },
    { operator: 'idf', seq: 2 },
  ]);
});

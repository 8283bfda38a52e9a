import { randomUUID } from 'node:crypto';
import {
  AgentEnrolled,
  ApplicationApproved,
  EntitlementGranted,
  EntitlementRevoked,
  MemberAdmitted,
  MemberExcluded,
  MemberReinstated,
  MemberSuspended,
  MemberWithdrawn,
} from '@jonction/contracts';
import { type Heard, handleAll } from '@jonction/events';
import { openDatabase } from '@jonction/service';
import { testDatabase } from '@jonction/testing';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { subscriptions } from '../subscriptions.ts';

const handlers = new Map(subscriptions.map((subscription) => [subscription.type.$type, subscription]));

function heard(
  type: { $type: string; fromPartial(part: object): unknown; toJSON(message: never): unknown },
  aggregateId: string,
  seq: number,
  body: object,
): Heard {
  return {
    id: randomUUID(),
    type: type.$type,
    operator: 'bfc',
    memberId: '',
    aggregateId,
    seq,
    time: new Date('2026-03-02T09:00:00Z'),
    traceparent: '',
    causation: '',
    correlation: 'c',
    body: JSON.stringify(type.toJSON(type.fromPartial({ operator: 'bfc', ...body }) as never)),
  };
}

test('members, agents and their rights are noted once, however often they are heard', async () => {
  await using copy = await testDatabase('procurement');
  await using database = await openDatabase({ url: copy.appUrl, entities: tables });
  const [memberId, agentId, entitlementId, organizationId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const rights = ['procurement.read', 'procurement.publish'];
  const story = [
    heard(MemberAdmitted, organizationId, 1, { memberId, organizationId, name: 'Agencourt' }),
    heard(AgentEnrolled, agentId, 1, { memberId, agentId, subject: 's' }),
    heard(EntitlementGranted, agentId, 2, { memberId, agentId, entitlementId, rights, grantedAt: new Date() }),
    heard(EntitlementRevoked, agentId, 3, { memberId, agentId, entitlementId, revokedAt: new Date() }),
  ];
  for (const event of story) for (let times = 0; times < 2; times++) await handleAll(database, handlers, [event]);
  expect(await copy.query('select name from known_member')).toEqual([{ name: 'Agencourt' }]);
  expect(await copy.query('select subject, member_id from access_agent')).toEqual([
    { subject: 's', member_id: memberId },
  ]);
  expect(await copy.query('select rights, revoked_at is null as held from access_right')).toEqual([
    { rights, held: false },
  ]);
  expect(await copy.query('select from inbox')).toHaveLength(4);
  expect(await copy.query('select from parked')).toHaveLength(0);
});

test('a body may begin something new while its membership is open, and only then', async () => {
  await using copy = await testDatabase('procurement');
  await using database = await openDatabase({ url: copy.appUrl, entities: tables });
  const [memberId, organizationId] = [randomUUID(), randomUUID()];
  const about = { memberId, organizationId, name: 'Agencourt' };
  let seq = 0;
  const open = async (type: Parameters<typeof heard>[0], more: object = {}) => {
    await handleAll(database, handlers, [heard(type, organizationId, ++seq, { ...about, ...more })]);
    return (await copy.query<{ open: boolean }>('select open from known_member')).map((known) => known.open);
  };
  expect(await open(ApplicationApproved, { servicesOpen: false })).toEqual([]);
  expect(await open(MemberSuspended)).toEqual([]);
  expect(await open(ApplicationApproved, { servicesOpen: true })).toEqual([true]);
  expect(await open(MemberAdmitted)).toEqual([true]);
  expect(await open(MemberSuspended)).toEqual([false]);
  expect(await open(MemberReinstated)).toEqual([true]);
  expect(await open(MemberWithdrawn)).toEqual([false]);
  expect(await open(MemberAdmitted)).toEqual([true]);
  expect(await open(MemberExcluded)).toEqual([false]);
  expect(await copy.query('select from parked')).toHaveLength(0);
});

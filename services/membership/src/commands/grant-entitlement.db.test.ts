import { MembershipServiceDefinition, type Role } from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { type Ask, requestId, testService } from '@jonction/testing';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';
import { readManifests } from './manifest.ts';
import { welcomeOperators } from './welcome-operators.ts';

// Agents and their roles: enrolled, entitled, and taken back, alone and against each other.

type Definition = typeof MembershipServiceDefinition;
const parts = { name: 'membership', definition: MembershipServiceDefinition, tables, subscriptions, rpc };

async function withMember() {
  const service = await testService(parts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
  const { member } = await service.ask('admitMember', {
    requestId: requestId(),
    kind: 'ORGANIZATION_KIND_COMMUNE',
    name: 'Agencourt',
  });
  return { service, memberId: member?.memberId ?? '', other: await service.replica() };
}

async function withAgent() {
  const made = await withMember();
  return { ...made, agentId: await enrol(made.service.ask, made.memberId, 'somebody') };
}

async function enrol(ask: Ask<Definition>, memberId: string, subject: string): Promise<string> {
  const { agent } = await ask('enrolAgent', { requestId: requestId(), memberId, subject, displayName: 'Some Body' });
  return agent?.agentId ?? '';
}

const grant = (ask: Ask<Definition>, agentId: string, role: Role, as = {}) =>
  ask('grantEntitlement', { requestId: requestId(), agentId, role }, as);
const revoke = (ask: Ask<Definition>, agentId: string, role: Role) =>
  ask('revokeEntitlement', { requestId: requestId(), agentId, role });

async function outcomesOf(calls: Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((one) => (one.status === 'fulfilled' ? 'done' : String(one.reason.reason ?? one.reason))).sort();
}

async function storyOf(
  { db }: { db: { query(text: string, values?: unknown[]): Promise<unknown[]> } },
  agentId: string,
) {
  const rows = (await db.query('select seq, type from outbox where aggregate_id = $1 order by position', [
    agentId,
  ])) as {
    seq: number;
    type: string;
  }[];
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, nth) => nth + 1));
  return rows.map(({ type }) => type.replace('jonction.membership.v1.', ''));
}

test('an enrolment is one agent, the copy that rights are read from, and one event without the name', async () => {
  const { service, memberId, agentId } = await withAgent();
  await using _ = service;
  expect(
    await service.db.query('select agent_id, member_id, display_name from agent where subject = $1', ['somebody']),
  ).toEqual([{ agent_id: agentId, member_id: memberId, display_name: 'Some Body' }]);
  expect(await service.db.query('select member_id from access_agent where agent_id = $1', [agentId])).toEqual([
    { member_id: memberId },
  ]);
  expect(await storyOf(service, agentId)).toEqual(['AgentEnrolled']);
  const told = await service.db.query(`select from outbox where body like '%Some Body%'`);
  expect(told, 'personal data is never on the bus').toEqual([]);
});

test('a person is enrolled once with an operator, even when two try at the same time', async () => {
  const { service, memberId, other } = await withMember();
  await using _ = service;
  const calls = [service.ask, other].map((ask) => enrol(ask, memberId, 'somebody'));
  expect(await outcomesOf(calls)).toEqual(['SUBJECT_ENROLLED', 'done']);
  expect(await service.db.query(`select from agent where subject = 'somebody'`)).toHaveLength(1);
  expect(await service.db.query(`select from outbox where body like '%somebody%'`)).toHaveLength(1);
});

test('a role is given once and taken back once, even when two try at the same time; given again it is another entitlement', async () => {
  const { service, agentId, other } = await withAgent();
  await using _ = service;
  for (let round = 1; round <= 2; round++) {
    const grants = [service.ask, other].map((ask) => grant(ask, agentId, 'ROLE_BUYER'));
    expect(await outcomesOf(grants)).toEqual(['ROLE_GRANTED', 'done']);
    const revocations = [service.ask, other].map((ask) => revoke(ask, agentId, 'ROLE_BUYER'));
    expect(await outcomesOf(revocations)).toEqual(['ROLE_NOT_GRANTED', 'done']);
    expect(
      await service.db.query('select from entitlement where agent_id = $1 and revoked_at is not null', [agentId]),
    ).toHaveLength(round);
    expect(await service.db.query('select from entitlement where agent_id = $1', [agentId])).toHaveLength(round);
  }
  const round = ['EntitlementGranted', 'EntitlementRevoked'];
  expect(await storyOf(service, agentId)).toEqual(['AgentEnrolled', ...round, ...round]);
});

test('several roles given to one agent at once: all are, and its events are in order', async () => {
  const { service, agentId, other } = await withAgent();
  await using _ = service;
  const roles: Role[] = ['ROLE_BUYER', 'ROLE_READER', 'ROLE_MEMBER_ADMINISTRATOR'];
  const calls = roles.map((role, nth) => grant(nth % 2 ? other : service.ask, agentId, role));
  expect(await outcomesOf(calls)).toEqual(['done', 'done', 'done']);
  expect(await storyOf(service, agentId)).toEqual(['AgentEnrolled', ...roles.map(() => 'EntitlementGranted')]);
});

test('a right acts in the very next command, and so does its end', async () => {
  const { service, memberId, agentId } = await withAgent();
  await using _ = service;
  const list = () => service.ask('listAgents', { memberId }, { subject: 'somebody' });
  await expect(list()).rejects.toMatchObject({ reason: 'RIGHT_MISSING' });
  await grant(service.ask, agentId, 'ROLE_MEMBER_ADMINISTRATOR');
  expect((await list()).agents).toHaveLength(1);
  await revoke(service.ask, agentId, 'ROLE_MEMBER_ADMINISTRATOR');
  await expect(list()).rejects.toMatchObject({ reason: 'RIGHT_MISSING' });
});

test('an administrator of a member manages the agents of that member only', async () => {
  const { service, agentId } = await withAgent();
  await using _ = service;
  await grant(service.ask, agentId, 'ROLE_MEMBER_ADMINISTRATOR');
  const { member } = await service.ask('admitMember', {
    requestId: requestId(),
    kind: 'ORGANIZATION_KIND_COMMUNE',
    name: 'Beaune',
  });
  const stranger = await enrol(service.ask, member?.memberId ?? '', 'stranger');
  const as = { subject: 'somebody' };
  await expect(grant(service.ask, stranger, 'ROLE_READER', as)).rejects.toMatchObject({ reason: 'OTHER_MEMBER' });
  await expect(service.ask('listAgents', { memberId: member?.memberId ?? '' }, as)).rejects.toMatchObject({
    reason: 'OTHER_MEMBER',
  });
  await grant(service.ask, agentId, 'ROLE_READER', as);
  expect(await storyOf(service, stranger)).toEqual(['AgentEnrolled']);
});

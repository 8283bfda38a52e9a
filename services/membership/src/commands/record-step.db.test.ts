import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startJobs } from '@jonction/commands';
import {
  MembershipLifeServiceDefinition,
  MembershipServiceDefinition,
  TerritoryServiceDefinition,
} from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { eventually, requestId, type TestService, testService } from '@jonction/testing';
import { v4 as uuidv4 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { jobs } from '../jobs.ts';
import { lifeRpc, rpc, territoryRpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';
import { readManifests } from './manifest.ts';
import { welcomeOperators } from './welcome-operators.ts';

const definition = {
  ...MembershipServiceDefinition,
  methods: {
    ...MembershipServiceDefinition.methods,
    ...TerritoryServiceDefinition.methods,
    ...MembershipLifeServiceDefinition.methods,
  },
};
const parts = {
  name: 'membership',
  definition,
  tables,
  subscriptions,
  rpc: (...all: Parameters<typeof rpc>) => ({ ...rpc(...all), ...territoryRpc(...all), ...lifeRpc(...all) }),
};

type Service = TestService<typeof definition>;

/** The operators of the project, and a third one that is its manifest alone. */
const OPERATORS = ['bfc', 'idf', 'grand-sud'];

async function membership(): Promise<Service> {
  const service = await testService(parts);
  const folder = mkdtempSync(join(tmpdir(), 'jonction-operators-'));
  try {
    for (const id of ['bfc', 'idf']) copyFileSync(`${ROOT}/operators/${id}.yaml`, join(folder, `${id}.yaml`));
    writeFileSync(join(folder, 'grand-sud.yaml'), third());
    await welcomeOperators(service.database, readManifests(folder), new Date());
  } finally {
    rmSync(folder, { recursive: true });
  }
  return service;
}

/** Leaves nine months after it was asked, whatever the year; works only once admitted. */
function third(): string {
  return readFileSync(`${ROOT}/operators/idf.yaml`, 'utf8')
    .replace('id: idf', 'id: grand-sud')
    .replace('subject: idf-admin', 'subject: grand-sud-admin')
    .replace('notice_months: 3', 'notice_months: 9')
    .replace('effect: END_OF_BUDGET_YEAR', 'effect: END_OF_NOTICE')
    .replace('optional: [SIGNATURE, OPEN_DATA]', 'optional: []');
}

/** A caller of one operator, with what its tests do most. */
function at(service: Service, operator: string) {
  const as = { operator, subject: `${operator}-admin` };
  const ask: Service['ask'] = (method, request) => service.ask(method, request, as);
  const step = (memberId: string, kind: string, more: object = {}) =>
    ask('recordStep', {
      requestId: requestId(),
      memberId,
      kind: `STEP_KIND_${kind}` as never,
      decisionRef: 'CA-2026-14',
      effectiveOn: '2026-03-10',
      ...more,
    });
  return {
    ask,
    step,
    async known(name = 'Saint-Exemple', municipalPopulation = 900): Promise<string> {
      const memberId = uuidv4();
      const value = { kind: 'ORGANIZATION_KIND_COMMUNE', name, departementCode: '21', municipalPopulation };
      const change = { memberId, effectiveOn: '', change: { $case: 'registration', value } };
      await ask('recordChange', { requestId: requestId(), change });
      return memberId;
    },
    async stands(memberId: string, asOf = '') {
      return (await ask('getMember', { memberId, asOf })).member;
    },
  };
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { reason?: string }) => error.reason ?? String(error),
  );

test.each(OPERATORS)(
  '%s: from the application to the exclusion, each step has its day and its history',
  async (operator) => {
    await using service = await membership();
    const { ask, known, step, stands } = at(service, operator);
    const memberId = await known();
    await step(memberId, 'APPLICATION', { effectiveOn: '2026-01-05', decisionRef: '' });
    await step(memberId, 'APPROVAL', { effectiveOn: '2026-02-01' });
    const open = (await stands(memberId))?.services.length !== 0;
    expect(open).toBe(operator === 'bfc');
    await step(memberId, 'ADMISSION', { effectiveOn: '2026-03-01' });
    expect(await stands(memberId)).toMatchObject({ status: 'MEMBER_STATUS_ACTIVE', admittedOn: '2026-03-01' });
    expect((await stands(memberId))?.services).toHaveLength(3);
    await step(memberId, 'SUSPENSION', { effectiveOn: '2026-04-01' });
    await step(memberId, 'REINSTATEMENT', { effectiveOn: '2026-05-01', decisionRef: '' });
    await step(memberId, 'EXCLUSION', { effectiveOn: '2026-06-01' });
    const { steps } = await ask('listSteps', { memberId });
    expect(steps.map(({ kind, effectiveOn }) => `${kind.replace('STEP_KIND_', '')} ${effectiveOn}`)).toEqual([
      'APPLICATION 2026-01-05',
      'APPROVAL 2026-02-01',
      'ADMISSION 2026-03-01',
      'SUSPENSION 2026-04-01',
      'REINSTATEMENT 2026-05-01',
      'EXCLUSION 2026-06-01',
    ]);
    const seen = async (day: string) => (await stands(memberId, day))?.status.replace('MEMBER_STATUS_', '');
    expect([
      await seen('2026-01-04'),
      await seen('2026-02-15'),
      await seen('2026-04-30'),
      await seen('2026-05-01'),
    ]).toEqual(['PROSPECT', 'APPROVED', 'SUSPENDED', 'ACTIVE']);
    expect(await seen('2026-07-01')).toBe('EXCLUDED');
    const told = await service.db.query<{ type: string }>(
      `select type from outbox where operator = '${operator}' and member_id = '${memberId}' order by position`,
    );
    expect(told.map(({ type }) => type.split('.').at(-1))).toEqual([
      ...['OrganizationRegistered', 'ApplicationReceived', 'ApplicationApproved', 'MemberAdmitted'],
      ...['MemberSuspended', 'MemberReinstated', 'MemberExcluded'],
    ]);
  },
);

test('a member leaves when its operator’s manifest says, and by itself', async () => {
  await using service = await membership();
  const days: string[] = [];
  for (const operator of OPERATORS) {
    const { known, step, stands } = at(service, operator);
    const memberId = await known();
    await step(memberId, 'ADMISSION', { effectiveOn: '2020-01-01' });
    await step(memberId, 'WITHDRAWAL_REQUEST', { effectiveOn: '2025-02-10' });
    const asked = await stands(memberId);
    expect(asked).toMatchObject({ status: 'MEMBER_STATUS_WITHDRAWING' });
    days.push(asked?.leavesOn ?? '');
  }
  expect(days).toEqual(['2026-01-01', '2026-01-01', '2025-11-10']);
  await using parts = new AsyncDisposableStack();
  parts.use(startJobs(service.database, service.db.jobsUrl, jobs));
  await eventually(async () => {
    const left = await service.db.query("select operator from member where status = 'MEMBER_STATUS_WITHDRAWN'");
    expect(left).toHaveLength(OPERATORS.length);
  });
  const steps = await service.db.query<{ day: string; by: string }>(
    "select effective_on::text as day, recorded_by_agent_id as by from membership_step where kind = 'STEP_KIND_WITHDRAWAL' order by 1",
  );
  expect(steps).toEqual([
    { day: '2025-11-10', by: '' },
    { day: '2026-01-01', by: '' },
    { day: '2026-01-01', by: '' },
  ]);
});

test('who is to leave may stay, and is a member to the last day until then', async () => {
  await using service = await membership();
  const { known, step, stands } = at(service, 'bfc');
  const memberId = await known();
  await step(memberId, 'ADMISSION');
  await step(memberId, 'WITHDRAWAL_REQUEST');
  expect(await stands(memberId)).toMatchObject({ leavesOn: '2027-01-01', status: 'MEMBER_STATUS_WITHDRAWING' });
  await step(memberId, 'SUSPENSION');
  await step(memberId, 'REINSTATEMENT');
  expect((await stands(memberId))?.status).toBe('MEMBER_STATUS_WITHDRAWING');
  await step(memberId, 'WITHDRAWAL_CANCELLATION');
  expect(await stands(memberId)).toMatchObject({ leavesOn: '', status: 'MEMBER_STATUS_ACTIVE' });
});

test('a role is given in a service subscribed, and taken back with it', async () => {
  await using service = await membership();
  const { ask, known, step } = at(service, 'bfc');
  const memberId = await known();
  await step(memberId, 'ADMISSION');
  const { agent } = await ask('enrolAgent', { requestId: requestId(), memberId, subject: 'x', displayName: 'Agent' });
  const role = 'ROLE_TRANSMITTER' as const;
  const grant = () => ask('grantEntitlement', { requestId: requestId(), agentId: agent?.agentId ?? '', role });
  await grant();
  const service_ = 'SUBSCRIBED_SERVICE_TELETRANSMISSION' as const;
  await step(memberId, 'UNSUBSCRIPTION', { service: service_ });
  expect(
    await service.db.query(
      'select from entitlement where revoked_at is null and agent_id = (select agent_id from agent where subject = $$x$$)',
    ),
  ).toHaveLength(0);
  expect(await reasonOf(grant())).toBe('SERVICE_NOT_SUBSCRIBED');
  await step(memberId, 'SUBSCRIPTION', { service: service_ });
  expect(await reasonOf(grant())).toBe('done');
});

test('who votes, where and with how much, is as the manifest says, on any day', async () => {
  await using service = await membership();
  const { ask, known, step } = at(service, 'bfc');
  for (const [population, on] of [
    [900, '2024-01-01'],
    [20_000, '2024-01-01'],
    [20_001, '2025-01-01'],
  ] as const) {
    const memberId = await known('Saint-Exemple', population);
    await step(memberId, 'ADMISSION', { effectiveOn: on });
    if (population === 900) await step(memberId, 'SUSPENSION', { effectiveOn: '2026-01-01' });
  }
  const communes = async (asOf: string) => (await ask('listVotes', { asOf })).colleges[0];
  expect(await communes('2024-06-01')).toMatchObject({ collegeId: 'communes', members: 2, votes: 3 });
  expect(await communes('2025-06-01')).toMatchObject({ members: 3, votes: 7 });
  expect(await communes('2026-06-01')).toMatchObject({ members: 2, votes: 6 });
  const first = await ask('listVotes', { asOf: '2025-06-01', pageSize: 2 });
  const second = await ask('listVotes', { asOf: '2025-06-01', pageSize: 2, pageToken: first.nextPageToken });
  expect([first.voters.length, second.voters.length, second.nextPageToken]).toEqual([2, 1, '']);
});

test('a step that does not fit is refused with its reason, and nothing is written', async () => {
  await using service = await membership();
  const { known, step } = at(service, 'bfc');
  const known_ = await known();
  const member = await known();
  await step(member, 'ADMISSION');
  const thirdKnows = at(service, 'grand-sud');
  const ofThird = await thirdKnows.known();
  await thirdKnows.step(ofThird, 'ADMISSION');
  const before = await service.db.query('select * from membership_step');
  const asked: [string, () => Promise<unknown>][] = [
    ['STEP_UNFIT', () => step(known_, 'SUSPENSION')],
    ['STEP_UNFIT', () => step(known_, 'APPROVAL')],
    ['STEP_UNFIT', () => step(member, 'APPLICATION')],
    ['STEP_UNFIT', () => step(member, 'REINSTATEMENT')],
    ['STEP_UNFIT', () => step(member, 'WITHDRAWAL_CANCELLATION')],
    ['DATES_CONTRADICT', () => step(member, 'SUSPENSION', { effectiveOn: '2026-03-09' })],
    ['DAY_TO_COME', () => step(member, 'SUSPENSION', { effectiveOn: '2999-01-01' })],
    ['FIELD_INVALID', () => step(member, 'SUSPENSION', { decisionRef: '' })],
    ['FIELD_INVALID', () => step(member, 'SUSPENSION', { decisionRef: 'décision du maire' })],
    ['FIELD_INVALID', () => step(member, 'WITHDRAWAL')],
    ['FIELD_INVALID', () => step(member, 'SUBSCRIPTION')],
    ['FIELD_INVALID', () => step(member, 'SUSPENSION', { service: 'SUBSCRIBED_SERVICE_OPEN_DATA' })],
    ['SERVICE_SUBSCRIBED', () => step(member, 'SUBSCRIPTION', { service: 'SUBSCRIBED_SERVICE_PROCUREMENT' })],
    ['SERVICE_NOT_SUBSCRIBED', () => step(member, 'UNSUBSCRIPTION', { service: 'SUBSCRIBED_SERVICE_SIGNATURE' })],
    [
      'SERVICE_NOT_OFFERED',
      () => thirdKnows.step(ofThird, 'SUBSCRIPTION', { service: 'SUBSCRIBED_SERVICE_SIGNATURE' }),
    ],
    ['NOT_FOUND', () => thirdKnows.step(member, 'SUSPENSION')],
  ];
  for (const [reason, call] of asked) expect(await reasonOf(call())).toBe(reason);
  expect(await service.db.query('select * from membership_step')).toEqual(before);
});

test('a manifest with an unknown key, a wrong value or a band that is missing stops the start and says where', async () => {
  await using service = await testService(parts);
  const good = readFileSync(`${ROOT}/operators/bfc.yaml`, 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'jonction-operators-'));
  mkdirSync(folder, { recursive: true });
  const said = async (text: string, file = 'bfc.yaml') => {
    writeFileSync(join(folder, file), text);
    const error = await Promise.resolve()
      .then(() => welcomeOperators(service.database, readManifests(folder), new Date()))
      .then(
        () => new Error('started'),
        (reason: Error) => reason,
      );
    rmSync(join(folder, file));
    return error.message;
  };
  try {
    expect(await said(`${good}\ncontributions: 3\n`)).toMatch(/bfc\.yaml[\s\S]*contributions/);
    expect(await said(good.replace('notice_months', 'notice_month'))).toMatch(/notice_month[\s\S]*withdrawal/);
    expect(await said(good.replace('notice_months: 3', 'notice_months: -1'))).toContain('withdrawal.notice_months');
    expect(await said(good.replace('Europe/Paris', 'Europe/Dijon'))).toContain('time_zone');
    expect(await said(good.replace('{ up_to: 20000, votes: 2 }', '{ up_to: 3000, votes: 2 }'))).toContain(
      'bands that rise',
    );
    expect(await said(good.replace('[EPCI, EPT', '[COMMUNE, EPT'))).toContain('one college at most');
    expect(await said(good, 'other.yaml')).toContain('name the file bfc.yaml');
    expect(await service.db.query('select * from operator_rules')).toEqual([]);
    expect(await said(good)).toBe('started');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

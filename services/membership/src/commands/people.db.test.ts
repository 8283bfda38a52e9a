import { startJobs } from '@jonction/commands';
import {
  MembershipLifeServiceDefinition,
  MembershipServiceDefinition,
  PeopleServiceDefinition,
  TerritoryServiceDefinition,
} from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { eventually, requestId, type TestService, testService } from '@jonction/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { jobs } from '../jobs.ts';
import { lifeRpc, peopleRpc, rpc, territoryRpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';
import { readManifests } from './manifest.ts';
import { welcomeOperators } from './welcome-operators.ts';

const definition = {
  ...MembershipServiceDefinition,
  methods: {
    ...MembershipServiceDefinition.methods,
    ...TerritoryServiceDefinition.methods,
    ...MembershipLifeServiceDefinition.methods,
    ...PeopleServiceDefinition.methods,
  },
};
const parts = {
  name: 'membership',
  definition,
  tables,
  subscriptions,
  rpc: (...all: Parameters<typeof rpc>) => ({
    ...rpc(...all),
    ...territoryRpc(...all),
    ...lifeRpc(...all),
    ...peopleRpc(...all),
  }),
};

let service: TestService<typeof definition>;
beforeAll(async () => {
  service = await testService(parts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
});
afterAll(() => service[Symbol.asyncDispose]());

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY);
const ask: TestService<typeof definition>['ask'] = (method, request, as) =>
  service.ask(method, { requestId: requestId(), ...request } as never, as);

let drawn = 0;
async function agentOf(memberId: string): Promise<string> {
  const subject = `person-${++drawn}`;
  return (await ask('enrolAgent', { memberId, subject, displayName: `Person ${drawn}` })).agent?.agentId ?? '';
}

/** A commune with some agents. */
async function commune(people = 3, kind = 'ORGANIZATION_KIND_COMMUNE' as const) {
  const { member } = await ask('admitMember', { kind, name: 'Saint-Exemple', departementCode: '21' });
  const memberId = member?.memberId ?? '';
  const agents: string[] = [];
  for (let n = 0; n < people; n++) agents.push(await agentOf(memberId));
  return { memberId, agents: agents as [string, string, string] };
}

type Function = 'MAYOR' | 'PRESIDENT' | 'DEPUTY_MAYOR' | 'COUNCILLOR';
async function mandate(memberId: string, agentId: string, name: Function = 'MAYOR', term: object = {}) {
  const asked = { memberId, agentId, function: `MANDATE_FUNCTION_${name}` as const, term };
  return (await ask('recordMandate', asked)).mandate?.mandateId ?? '';
}

const delegate = async (mandateId: string, agentId: string, more: object = {}) =>
  (await ask('grantSigningDelegation', { mandateId, agentId, orderRef: 'AR-2026-031', ...more })).delegation;

const end = (mandateId: string, endedAt?: Date) =>
  ask('endMandate', { mandateId, cause: 'MANDATE_END_CAUSE_RESIGNATION', endedAt });

async function verdict(agentId: string, more: object = {}): Promise<string> {
  const nature = 'ACT_NATURE_DELIBERATION';
  const said = await ask('checkSigningRight', { agentId, nature, ...more });
  expect(said.maySign).toBe(said.mandateId !== '');
  return said.verdict.replace('SIGNING_VERDICT_', '');
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { reason?: string }) => error.reason ?? String(error),
  );

/** What is kept of a member's people, and what was told of it. */
const traces = () =>
  service.db.query(`select (select count(*)::int from mandate) as mandates, (select count(*)::int from outbox) as events,
    (select count(*)::int from mandate where end_cause <> 'MANDATE_END_CAUSE_UNSPECIFIED') as ended,
    (select count(*)::int from signing_delegation) as delegations`);

/** Each call is refused for its reason, and leaves nothing. */
async function refused(reason: string, ...calls: (() => Promise<unknown>)[]): Promise<void> {
  const before = await traces();
  for (const call of calls) expect(await reasonOf(call())).toBe(reason);
  expect(await traces()).toEqual(before);
}

const storyOf = async (aggregateId: string) =>
  (
    await service.db.query<{ type: string }>('select type from outbox where aggregate_id = $1 order by seq', [
      aggregateId,
    ])
  ).map(({ type }) => type.split('.').at(-1));

test('a mayor signs everything from the first instant of the mandate to the last, and not before or after', async () => {
  const { memberId, agents } = await commune();
  const [startsAt, endsAt] = [inDays(-10), inDays(10)];
  const mandateId = await mandate(memberId, agents[0], 'MAYOR', { startsAt, endsAt });
  const at = (time: Date, by: number) =>
    verdict(agents[0], { at: new Date(time.getTime() + by), amountCents: 10n ** 14n });
  expect(await Promise.all([at(startsAt, -1), at(startsAt, 0), at(endsAt, -1), at(endsAt, 0)])).toEqual([
    'NO_TITLE',
    'BY_RIGHT',
    'BY_RIGHT',
    'NO_TITLE',
  ]);
  expect(await verdict(agents[0])).toBe('BY_RIGHT');
  await end(mandateId);
  expect(await verdict(agents[0])).toBe('NO_TITLE');
  expect(await verdict(agents[0], { at: inDays(-1) })).toBe('BY_RIGHT');
  expect(await storyOf(mandateId)).toEqual(['MandateStarted', 'MandateEnded']);
});

test('the days of a term begin at midnight by the operator’s clock, and the last one is whole', async () => {
  const { memberId, agents } = await commune();
  const term = { startsOn: '2026-03-28', endsOn: '2026-03-29' };
  await mandate(memberId, agents[0], 'MAYOR', term);
  const at = (instant: string) => verdict(agents[0], { at: new Date(instant) });
  // The clock is put forward in that night: the first midnight is UTC+1, the last one UTC+2.
  expect(await at('2026-03-27T22:59:59.999Z')).toBe('NO_TITLE');
  expect(await at('2026-03-27T23:00:00Z')).toBe('BY_RIGHT');
  expect(await at('2026-03-29T21:59:59.999Z')).toBe('BY_RIGHT');
  expect(await at('2026-03-29T22:00:00Z')).toBe('NO_TITLE');
});

test('others sign by delegation: of that nature, up to that amount, while it and its mandate hold', async () => {
  const { memberId, agents } = await commune();
  const [mayor, deputy, director] = agents;
  const mandateId = await mandate(memberId, mayor, 'MAYOR', { startsAt: inDays(-10) });
  await mandate(memberId, deputy, 'DEPUTY_MAYOR', { startsAt: inDays(-10) });
  expect(await verdict(deputy)).toBe('NO_TITLE');
  const natures = ['ACT_NATURE_CONTRACT', 'ACT_NATURE_DELIBERATION'];
  const given = await delegate(mandateId, deputy, { natures, maxAmountCents: 5_000_000n });
  const whole = await delegate(mandateId, director);
  expect(await verdict(deputy, { amountCents: 5_000_000n })).toBe('BY_DELEGATION');
  expect(await verdict(deputy, { amountCents: 5_000_001n })).toBe('AMOUNT_TOO_HIGH');
  expect(await verdict(deputy, { nature: 'ACT_NATURE_BUDGET' })).toBe('OTHER_NATURE');
  expect(await verdict(deputy, { nature: 'ACT_NATURE_UNSPECIFIED' })).toBe('OTHER_NATURE');
  expect(await verdict(director, { nature: 'ACT_NATURE_UNSPECIFIED' })).toBe('BY_DELEGATION');
  await ask('revokeSigningDelegation', { delegationId: given?.delegationId ?? '' });
  expect(await verdict(deputy)).toBe('NO_TITLE');
  await end(mandateId);
  expect(await verdict(director)).toBe('NO_TITLE');
  expect(await verdict(director, { at: inDays(-1) })).toBe('NO_TITLE');
  expect(await storyOf(given?.delegationId ?? '')).toEqual(['SigningDelegationGranted', 'SigningDelegationRevoked']);
  expect(await storyOf(whole?.delegationId ?? '')).toEqual(['SigningDelegationGranted']);
});

test('dates that contradict, a function twice, two executives, and agents of elsewhere are refused, and nothing is left', async () => {
  const { memberId, agents } = await commune();
  const other = await commune();
  const [startsAt, endsAt] = [inDays(-10), inDays(10)];
  const mayor = await mandate(memberId, agents[0], 'MAYOR', { startsAt, endsAt });
  await mandate(memberId, agents[1], 'COUNCILLOR', { startsAt });
  await refused(
    'ENDS_BEFORE_START',
    () => mandate(memberId, agents[2], 'COUNCILLOR', { startsAt, endsAt: startsAt }),
    () => mandate(memberId, agents[2], 'COUNCILLOR', { startsAt: endsAt, endsAt: startsAt }),
    () => mandate(memberId, agents[2], 'COUNCILLOR', { startsOn: '2026-05-02', endsOn: '2026-05-01' }),
    () => end(mayor, inDays(-11)),
  );
  await refused('MANDATE_OVERLAPS', () => mandate(memberId, agents[1], 'COUNCILLOR', { startsAt: endsAt }));
  await refused('EXECUTIVE_IN_OFFICE', () => mandate(memberId, agents[1], 'MAYOR', { startsAt: inDays(9) }));
  await refused('AGENT_OF_ANOTHER_MEMBER', () => mandate(memberId, other.agents[0], 'COUNCILLOR'));
  await refused('FUNCTION_UNFIT', () => mandate(memberId, agents[2], 'PRESIDENT'));
  await refused('DAY_TO_COME', () => end(mayor, inDays(1)));
  await refused(
    'NOT_FOUND',
    () => mandate(memberId, memberId),
    () => end(memberId),
  );
  await refused('FIELD_INVALID', () =>
    mandate(memberId, agents[2], 'COUNCILLOR', { startsAt, startsOn: '2026-05-02' }),
  );
  // The same instant is the end of one and the start of the next.
  await mandate(memberId, agents[1], 'MAYOR', { startsAt: endsAt });
  await end(mayor);
  await refused('MANDATE_OVER', () => end(mayor));
});

test('a delegation by who may not give it, beyond its mandate, to oneself or to an agent of elsewhere is refused', async () => {
  const { memberId, agents } = await commune();
  const other = await commune();
  const [startsAt, endsAt] = [inDays(-10), inDays(10)];
  const mayor = await mandate(memberId, agents[0], 'MAYOR', { startsAt, endsAt });
  const deputy = await mandate(memberId, agents[1], 'DEPUTY_MAYOR', { startsAt });
  const within = (term: object) => () => delegate(mayor, agents[2], { term });
  await refused('DELEGATOR_UNFIT', () => delegate(deputy, agents[2]));
  await refused(
    'DELEGATION_BEYOND_MANDATE',
    within({ startsAt: inDays(-11) }),
    within({ startsAt: endsAt }),
    within({ startsAt, endsAt: new Date(endsAt.getTime() + 1) }),
  );
  await refused('ENDS_BEFORE_START', within({ startsAt, endsAt: startsAt }));
  await refused('AGENT_OF_ANOTHER_MEMBER', () => delegate(mayor, other.agents[0]));
  await refused('DELEGATE_IS_DELEGATOR', () => delegate(mayor, agents[0]));
  await refused(
    'FIELD_INVALID',
    () => delegate(mayor, agents[2], { orderRef: '' }),
    () => delegate(mayor, agents[2], { maxAmountCents: -1n }),
    () => delegate(mayor, agents[2], { natures: ['ACT_NATURE_BUDGET', 'ACT_NATURE_BUDGET'] }),
  );
  const whole = await delegate(mayor, agents[2], { term: { startsAt, endsAt } });
  const revoke = () => ask('revokeSigningDelegation', { delegationId: whole?.delegationId ?? '' });
  await end(mayor);
  await refused('MANDATE_OVER', () => delegate(mayor, agents[2]));
  await refused('DELEGATION_OVER', revoke);
});

test('of two mayors recorded at the same time one is, and of two ends one is', async () => {
  const { memberId, agents } = await commune();
  const replica = await service.replica();
  const asks = [service.ask, replica];
  const outcomes = async (calls: Promise<unknown>[]) => (await Promise.all(calls.map(reasonOf))).sort();
  const record = { memberId, function: 'MANDATE_FUNCTION_MAYOR' } as const;
  expect(
    await outcomes(
      asks.map((one, nth) => one('recordMandate', { requestId: requestId(), agentId: agents[nth] ?? '', ...record })),
    ),
  ).toEqual(['EXECUTIVE_IN_OFFICE', 'done']);
  const { mandates } = await ask('listMandates', { memberId });
  const [{ mandateId = '' } = {}] = mandates;
  expect(mandates).toHaveLength(1);
  const ending = { mandateId, cause: 'MANDATE_END_CAUSE_DEATH' } as const;
  expect(await outcomes(asks.map((one) => one('endMandate', { requestId: requestId(), ...ending })))).toEqual([
    'MANDATE_OVER',
    'done',
  ]);
  expect(await storyOf(mandateId)).toEqual(['MandateStarted', 'MandateEnded']);
});

test('an administrator of a member does so for that member only, and reads of no other', async () => {
  const { memberId, agents } = await commune();
  const other = await commune();
  const foreign = await mandate(other.memberId, other.agents[0]);
  await ask('grantEntitlement', { agentId: agents[0], role: 'ROLE_MEMBER_ADMINISTRATOR' });
  const { agents: listed } = await ask('listAgents', { memberId });
  const as = { subject: listed.find(({ agentId }) => agentId === agents[0])?.subject ?? '' };
  const function_ = 'MANDATE_FUNCTION_COUNCILLOR' as const;
  await refused(
    'OTHER_MEMBER',
    () => ask('recordMandate', { memberId: other.memberId, agentId: other.agents[1], function: function_ }, as),
    () => ask('endMandate', { mandateId: foreign, cause: 'MANDATE_END_CAUSE_DEATH' }, as),
    () => ask('grantSigningDelegation', { mandateId: foreign, agentId: other.agents[1], orderRef: 'A' }, as),
    () => ask('appointRepresentative', { memberId: other.memberId, titularAgentId: other.agents[1] }, as),
    () => ask('checkSigningRight', { agentId: other.agents[0] }, as),
    () => ask('listMandates', { memberId: other.memberId }, as),
  );
  expect(await reasonOf(ask('recordMandate', { memberId, agentId: agents[1], function: function_ }, as))).toBe('done');
  const { lines } = await ask('listSigningBoard', {}, as);
  expect(lines.map((line) => line.memberId)).toEqual([memberId]);
});

test('a body that is no more has no mandates: what was to come never comes', async () => {
  const { memberId, agents } = await commune();
  await mandate(memberId, agents[0], 'MAYOR', { startsAt: inDays(-10), endsAt: inDays(10) });
  await mandate(memberId, agents[1], 'MAYOR', { startsAt: inDays(10) });
  const effectiveOn = inDays(-1).toISOString().slice(0, 10);
  await ask('recordChange', { change: { memberId, effectiveOn, change: { $case: 'cessation', value: {} } } });
  expect(await verdict(agents[0])).toBe('NO_TITLE');
  expect(await verdict(agents[0], { at: inDays(-5) })).toBe('BY_RIGHT');
  expect(await verdict(agents[1], { at: inDays(20) })).toBe('NO_TITLE');
  await refused('BODY_CEASED', () => mandate(memberId, agents[0]));
});

test('who votes is told with the votes: the last appointed until that day, one of the member, with another as substitute', async () => {
  const { memberId, agents } = await commune();
  const other = await commune(1);
  const appoint = (more: object) => ask('appointRepresentative', { memberId, titularAgentId: agents[0], ...more });
  const voterOn = async (asOf: string) =>
    (await ask('listVotes', { asOf, pageSize: 500 })).voters.find((voter) => voter.memberId === memberId);
  await ask('recordStep', { memberId, kind: 'STEP_KIND_SUSPENSION', decisionRef: 'CA-1' });
  await ask('recordStep', { memberId, kind: 'STEP_KIND_REINSTATEMENT' });
  const today = new Date().toISOString().slice(0, 10);
  expect(await voterOn(today)).toMatchObject({ titularAgentId: '', substituteAgentId: '' });
  const { appointmentId } = await appoint({ effectiveOn: '2026-01-05', substituteAgentId: agents[1] });
  await appoint({ effectiveOn: today, titularAgentId: agents[2] });
  await refused('DATES_CONTRADICT', () => appoint({ effectiveOn: '2026-01-06' }));
  await refused('SUBSTITUTE_IS_TITULAR', () => appoint({ substituteAgentId: agents[0] }));
  await refused('AGENT_OF_ANOTHER_MEMBER', () => appoint({ substituteAgentId: other.agents[0] }));
  expect(await voterOn(today)).toMatchObject({ titularAgentId: agents[2], substituteAgentId: '' });
  expect(await storyOf(appointmentId)).toEqual(['RepresentativeAppointed']);
});

test('the end of a delegation is told 30, 7 and 1 days before, once each, and not of one that is over', async () => {
  const { memberId, agents } = await commune();
  const mayor = await mandate(memberId, agents[0], 'MAYOR', { startsAt: inDays(-400), endsAt: inDays(400) });
  const given = async (endsAt?: Date) =>
    (await delegate(mayor, agents[1], { term: { startsAt: inDays(-300), endsAt } }))?.delegationId ?? '';
  const ids = [
    await given(inDays(31)),
    await given(inDays(20)),
    await given(inDays(3)),
    await given(inDays(0.5)),
    await given(),
  ];
  const jobsOf = async (id: string) =>
    (
      await service.db.query<{ days: number }>(
        `select round(extract(epoch from j.run_at - now()) / 86400)::int as days from graphile_worker._private_jobs j
         where j.key = $1`,
        [`expiring ${id}`],
      )
    ).map(({ days }) => days);
  expect(await Promise.all(ids.map(jobsOf))).toEqual([[1], [13], [2], [], [370]]);
  // Time does not pass for a test: the ends come nearer instead.
  const warned = async (id: string, days: number) => {
    await service.db.query('update signing_delegation set ends_at = $2 where delegation_id = $1', [id, inDays(days)]);
    await service.db.query('update graphile_worker._private_jobs set run_at = now() where key = $1', [
      `expiring ${id}`,
    ]);
  };
  await using _ = startJobs(service.database, service.db.jobsUrl, jobs);
  const told = async (id: string) =>
    (
      await service.db.query<{ days: number }>(
        `select (body::json->>'daysLeft')::int as days from outbox where type like '%Expiring' and aggregate_id = $1 order by seq`,
        [id],
      )
    ).map(({ days }) => days);
  const [first = '', second = '', third = ''] = ids;
  await ask('revokeSigningDelegation', { delegationId: third });
  await warned(third, 1);
  for (const [days, all] of [
    [29, [30]],
    [28, [30]],
    [7, [30, 7]],
    [0.9, [30, 7, 1]],
  ] as const) {
    await warned(first, days);
    await eventually(async () => expect(await told(first)).toEqual(all));
    await eventually(async () => expect(await jobsOf(first)).not.toContain(0));
  }
  await warned(second, 0.9);
  await eventually(async () => expect(await told(second)).toEqual([1]));
  expect(await told(third)).toEqual([]);
});

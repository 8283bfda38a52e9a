import { randomUUID } from 'node:crypto';
import { startJobs } from '@jonction/commands';
import {
  type ContributionSchedule,
  ContributionServiceDefinition,
  MembershipLifeServiceDefinition,
  MembershipServiceDefinition,
  type PriceBand,
  TerritoryServiceDefinition,
} from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { eventually, requestId, type TestService, testService } from '@jonction/testing';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { bands, COMMUNE, EPCI, item, SIGNATURE, schedule } from '../domain/sample-schedule.ts';
import { jobs } from '../jobs.ts';
import { contributionRpc, lifeRpc, rpc, territoryRpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';
import { readManifests } from './manifest.ts';
import { welcomeOperators } from './welcome-operators.ts';

const definition = {
  ...MembershipServiceDefinition,
  methods: {
    ...MembershipServiceDefinition.methods,
    ...TerritoryServiceDefinition.methods,
    ...MembershipLifeServiceDefinition.methods,
    ...ContributionServiceDefinition.methods,
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
    ...contributionRpc(...all),
  }),
};

type Service = TestService<typeof definition>;

/** Over, so that all of its days are past whenever this runs. */
const YEAR = new Date().getUTCFullYear() - 1;
const DUE = `${YEAR + 2}-03-31`;
/** Of a grouping, as INSEE publishes it. */
const GROUPING = '242100410';

const prices = bands([1_500, 5_200, 3_600], [0, 22_700, 15_800]);
/** Base services for 36,00 € to 158,00 €, the e-signature book for 12,00 €, and of both 20 % tax; 100,00 € to be a member. */
const voted = (more: Partial<ContributionSchedule> = {}): ContributionSchedule =>
  schedule({
    firstYear: 2020,
    items: [
      item('adhesion', { bands: bands([0, 10_000, 10_000]) }),
      item('base', {
        ...{ bands: prices, vat: 2_000, kind: 'BASE_OFFER' },
        services: [
          'SUBSCRIBED_SERVICE_PROCUREMENT',
          'SUBSCRIBED_SERVICE_TELETRANSMISSION',
          'SUBSCRIBED_SERVICE_DCE_LIBRARY',
        ],
      }),
      item('signature', { bands: bands([0, 1_200, 1_200]), vat: 2_000, kind: 'A_LA_CARTE', services: [SIGNATURE] }),
    ],
    ...more,
  });

async function membership(): Promise<Service> {
  const service = await testService(parts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
  return service;
}

/** A service with what its tests do most, as an operator's administrator. */
function at(service: Service, operator = 'bfc') {
  const as = { operator, subject: `${operator}-admin` };
  const ask: Service['ask'] = (method, request) => service.ask(method, request, as);
  return {
    ask,
    /** A member, admitted long ago unless another day is said; known to belong to a grouping when its SIREN is said. */
    async admit(more: { population?: number; on?: string; kind?: string; epciSiren?: string; siren?: string } = {}) {
      const { population = 900, on = '2019-05-01', kind = COMMUNE, epciSiren = '', siren = '' } = more;
      const memberId = randomUUID();
      const identifiers = siren ? [{ scheme: 'IDENTIFIER_SCHEME_SIREN' as const, value: siren }] : [];
      const about = { kind: kind as never, name: 'Saint-Exemple', departementCode: '21', identifiers };
      const value = { ...about, municipalPopulation: population, epciSiren };
      const change = { memberId, effectiveOn: '', change: { $case: 'registration', value } };
      await ask('recordChange', { requestId: requestId(), change });
      await ask('admitMember', {
        requestId: requestId(),
        memberId,
        ...about,
        municipalPopulation: population,
        admittedOn: on,
      });
      return memberId;
    },
    async adopt(content = voted(), replacesScheduleId = '') {
      const asked = { requestId: requestId(), schedule: content, replacesScheduleId, decisionRef: 'AG-2026-03' };
      return (await ask('adoptSchedule', asked)).schedule?.scheduleId ?? '';
    },
    assess: (scheduleId: string, more: object = {}) =>
      ask('assessContributions', { requestId: requestId(), year: YEAR, scheduleId, dueOn: DUE, ...more }),
    async explain(memberId: string, more: object = {}) {
      const { contribution } = await ask('explainContribution', { memberId, year: YEAR, ...more });
      return contribution;
    },
    async simulate(request: object) {
      const all = await ask('simulateSchedule', { year: YEAR, ...request });
      const last = all.at(-1)?.part;
      return {
        each: all.flatMap(({ part }) => (part?.$case === 'contribution' ? [part.value] : [])),
        summary: last?.$case === 'summary' ? last.value : undefined,
      };
    },
  };
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { reason?: string }) => error.reason ?? String(error),
  );

const contents = async ({ db }: Service) =>
  JSON.stringify(
    await Promise.all(
      ['contribution', 'contribution_schedule', 'member_size', 'outbox', 'graphile_worker._private_jobs'].map((table) =>
        db.query(`select t::text from ${table} t order by 1`),
      ),
    ),
  );

test('a year is assessed once for every member, with an event each, and what was fixed stays whatever changes since', async () => {
  await using service = await membership();
  const { ask, admit, adopt, assess, explain } = at(service);
  const small = await admit();
  const large = await admit({ population: 20_000, on: `${YEAR}-01-10` });
  const scheduleId = await adopt();
  expect(await assess(scheduleId)).toEqual({ assessed: 2, assessedBefore: 0, totalCents: 14_320n + 37_240n });
  const told = await service.db.query<{ body: string }>(
    "select body from outbox where type like '%ContributionAssessed'",
  );
  const bodies = told.map(({ body }) => JSON.parse(body)).toSorted((a, b) => a.totalCents - b.totalCents);
  expect(bodies).toMatchObject([
    { memberId: small, year: YEAR, totalCents: '14320', payers: [{ cents: '14320' }], dueOn: DUE },
    { memberId: large, totalCents: '37240', lines: [{ itemId: 'adhesion' }, { itemId: 'base', firstYear: true }] },
  ]);

  const before = await explain(small);
  await ask('recordChange', {
    requestId: requestId(),
    change: {
      ...{ memberId: small, effectiveOn: `${YEAR}-01-01` },
      change: { $case: 'populationRevision', value: { municipalPopulation: 9_000 } },
    },
  });
  const newcomer = await admit({ on: `${YEAR}-01-20` });
  expect(await assess(scheduleId, { dueOn: `${YEAR + 2}-06-30` })).toMatchObject({ assessed: 1, assessedBefore: 2 });
  expect(await assess(scheduleId)).toEqual({ assessed: 0, assessedBefore: 3, totalCents: 0n });
  expect(await explain(small)).toEqual(before);
  expect(await explain(newcomer)).toMatchObject({ totalCents: 16_240n, dueOn: `${YEAR + 2}-06-30` });
  // The frozen row cannot be changed by the service at all.
  const right = await service.db.query(
    "select has_column_privilege('membership_app', 'contribution', 'calculation', 'update') as may",
  );
  expect(right).toEqual([{ may: false }]);
});

test('two who assess at once fix each member once', async () => {
  await using service = await membership();
  const { admit, adopt } = at(service);
  const ids = await Promise.all(Array.from({ length: 12 }, () => admit()));
  const scheduleId = await adopt();
  const other = await service.replica();
  const asked = () => ({ requestId: requestId(), year: YEAR, scheduleId, dueOn: DUE });
  const answers = await Promise.all(
    [service.ask, other, service.ask, other].map((ask) => reasonOf(ask('assessContributions', asked()))),
  );
  expect(answers).toContain('done');
  for (const answer of answers) expect(['done', 'CONTRIBUTION_FIXED', 'CONFLICT']).toContain(answer);
  const rows = await service.db.query('select distinct member_id from contribution');
  expect(rows).toHaveLength(ids.length);
  const events = await service.db.query("select from outbox where type like '%ContributionAssessed'");
  expect(events).toHaveLength(ids.length);
});

test('facts count as they were on 1 January, or on the day of admission: inhabitants, services, staff, grouping', async () => {
  await using service = await membership();
  const { ask, admit, adopt, explain } = at(service);
  const commune = await admit({ on: '2019-05-01' });
  const step = (kind: string, effectiveOn: string) =>
    ask('recordStep', {
      ...{ requestId: requestId(), memberId: commune, kind: `STEP_KIND_${kind}` as never, effectiveOn },
      ...{ service: SIGNATURE, decisionRef: '' },
    });
  await step('SUBSCRIPTION', `${YEAR - 1}-05-01`);
  await step('UNSUBSCRIPTION', `${YEAR}-01-02`);
  await ask('recordChange', {
    requestId: requestId(),
    change: {
      ...{ memberId: commune, effectiveOn: `${YEAR}-01-02` },
      change: { $case: 'populationRevision', value: { municipalPopulation: 9_000 } },
    },
  });
  await adopt();
  const lines = async (year: number) =>
    (await explain(commune, { year }))?.lines.map(({ itemId, netCents }) => `${itemId} ${netCents}`);
  expect(await lines(YEAR - 1)).toEqual(['adhesion 10000', 'base 3600']);
  expect(await lines(YEAR)).toEqual(['adhesion 10000', 'base 3600', 'signature 1200']);
  // Of a year to come, the facts of today.
  expect(await lines(YEAR + 2)).toEqual(['adhesion 10000', 'base 15800']);
  expect(await reasonOf(explain(commune, { year: 2019 }))).toBe('NO_SCHEDULE');
  const newcomer = await admit({ on: `${YEAR}-01-05` });
  expect(await reasonOf(explain(newcomer, { year: YEAR - 1 }))).toBe('NO_MEMBER_THAT_YEAR');
  expect((await explain(newcomer))?.factsOn).toBe(`${YEAR}-01-05`);
});

test('who left in the year owes it with the services it had; who left before owes nothing', async () => {
  await using service = await membership();
  const { ask, admit, adopt, explain } = at(service);
  const commune = await admit();
  const step = (kind: string, effectiveOn: string, more: object = {}) =>
    ask('recordStep', {
      ...{ requestId: requestId(), memberId: commune, kind: `STEP_KIND_${kind}` as never, effectiveOn },
      ...{ decisionRef: 'AG-1', ...more },
    });
  await step('SUBSCRIPTION', `${YEAR - 1}-05-01`, { service: SIGNATURE });
  await step('EXCLUSION', `${YEAR}-01-03`);
  await adopt();
  expect((await explain(commune))?.lines.map(({ itemId }) => itemId)).toEqual(['adhesion', 'base', 'signature']);
  expect(await reasonOf(explain(commune, { year: YEAR + 1 }))).toBe('NO_MEMBER_THAT_YEAR');
});

test('a grouping that is a member pays for its communes; one that is none, or joined later, does not', async () => {
  await using service = await membership();
  const { ask, admit, adopt, explain, simulate } = at(service);
  const commune = await admit({ epciSiren: GROUPING });
  const elsewhere = await admit();
  const coverage = { kinds: [COMMUNE], itemIds: ['base'] } as ContributionSchedule['coverage'];
  await adopt(voted({ coverage }));
  expect((await explain(commune))?.lines[1]).toMatchObject({ coveredByMemberId: '', netCents: 3_600n });
  const grouping = await admit({ kind: EPCI, population: 60_000, siren: GROUPING, on: `${YEAR}-01-10` });
  expect((await explain(commune))?.lines[1]).toMatchObject({ coveredByMemberId: '', netCents: 3_600n });
  expect((await explain(commune, { year: YEAR + 1 }))?.lines[1]).toMatchObject({
    ...{ coveredByMemberId: grouping, netCents: 0n, listedCents: 3_600n },
  });
  const { each, summary } = await simulate({
    year: YEAR + 1,
    schedule: { $case: 'draft', value: voted({ firstYear: YEAR + 1, coverage: undefined }) },
  });
  const change = Object.fromEntries(each.map((one) => [one.memberId, one.differenceCents]));
  expect(change).toEqual({ [commune]: 4_320n, [elsewhere]: 0n, [grouping]: 0n });
  expect(summary).toMatchObject({ members: 3, winners: 0, losers: 1, unchanged: 2, untold: 0 });
  const steps = await ask('listSteps', { memberId: commune });
  expect(steps.steps).toHaveLength(1);
});

test('a simulation is what an assessment would fix, beside what the schedule of now gives, and writes nothing', async () => {
  await using service = await membership();
  const { ask, admit, adopt, assess, explain, simulate } = at(service);
  const [small, large, unknown] = [
    await admit(),
    await admit({ population: 9_000 }),
    await admit({ kind: 'ORGANIZATION_KIND_CCAS' }),
  ];
  await ask('recordSize', {
    requestId: requestId(),
    memberId: unknown,
    effectiveOn: `${YEAR}-01-01`,
    size: { staff: 12 },
  });
  const all = voted({ items: [item('adhesion', { bands: bands([0, 9_000, 9_000]) })] });
  const staff = all.items.map((one) => ({
    ...one,
    services: voted().items[1]?.services ?? [],
    tariffs: [
      ...one.tariffs,
      {
        kinds: ['ORGANIZATION_KIND_CCAS' as const],
        basis: 'CONTRIBUTION_BASIS_STAFF' as const,
        bands: bands([12, 100, 100], [0, 200, 200]),
      },
    ],
  }));
  const draft = { ...all, firstYear: YEAR, items: staff };
  const now = await adopt(voted({ lastYear: YEAR - 1 }));
  const before = await contents(service);
  const { each, summary } = await simulate({ schedule: { $case: 'draft', value: draft } });
  expect(await contents(service)).toBe(before);
  const of = (memberId: string) => each.find((one) => one.memberId === memberId);
  expect(of(small)).toMatchObject({ beforeCents: 14_320n, afterCents: 9_000n, differenceCents: -5_320n });
  expect(of(large)).toMatchObject({ beforeCents: 28_960n, afterCents: 9_000n });
  expect(of(unknown)).toMatchObject({ afterCents: 100n, problemBefore: 'CONTRIBUTION_PROBLEM_KIND_UNPRICED' });
  expect(summary).toMatchObject({ members: 3, winners: 2, losers: 0, untold: 1, baselineScheduleId: now });
  expect(summary?.afterCents).toBe(18_000n);
  const adopted = await adopt(draft);
  await assess(adopted);
  for (const { memberId, afterCents } of each) expect((await explain(memberId))?.totalCents).toBe(afterCents);
  const again = await simulate({ schedule: { $case: 'scheduleId', value: now }, baselineScheduleId: adopted });
  expect(again.each.find((one) => one.memberId === small)).toMatchObject({ differenceCents: 5_320n });
});

test('what is paid is said part by part, and what is not paid after the last day is said to be late, once', async () => {
  await using service = await membership();
  const { ask, admit, adopt, assess, explain } = at(service);
  const [paid, half, late] = [await admit(), await admit(), await admit()];
  const share = { payerId: 'syndicat', name: 'A syndicat', siren: '', shareBasisPoints: 5_000, firstYear: YEAR };
  const thirdParties = [{ ...share, years: 3, departementCodes: [], memberIds: [paid, half] }];
  const today = new Date().toISOString().slice(0, 10);
  await assess(await adopt(voted({ thirdParties })));
  const settle = (memberId: string, payerId: string) =>
    ask('settleContribution', { requestId: requestId(), memberId, year: YEAR, payerId, settledOn: today });
  await settle(paid, '');
  const { contribution } = await settle(paid, 'syndicat');
  expect(contribution).toMatchObject({ settledOn: today, payers: [{ settledOn: today }, { settledOn: today }] });
  await settle(half, 'syndicat');
  expect(await reasonOf(settle(half, 'syndicat'))).toBe('PART_SETTLED');
  expect(await reasonOf(settle(late, 'syndicat'))).toBe('NO_SUCH_PAYER');

  // As if the last day had been in the past when they were fixed: the job finds it over.
  await service.db.query("update contribution set due_on = '2026-01-31'");
  await service.db.query(
    `update graphile_worker._private_jobs set run_at = now(), payload = jsonb_set(payload::jsonb, '{dueOn}', '"2026-01-31"')::json`,
  );
  await using running = new AsyncDisposableStack();
  running.use(startJobs(service.database, service.db.jobsUrl, jobs));
  const overdue = () =>
    service.db.query<{ body: string }>(
      "select body from outbox where type like '%ContributionOverdue' order by position",
    );
  await eventually(async () => expect(await overdue()).toHaveLength(2));
  await eventually(async () => expect(await service.db.query('select from graphile_worker._private_jobs')).toEqual([]));
  const owed = (await overdue()).map(({ body }) => JSON.parse(body));
  expect(Object.fromEntries(owed.map((one) => [one.memberId, one.remainingCents]))).toEqual({
    [half]: '7160',
    [late]: '14320',
  });
  // Late, and still a member like others: people decide what follows.
  expect((await ask('getMember', { memberId: late })).member?.status).toBe('MEMBER_STATUS_ACTIVE');
  await settle(late, '');
  expect(await explain(late)).toMatchObject({ settledOn: today });
});

test('a size is read as of a day, and recorded in the order of its days', async () => {
  await using service = await membership();
  const { ask, admit } = at(service);
  const memberId = await admit();
  const size = async (effectiveOn: string, what: object) =>
    ask('recordSize', { requestId: requestId(), memberId, effectiveOn, size: what });
  await size('2024-01-01', { staff: 12, budgetEuros: 1_000_000n });
  await size('2025-01-01', { staff: 14 });
  await size('2025-01-01', { staff: 15 });
  const on = async (asOf: string) => {
    const read = await ask('getSize', { memberId, asOf });
    return [read.size?.staff, read.size?.budgetEuros, read.effectiveOn];
  };
  expect(await on('2023-12-31')).toEqual([undefined, undefined, '']);
  expect(await on('2024-12-31')).toEqual([12, 1_000_000n, '2024-01-01']);
  expect(await on('')).toEqual([15, undefined, '2025-01-01']);
  expect(await reasonOf(size('2024-06-01', { staff: 1 }))).toBe('SIZE_RECORDED_LATER');
  expect(await reasonOf(size('2999-01-01', { staff: 1 }))).toBe('DAY_TO_COME');
  expect(await reasonOf(size('2025-01-01', {}))).toBe('FIELD_INVALID');
});

test('what contradicts is refused with its reason, and nothing is written', async () => {
  await using service = await membership();
  const { ask, admit, adopt, assess, explain, simulate } = at(service);
  const memberId = await admit();
  const covered = await admit({ kind: 'ORGANIZATION_KIND_CCAS', epciSiren: GROUPING });
  const scheduleId = await adopt();
  const ofPast = await adopt(voted({ firstYear: 2010, lastYear: 2019 }));
  const beginning = (from: bigint) => {
    const [first, second] = prices as [PriceBand, PriceBand];
    return voted({ items: [item('adhesion', { bands: [first, { ...second, from }] })] });
  };
  const onlyGrouping = voted({
    firstYear: YEAR,
    items: voted().items.map((one) => ({
      ...one,
      tariffs: one.tariffs.map((t) => ({ ...t, kinds: [EPCI, COMMUNE] })),
    })),
    coverage: { kinds: ['ORGANIZATION_KIND_CCAS'], itemIds: ['adhesion', 'base'] },
  });
  const before = await contents(service);
  const idf = at(service, 'idf');
  const asked: [string, () => Promise<unknown>][] = [
    ['SCHEDULES_OVERLAP', () => adopt(voted({ firstYear: 2030 }))],
    ['SCHEDULES_OVERLAP', () => adopt(voted({ firstYear: 2015, lastYear: 2016 }))],
    ['SCHEDULE_NOT_VALID', () => adopt(voted({ firstYear: 2015, lastYear: 2016 }), scheduleId)],
    ['FIELD_INVALID', () => adopt(voted({ firstYear: 2030, lastYear: 2029 }), scheduleId)],
    ['BAND_OVERLAP', () => adopt(beginning(1_500n), scheduleId)],
    ['BAND_GAP', () => adopt(beginning(1_502n), scheduleId)],
    ['BAND_GAP', () => simulate({ schedule: { $case: 'draft', value: beginning(1_502n) } })],
    ['NOT_FOUND', () => adopt(voted({ firstYear: 2030 }), memberId)],
    ['NOT_FOUND', () => idf.adopt(voted({ firstYear: 2030 }), scheduleId)],
    ['KIND_UNPRICED', () => assess(scheduleId)],
    ['SCHEDULE_NOT_VALID', () => assess(ofPast)],
    ['YEAR_TO_COME', () => assess(scheduleId, { year: YEAR + 2 })],
    ['DUE_DAY_PAST', () => assess(scheduleId, { dueOn: `${YEAR}-06-30` })],
    ['NOT_FOUND', () => idf.assess(scheduleId)],
    ['NOT_FOUND', () => idf.explain(memberId)],
    ['NOT_FOUND', () => ask('settleContribution', { requestId: requestId(), memberId, year: YEAR })],
    ['KIND_UNPRICED', () => explain(covered)],
  ];
  for (const [reason, call] of asked) expect(await reasonOf(call())).toBe(reason);
  expect(await contents(service)).toBe(before);

  const next = await adopt(onlyGrouping, scheduleId);
  expect(await reasonOf(assess(next))).toBe('GROUPING_NOT_MEMBER');
  expect(await reasonOf(assess(scheduleId))).toBe('SCHEDULE_NOT_VALID');
  await admit({ kind: EPCI, population: 60_000, siren: GROUPING, on: '2020-01-01' });
  expect(await reasonOf(assess(next))).toBe('done');
  expect(await explain(covered)).toMatchObject({ totalCents: 0n, settledOn: new Date().toISOString().slice(0, 10) });
  expect(await reasonOf(assess(scheduleId))).toBe('YEAR_ASSESSED');
  expect(await reasonOf(adopt(voted({ firstYear: YEAR }), next))).toBe('YEAR_ASSESSED');
  expect(await reasonOf(adopt(voted({ firstYear: YEAR + 1 }), next))).toBe('done');
  const { schedules } = await ask('listSchedules', {});
  expect(schedules.map((one) => `${one.schedule?.firstYear}-${one.validUntilYear}`)).toEqual([
    `2020-${YEAR - 1}`,
    '2010-2019',
    `${YEAR}-${YEAR}`,
    `${YEAR + 1}-0`,
  ]);
});

import { MergePlan, MergeServiceDefinition, TerritoryServiceDefinition } from '@jonction/contracts';
import { causedBy, newCause, writeUnit } from '@jonction/events';
import { inOperator, transact } from '@jonction/service';
import { ROOT } from '@jonction/stack';
import { requestId, SIRENS, type TestService, testService } from '@jonction/testing';
import fc from 'fast-check';
import { v4 as uuidv4 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { mustFit } from '../domain/merge-rules.ts';
import { mergeBodies } from '../jobs/merge-bodies.ts';
import { mergeRpc, territoryRpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';
import { readManifests } from './manifest.ts';
import { situationOf } from './situation.ts';
import { welcomeOperators } from './welcome-operators.ts';

const definition = {
  ...MergeServiceDefinition,
  methods: { ...TerritoryServiceDefinition.methods, ...MergeServiceDefinition.methods },
};
const parts = {
  name: 'membership',
  definition,
  tables,
  subscriptions,
  rpc: (...all: Parameters<typeof territoryRpc>) => ({ ...territoryRpc(...all), ...mergeRpc(...all, []) }),
};
type Service = TestService<typeof definition>;

async function membership(): Promise<Service> {
  const service = await testService(parts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
  return service;
}

const code = (scheme: string, value: string) => ({
  ...{ scheme: `IDENTIFIER_SCHEME_${scheme}`, value, validFrom: '', validUntil: '' },
});

async function register({ ask }: Service, name: string, identifiers: unknown[] = [], more = {}): Promise<string> {
  const memberId = uuidv4();
  const body = { kind: 'ORGANIZATION_KIND_COMMUNE', name, departementCode: '21', identifiers, ...more };
  const change = { $case: 'registration', value: body } as never;
  await ask('recordChange', { requestId: requestId(), change: { memberId, effectiveOn: '', change } });
  return memberId;
}

const change = ({ ask }: Service, memberId: string, effectiveOn: string, what: object) =>
  ask('recordChange', { requestId: requestId(), change: { memberId, effectiveOn, change: what as never } });

const start = ({ ask }: Service, plan: object) =>
  ask('startMerge', { requestId: requestId(), plan: MergePlan.fromPartial(plan as never) });

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { reason?: string }) => error.reason ?? String(error),
  );

const written = async ({ db }: Service) => [
  await db.query('select * from member order by member_id'),
  await db.query('select * from identifier order by identifier_id'),
  await db.query('select * from merge'),
  await db.query('select * from merge_body'),
  await db.query('select event_id from outbox order by position'),
];

/** Carries a plan out as the job does, in one transaction. */
async function carry({ database }: Service, plan: MergePlan) {
  const em = inOperator(database, 'bfc');
  causedBy(em, newCause(new Date()));
  return transact(em, async () => {
    mustFit(plan, await situationOf(em, plan));
    const merged = await mergeBodies(em, plan, { operator: 'bfc', now: new Date() });
    await em.flush();
    await writeUnit(em);
    return merged;
  });
}

const ON = '2025-01-01';

test('what does not fit is refused by name, by the preview as by the order, and nothing of it is written', async () => {
  await using service = await membership();
  const one = await register(service, 'Une', [code('SIREN', SIRENS[0] ?? ''), code('INSEE', '21001')]);
  const two = await register(service, 'Deux', [code('SIREN', SIRENS[1] ?? '')]);
  const epci = await register(service, 'Communauté', [], { kind: 'ORGANIZATION_KIND_EPCI' });
  const gone = await register(service, 'Trois');
  await change(service, gone, '2015-01-01', { $case: 'cessation', value: {} });
  const renamed = await register(service, 'Quatre');
  await change(service, renamed, '2025-06-01', { $case: 'renaming', value: { name: 'Autre' } });
  const before = await written(service);
  const merger = { kind: 'MERGE_KIND_SIMPLE', effectiveOn: ON, successorMemberId: two, predecessorMemberIds: [one] };
  const created = { kind: 'ORGANIZATION_KIND_COMMUNE', name: 'Neuve', departementCode: '21' };
  const siren = { scheme: 'IDENTIFIER_SCHEME_SIREN', value: SIRENS[0] };
  const ofOther = { memberId: epci, change: { $case: 'identifierChange', value: siren } };
  const restoration = { ...merger, kind: 'MERGE_KIND_RESTORATION', predecessorMemberIds: [] };
  const cases: [string, object][] = [
    ['SAME_BODY', { ...merger, successorMemberId: one }],
    ['FIELD_INVALID', { ...merger, predecessorMemberIds: [one, one] }],
    ['BODY_CEASED', { ...merger, predecessorMemberIds: [gone] }],
    ['BODY_CEASED', { ...merger, successorMemberId: gone }],
    ['DATES_CONTRADICT', { ...merger, predecessorMemberIds: [renamed] }],
    ['DAY_TOO_FAR', { ...merger, effectiveOn: '2099-01-01' }],
    ['KINDS_DIFFER', { ...merger, successorMemberId: epci }],
    ['KINDS_DIFFER', { ...merger, kind: 'MERGE_KIND_GROUPINGS' }],
    ['MERGE_UNFIT', { ...merger, predecessorMemberIds: [] }],
    ['MERGE_UNFIT', { ...merger, comingOut: [{ memberId: gone }] }],
    ['MERGE_UNFIT', restoration],
    ['BODY_LIVES', { ...restoration, comingOut: [{ memberId: one }] }],
    ['BODY_ELSEWHERE', { ...restoration, comingOut: [{ memberId: gone }] }],
    ['BODY_KNOWN', { ...merger, created }],
    ['NOT_FOUND', { ...merger, successorMemberId: uuidv4() }],
    ['NOT_FOUND', { ...merger, predecessorMemberIds: [uuidv4()] }],
    ['IDENTIFIER_TAKEN', { ...merger, changes: [ofOther], predecessorMemberIds: [renamed], effectiveOn: '2025-07-01' }],
    ['MERGE_UNFIT', { ...merger, changes: [{ ...ofOther, memberId: one }] }],
    ['MERGE_UNFIT', { ...merger, changes: [ofOther, ofOther] }],
    ['FIELD_INVALID', { ...merger, effectiveOn: '2025-02-30' }],
    ['FIELD_INVALID', { ...merger, kind: 'MERGE_KIND_UNSPECIFIED' }],
  ];
  for (const [reason, plan] of cases) {
    expect(await reasonOf(start(service, plan)), JSON.stringify(plan)).toBe(reason);
    const preview = service.ask('previewMerge', { plan: MergePlan.fromPartial(plan as never) });
    expect(await reasonOf(preview), `preview ${JSON.stringify(plan)}`).toBe(reason);
  }
  expect(await written(service)).toEqual(before);
});

test('a body is in one operation at a time, also when two are ordered at once, and is free when it is called off', async () => {
  await using service = await membership();
  const [one, two, three] = [
    await register(service, 'Une'),
    await register(service, 'Deux'),
    await register(service, 'Trois'),
  ];
  const far = `${new Date().getUTCFullYear() + 1}-06-01`;
  const into = (successorMemberId: string) => ({
    ...{ kind: 'MERGE_KIND_SIMPLE', effectiveOn: far, successorMemberId, predecessorMemberIds: [one] },
  });
  const other = { ...service, ask: await service.replica() };
  const both = await Promise.allSettled([start(service, into(two)), start(other, into(three))]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refused = both.find((settled) => settled.status === 'rejected');
  expect(refused?.reason.reason).toBe('MERGE_RUNNING');
  const won = both.find((settled) => settled.status === 'fulfilled');
  expect(await reasonOf(start(service, into(two)))).toBe('MERGE_RUNNING');
  const mergeId = won?.value.merge?.mergeId ?? '';
  const { merge } = await service.ask('cancelMerge', { requestId: requestId(), mergeId });
  expect(merge?.status).toBe('MERGE_STATUS_CANCELLED');
  expect(await reasonOf(start(service, into(two)))).toBe('done');
});

test('whatever a plan asks for, it is refused before anything is touched, or it is carried out whole', async () => {
  await using service = await membership();
  const rounds = fc.record({
    kind: fc.constantFrom('MERGE_KIND_NEW_COMMUNE', 'MERGE_KIND_SIMPLE', 'MERGE_KIND_ASSOCIATION'),
    on: fc.constantFrom('2019-12-31', '2020-01-01', '2021-05-05', '2024-01-01'),
    predecessors: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
    successor: fc.constantFrom(0, 4, -1),
    takes: fc.constantFrom<number[]>([], [0], [0, 1], [5]),
    renames: fc.constantFrom(4, 5, 0),
  });
  let nth = 0;
  let carried = 0;
  await fc.assert(
    fc.asyncProperty(rounds, async ({ kind, on, predecessors, successor, takes, renames }) => {
      const base = 300 + 10 * nth++;
      const insee = (at: number) => code('INSEE', `21${String(base + at).padStart(3, '0')}`);
      const ids: string[] = [];
      for (const at of [0, 1, 2, 3, 4, 5]) ids.push(await register(service, `C${at}`, [insee(at)]));
      await change(service, ids[1] ?? '', '2020-01-01', { $case: 'renaming', value: { name: 'Neuve' } });
      const created = { kind: 'ORGANIZATION_KIND_COMMUNE', name: 'Toutes', identifiers: takes.map(insee) };
      const ofSuccessor = takes.slice(0, 1).map((at) => ({
        memberId: ids[successor] ?? '',
        change: { $case: 'identifierChange', value: { scheme: insee(at).scheme, value: insee(at).value } },
      }));
      const renaming = { memberId: ids[renames] ?? '', change: { $case: 'renaming', value: { name: 'Nommée' } } };
      const plan = MergePlan.fromPartial({
        ...{ kind, effectiveOn: on, predecessorMemberIds: predecessors.map((at) => ids[at] ?? '') },
        ...(successor < 0 ? { successorMemberId: uuidv4(), created } : { successorMemberId: ids[successor] }),
        changes: [...(successor < 0 ? [] : ofSuccessor), renaming],
      } as never);
      const before = await written(service);
      const outcome = await reasonOf(carry(service, plan));
      if (outcome !== 'done') {
        // A word of ours, not a constraint that was met on the way, nor a defect.
        expect(outcome).toMatch(/^(SAME_BODY|DATES_CONTRADICT|IDENTIFIER_TAKEN|MERGE_UNFIT)$/);
        const em = inOperator(service.database, 'bfc');
        const told = transact(em, async () => mustFit(plan, await situationOf(em, plan)));
        expect(await reasonOf(told)).toBe(outcome);
        expect(await written(service)).toEqual(before);
        return;
      }
      carried++;
      for (const at of predecessors) {
        const [row] = await service.db.query('select ceased_on, successor_member_id from member where member_id = $1', [
          ids[at],
        ]);
        expect(row?.successor_member_id).toBe(plan.successorMemberId);
      }
    }),
    { numRuns: 40, seed: 11 },
  );
  expect(carried).toBeGreaterThan(5);
}, 120_000);

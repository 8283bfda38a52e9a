import {
  MembershipServiceDefinition,
  MergePlan,
  PeopleServiceDefinition,
  TerritoryServiceDefinition,
} from '@jonction/contracts';
import { causedBy, newCause, writeUnit } from '@jonction/events';
import { inOperator, transact } from '@jonction/service';
import { ROOT } from '@jonction/stack';
import { requestId, type TestService, testService } from '@jonction/testing';
import { v4 as uuidv4 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifests } from '../commands/manifest.ts';
import { situationOf } from '../commands/situation.ts';
import { welcomeOperators } from '../commands/welcome-operators.ts';
import { tables } from '../db/tables.ts';
import { mustFit } from '../domain/merge-rules.ts';
import { contributorsIn } from '../queries/contributors.ts';
import { peopleRpc, rpc, territoryRpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';
import { mergeBodies } from './merge-bodies.ts';

const definition = {
  ...MembershipServiceDefinition,
  methods: {
    ...MembershipServiceDefinition.methods,
    ...TerritoryServiceDefinition.methods,
    ...PeopleServiceDefinition.methods,
  },
};
const parts = {
  name: 'membership',
  definition,
  tables,
  subscriptions,
  rpc: (...all: Parameters<typeof rpc>) => ({ ...rpc(...all), ...territoryRpc(...all), ...peopleRpc(...all) }),
};

let service: TestService<typeof definition>;
beforeAll(async () => {
  service = await testService(parts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
});
afterAll(() => service[Symbol.asyncDispose]());

const ask: TestService<typeof definition>['ask'] = (method, request, as) =>
  service.ask(method, { requestId: requestId(), ...request } as never, as);

const today = new Date().toISOString().slice(0, 10);

/** A commune of a mayor, a deputy who may sign in the mayor's place, and a councillor. */
async function commune() {
  const kind = 'ORGANIZATION_KIND_COMMUNE';
  const { member } = await ask('admitMember', { kind, name: 'Saint-Exemple', departementCode: '21' });
  const memberId = member?.memberId ?? '';
  const enrol = async () => {
    const agent = { memberId, subject: uuidv4(), displayName: 'Agent of a test' };
    return (await ask('enrolAgent', agent)).agent?.agentId ?? '';
  };
  const [mayor, deputy, councillor] = [await enrol(), await enrol(), await enrol()];
  const elected = { memberId, term: { startsAt: new Date(Date.now() - 1_000) } };
  const mandate = async (agentId: string, name: 'MAYOR' | 'COUNCILLOR') =>
    (await ask('recordMandate', { ...elected, agentId, function: `MANDATE_FUNCTION_${name}` })).mandate?.mandateId ??
    '';
  const mandateIds = [await mandate(mayor, 'MAYOR'), await mandate(councillor, 'COUNCILLOR')] as const;
  const given = await ask('grantSigningDelegation', {
    mandateId: mandateIds[0],
    agentId: deputy,
    orderRef: 'AR-2026-031',
  });
  const delegationId = given.delegation?.delegationId ?? '';
  return { memberId, mayor, deputy, councillor, mandateIds, delegationId };
}

async function carry(plan: object) {
  const em = inOperator(service.database, 'bfc');
  causedBy(em, newCause(new Date()));
  await transact(em, async () => {
    const asked = MergePlan.fromPartial({ effectiveOn: today, ...plan } as never);
    mustFit(asked, await situationOf(em, asked));
    await mergeBodies(em, asked, { operator: 'bfc', now: new Date() });
    await em.flush();
    await writeUnit(em);
  });
}

const maySign = async (agentId: string) => (await ask('checkSigningRight', { agentId })).maySign;

const storyOf = async (aggregateId: string) =>
  (
    await service.db.query<{ type: string }>('select type from outbox where aggregate_id = $1 order by seq', [
      aggregateId,
    ])
  ).map(({ type }) => type.split('.').at(-1));

test('whose commune goes into another signs no more, for the one nor for the other; who signed there still does', async () => {
  const [gone, stays] = [await commune(), await commune()];
  expect(await maySign(gone.deputy)).toBe(true);
  const kind = 'MERGE_KIND_ASSOCIATION';
  await carry({ kind, successorMemberId: stays.memberId, predecessorMemberIds: [gone.memberId] });
  expect([await maySign(gone.mayor), await maySign(gone.deputy)]).toEqual([false, false]);
  expect([await maySign(stays.mayor), await maySign(stays.deputy)]).toEqual([true, true]);
  for (const mandateId of gone.mandateIds) expect(await storyOf(mandateId)).toEqual(['MandateStarted', 'MandateEnded']);
  // They act for the other commune now, and may be elected there.
  const asked = { memberId: stays.memberId, agentId: gone.mayor, function: 'MANDATE_FUNCTION_COUNCILLOR' } as const;
  expect((await ask('recordMandate', asked)).mandate?.agentId).toBe(gone.mayor);
});

test('who takes the place of members owes from the next year on, as no newcomer; they owe the year that had begun', async () => {
  const old = [await commune(), await commune()].map(({ memberId }) => memberId);
  const year = Number(today.slice(0, 4));
  // Members since before that year, so that all of it is theirs.
  const since = `update membership_step set effective_on = make_date($2, 5, 1) where member_id = any ($1)`;
  await service.db.query(since, [old, year - 1]);
  const [plan, successorMemberId] = [{ kind: 'MERGE_KIND_NEW_COMMUNE', predecessorMemberIds: old }, uuidv4()];
  const created = { kind: 'ORGANIZATION_KIND_COMMUNE', name: 'Neuve', departementCode: '21' };
  await carry({ ...plan, successorMemberId, created });
  const owing = async (asked: number) => {
    const em = inOperator(service.database, 'bfc');
    const now = new Date(`${asked}-12-31T12:00:00Z`);
    const all = await transact(em, () => contributorsIn(em, { operator: 'bfc', year: asked, now }));
    return [...old, successorMemberId].map((memberId) => all.get(memberId)?.admittedOn.slice(0, 4));
  };
  expect(await owing(year)).toEqual([`${year - 1}`, `${year - 1}`, undefined]);
  expect(await owing(year + 1)).toEqual([undefined, undefined, `${year}`]);
  // A body that is no more has no agent that begins there.
  const late = ask('enrolAgent', { memberId: old[0] ?? '', subject: uuidv4(), displayName: 'Agent of a test' });
  await expect(late).rejects.toMatchObject({ reason: 'BODY_CEASED' });
});

test('who goes with a commune that comes out signs no more for the one it leaves, also in the place of another', async () => {
  const [whole, old] = [await commune(), await commune()];
  const successorMemberId = whole.memberId;
  await carry({ kind: 'MERGE_KIND_ASSOCIATION', successorMemberId, predecessorMemberIds: [old.memberId] });
  const agentIds = [whole.deputy, whole.councillor];
  const comingOut = [{ memberId: old.memberId, identifiers: [], agentIds }];
  await carry({ kind: 'MERGE_KIND_RESTORATION', successorMemberId, comingOut });
  expect([await maySign(whole.mayor), await maySign(whole.deputy)]).toEqual([true, false]);
  expect(await storyOf(whole.delegationId)).toEqual(['SigningDelegationGranted', 'SigningDelegationRevoked']);
  expect(await storyOf(whole.mandateIds[0])).toEqual(['MandateStarted']);
  expect(await storyOf(whole.mandateIds[1])).toEqual(['MandateStarted', 'MandateEnded']);
});

import { randomUUID } from 'node:crypto';
import { startRunner } from '@jonction/commands';
import {
  type ActNature,
  type MandateFunction,
  MembershipServiceDefinition,
  PeopleServiceDefinition,
  RenewCouncilsRequest,
  RenewCouncilsResponse,
} from '@jonction/contracts';
import { ROOT_CONTEXT, type Route } from '@jonction/service';
import { ROOT } from '@jonction/stack';
import { requestId, type TestService, testService } from '@jonction/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { peopleRpc, rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';
import { readManifests } from './manifest.ts';
import { welcomeOperators } from './welcome-operators.ts';

const definition = {
  ...MembershipServiceDefinition,
  methods: { ...MembershipServiceDefinition.methods, ...PeopleServiceDefinition.methods },
};
const parts = {
  name: 'membership',
  definition,
  tables,
  subscriptions,
  rpc: (...all: Parameters<typeof rpc>) => ({ ...rpc(...all), ...peopleRpc(...all) }),
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

/** A commune with some agents. */
async function commune(people = 3) {
  const kind = 'ORGANIZATION_KIND_COMMUNE' as const;
  const memberId = (await ask('admitMember', { kind, name: 'Saint-Exemple' })).member?.memberId ?? '';
  const agents: string[] = [];
  for (let n = 0; n < people; n++) {
    const person = { memberId, subject: randomUUID(), displayName: `Person ${n}` };
    agents.push((await ask('enrolAgent', person)).agent?.agentId ?? '');
  }
  return { memberId, agents: agents as [string, string, string] };
}

type Function = 'MAYOR' | 'PRESIDENT' | 'DEPUTY_MAYOR' | 'COUNCILLOR';
const named = (name: Function): MandateFunction => `MANDATE_FUNCTION_${name}`;
const mandate = async (memberId: string, agentId: string, name: Function, term: object = {}) =>
  (await ask('recordMandate', { memberId, agentId, function: named(name), term })).mandate?.mandateId ?? '';
const council = (...all: [string, Function][]) => all.map(([agentId, name]) => ({ agentId, function: named(name) }));
const maySign = async (agentId: string, more: object = {}) =>
  (await ask('checkSigningRight', { agentId, nature: 'ACT_NATURE_DELIBERATION', ...more })).maySign;

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { reason?: string }) => error.reason ?? String(error),
  );

test('a renewal ends all mandates, the delegations lapse with them, and the new ones begin at the same instant', async () => {
  const { memberId, agents } = await commune();
  const [before, after, director] = agents;
  const startsAt = inDays(-2_000);
  const old = await mandate(memberId, before, 'MAYOR', { startsAt });
  await mandate(memberId, after, 'COUNCILLOR', { startsAt, endsAt: inDays(5) });
  await mandate(memberId, director, 'MAYOR', { startsAt: inDays(-3_000), endsAt: startsAt });
  await ask('grantSigningDelegation', { mandateId: old, agentId: director, orderRef: 'A-1' });
  const renewedAt = inDays(-1);
  const mandates = council([after, 'MAYOR'], [after, 'COUNCILLOR'], [before, 'COUNCILLOR']);
  const renewed = await ask('renewCouncil', { memberId, mandates, renewedAt, endsOn: '2032-03-31' });
  expect(renewed.endedMandateIds).toHaveLength(2);
  expect(renewed.mandates.map(({ executive }) => executive)).toEqual([true, false, false]);
  const at = new Date(renewedAt.getTime() - 1);
  expect(await Promise.all([before, after, director].map((who) => maySign(who, { at })))).toEqual([true, false, false]);
  expect(await Promise.all([before, after, director].map((who) => maySign(who, { at: renewedAt })))).toEqual([
    ...[false, true, false],
  ]);
  // Paris is two hours ahead of UTC when that mandate ends.
  expect(renewed.mandates[0]?.endsAt).toEqual(new Date('2032-03-31T22:00:00Z'));
  const told = await service.db.query<{ type: string }>(
    'select type from outbox where member_id = $1 and occurred_at = (select max(occurred_at) from outbox where member_id = $1) order by position',
    [memberId],
  );
  // Those elected again are told before they are told to have ended: heard in between, they may still sign.
  expect(told.map(({ type }) => type.split('.').at(-1))).toEqual([
    ...['MandateStarted', 'MandateStarted', 'MandateStarted', 'MandateEnded', 'MandateEnded'],
  ]);
});

test('a renewal is done whole or not at all, whatever is wrong with its last mandate', async () => {
  const { memberId, agents } = await commune();
  const stranger = (await commune(1)).agents[0];
  const [mayor, second, third] = agents;
  const old = await mandate(memberId, mayor, 'MAYOR', { startsAt: inDays(-10) });
  const { delegation } = await ask('grantSigningDelegation', { mandateId: old, agentId: third, orderRef: 'A-1' });
  const rows = () =>
    service.db.query('select (select count(*)::int from outbox) as events, array_agg(m) from mandate m');
  const before = await rows();
  const renew = (mandates: ReturnType<typeof council>, more: object = {}) =>
    reasonOf(ask('renewCouncil', { memberId, mandates, ...more }));
  const good: [string, Function] = [second, 'MAYOR'];
  expect(await renew(council(good, [stranger, 'COUNCILLOR']))).toBe('AGENT_OF_ANOTHER_MEMBER');
  expect(await renew(council(good, [randomUUID(), 'COUNCILLOR']))).toBe('NOT_FOUND');
  expect(await renew(council(good, [third, 'PRESIDENT']))).toBe('FUNCTION_UNFIT');
  expect(await renew(council(good, [third, 'MAYOR']))).toBe('EXECUTIVE_IN_OFFICE');
  expect(await renew(council(good, [third, 'COUNCILLOR'], [third, 'COUNCILLOR']))).toBe('MANDATE_OVERLAPS');
  expect(await renew(council([third, 'COUNCILLOR']))).toBe('COUNCIL_WITHOUT_EXECUTIVE');
  expect(await renew(council(good), { endsOn: '2020-01-01' })).toBe('ENDS_BEFORE_START');
  expect(await renew(council(good), { renewedAt: inDays(1) })).toBe('DAY_TO_COME');
  expect(await renew([])).toBe('FIELD_INVALID');
  expect(await rows()).toEqual(before);
  expect(await maySign(mayor)).toBe(true);
  expect((await ask('checkSigningRight', { agentId: third })).delegationId).toBe(delegation?.delegationId);
});

test('of two renewals at the same time each is whole, and there is one executive afterwards', async () => {
  const { memberId, agents } = await commune();
  await mandate(memberId, agents[2], 'MAYOR', { startsAt: inDays(-10) });
  const asks = [service.ask, await service.replica()];
  const calls = asks.map((one, nth) => {
    const mandates = council([agents[nth] ?? '', 'MAYOR'], [agents[2], 'COUNCILLOR']);
    return reasonOf(one('renewCouncil', { requestId: requestId(), memberId, mandates }));
  });
  const outcomes = await Promise.all(calls);
  expect(outcomes).toContain('done');
  expect(outcomes.filter((one) => !['done', 'EXECUTIVE_IN_OFFICE', 'MANDATE_OVERLAPS'].includes(one))).toEqual([]);
  const [line] = (await ask('listSigningBoard', { pageSize: 500 })).lines.filter((one) => one.memberId === memberId);
  expect(line?.signatories).toHaveLength(1);
});

test('many councils are renewed in one stream, each with its receipt, and one that is refused leaves the others be', async () => {
  const [one, two] = [await commune(), await commune()];
  const route = peopleRpc(service.database, startRunner(service.database, { batch: 64 })).renewCouncils as Route;
  const { signal } = new AbortController();
  const call = {
    rpc: 'PeopleService/RenewCouncils',
    operator: 'bfc',
    subject: 'bfc-admin',
    token: '',
    trace: ROOT_CONTEXT,
    signal,
    until: Number.POSITIVE_INFINITY,
  };
  const send = async (memberId: string, ...mandates: [string, Function][]) => {
    const item = { council: { requestId: requestId(), memberId, mandates: council(...mandates) } };
    return RenewCouncilsResponse.fromPartial(
      (await route.answer(call, RenewCouncilsRequest.fromPartial(item))) as object,
    );
  };
  const receipts = await Promise.all([
    send(one.memberId, [one.agents[0], 'MAYOR']),
    send(two.memberId, [one.agents[0], 'MAYOR']),
    send(two.memberId, [two.agents[0], 'MAYOR'], [two.agents[1], 'DEPUTY_MAYOR']),
  ]);
  const outcomes = receipts.map(({ outcome }) =>
    outcome?.$case === 'refusal' ? outcome.value.reason : outcome?.$case,
  );
  expect(outcomes).toEqual(['renewed', 'AGENT_OF_ANOTHER_MEMBER', 'renewed']);
  expect([await maySign(one.agents[0]), await maySign(two.agents[0])]).toEqual([true, true]);
});

test('the board shows for every member who may sign, by what, until when; those nobody may sign for, and what ends soon', async () => {
  const [full, empty, ending] = [await commune(), await commune(), await commune()];
  const ids = [full, empty, ending].map(({ memberId }) => memberId);
  const mayor = await mandate(full.memberId, full.agents[0], 'MAYOR', { startsAt: inDays(-10) });
  await mandate(full.memberId, full.agents[1], 'DEPUTY_MAYOR', { startsAt: inDays(-10) });
  const scope = { natures: ['ACT_NATURE_CONTRACT'], maxAmountCents: 100n };
  const { delegation } = await ask('grantSigningDelegation', {
    ...{ mandateId: mayor, agentId: full.agents[1], orderRef: 'A-1', ...scope },
  });
  await mandate(empty.memberId, empty.agents[0], 'MAYOR', { startsAt: inDays(-10), endsAt: inDays(-1) });
  await mandate(empty.memberId, empty.agents[1], 'MAYOR', { startsAt: inDays(40) });
  const endsAt = inDays(29);
  await mandate(ending.memberId, ending.agents[0], 'MAYOR', { startsAt: inDays(-10), endsAt });
  const lines = async (more: object = {}) => {
    const all = [];
    for (let pageToken = ''; ; ) {
      const page = await ask('listSigningBoard', { pageSize: 2, pageToken, ...more });
      all.push(...page.lines);
      pageToken = page.nextPageToken;
      if (!pageToken) return all.filter(({ memberId }) => ids.includes(memberId));
    }
  };
  const board = await lines();
  expect(board.map(({ memberId }) => memberId)).toEqual(ids.toSorted());
  const of = (id: string) => board.find(({ memberId }) => memberId === id)?.signatories;
  expect(of(full.memberId)).toMatchObject([
    { agentId: full.agents[0], displayName: 'Person 0', mandateId: mayor, delegationId: '', expiresSoon: false },
    { agentId: full.agents[1], delegationId: delegation?.delegationId, ...scope, endsAt: undefined },
  ]);
  expect(of(empty.memberId)).toEqual([]);
  expect(of(ending.memberId)).toMatchObject([{ agentId: ending.agents[0], endsAt, expiresSoon: true }]);
  const only = async (filter: string, more = {}) =>
    (await lines({ filter: `BOARD_FILTER_${filter}`, ...more })).map(({ memberId }) => memberId);
  expect(await only('NOBODY')).toEqual([empty.memberId]);
  expect(await only('EXPIRING')).toEqual([ending.memberId]);
  expect(await only('NOBODY', { at: inDays(40) })).toEqual([ending.memberId]);
  expect(await only('NOBODY', { at: inDays(-11) })).toEqual(ids.toSorted());
});

// What a person with paper would do: look through all that was ever recorded.
interface Paper {
  mandates: { id: string; agent: number; executive: boolean; from: number; to: number }[];
  delegations: { id: string; mandate: string; agent: number; nature: string; most: number; from: number; to: number }[];
}

type Question = { agent: number; nature: string; amount: number; at: number };

function naive({ mandates, delegations }: Paper, { agent, nature, amount, at }: Question): boolean {
  const holds = ({ from, to }: { from: number; to: number }) => from <= at && at < to;
  if (mandates.some((one) => one.agent === agent && one.executive && holds(one))) return true;
  return delegations.some((one) => {
    const under = mandates.find(({ id }) => id === one.mandate);
    const fits = (one.nature === '' || one.nature === nature) && (one.most === 0 || amount <= one.most);
    return one.agent === agent && holds(one) && fits && under !== undefined && holds(under);
  });
}

const day = fc.integer({ min: -40, max: 40 });
const past = fc.integer({ min: -40, max: 0 });
const days = fc.option(fc.integer({ min: -3, max: 60 }));
const agent = fc.integer({ min: 0, max: 2 });
const nth = fc.nat({ max: 5 });
const nature = fc.constantFrom('', 'ACT_NATURE_CONTRACT', 'ACT_NATURE_BUDGET');
const most = fc.constantFrom(0, 100, 1_000);
const later = fc.integer({ min: -2, max: 12 });
const FOR_EVER = Number.POSITIVE_INFINITY;
const step = fc.oneof(
  fc.record({ what: fc.constant('start' as const), agent, mayor: fc.boolean(), from: day, days }),
  fc.record({ what: fc.constant('end' as const), nth, on: past }),
  fc.record({ what: fc.constant('delegate' as const), nth, agent, nature, most, later, days }),
  fc.record({ what: fc.constant('revoke' as const), nth }),
  fc.record({ what: fc.constant('renew' as const), agent, on: past }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
type Of<W extends Step['what']> = Extract<Step, { what: W }>;

/** Each step asks the service, and is written down on paper if it was done; `at` gives an instant by its day. */
function clerk(memberId: string, agents: string[], at: (day: number) => Date) {
  const paper: Paper = { mandates: [], delegations: [] };
  const term = (from: number, length: number | null) => ({
    startsAt: at(from),
    ...(length === null ? {} : { endsAt: at(from + length) }),
  });
  const to = (from: number, length: number | null) => (length === null ? FOR_EVER : from + length);
  const who = (one: { agent: number }) => agents[one.agent] ?? '';
  const writes = {
    async start(one: Of<'start'>) {
      const id = await mandate(memberId, who(one), one.mayor ? 'MAYOR' : 'COUNCILLOR', term(one.from, one.days));
      const { from } = one;
      paper.mandates.push({ id, agent: one.agent, executive: one.mayor, from, to: to(from, one.days) });
    },
    async end(one: Of<'end'>) {
      const open = paper.mandates[one.nth];
      if (!open) return;
      await ask('endMandate', { mandateId: open.id, cause: 'MANDATE_END_CAUSE_MISTAKE', endedAt: at(one.on) });
      open.to = open.from > 0 ? open.from : one.on;
    },
    async delegate(one: Of<'delegate'>) {
      const all = paper.mandates.filter((each) => each.executive || one.nth === 0);
      const under = all[one.nth % (all.length || 1)];
      if (!under) return;
      const [mandateId, from] = [under.id, under.from + one.later];
      const natures = one.nature ? [one.nature as ActNature] : [];
      const asked = { mandateId, agentId: who(one), natures, maxAmountCents: BigInt(one.most), orderRef: 'A' };
      const { delegation } = await ask('grantSigningDelegation', { ...asked, term: term(from, one.days) });
      const id = delegation?.delegationId ?? '';
      paper.delegations.push({ ...one, id, mandate: mandateId, from, to: to(from, one.days) });
    },
    async revoke(one: Of<'revoke'>) {
      const given = paper.delegations[one.nth];
      if (!given) return;
      await ask('revokeSigningDelegation', { delegationId: given.id });
      // A moment after day 0, and nobody looks in between.
      given.to = Math.min(given.to, 0.5);
    },
    async renew(one: Of<'renew'>) {
      const asked = { memberId, mandates: council([who(one), 'MAYOR']), renewedAt: at(one.on) };
      const { mandates } = await ask('renewCouncil', asked);
      for (const open of paper.mandates.filter((each) => each.to > 0))
        open.to = open.from > 0 ? open.from : Math.max(open.from, one.on);
      const id = mandates[0]?.mandateId ?? '';
      paper.mandates.push({ id, agent: one.agent, executive: true, from: one.on, to: FOR_EVER });
    },
  };
  return { paper, take: (one: Step) => writes[one.what](one as never) };
}

test('whatever starts, ends, is delegated, revoked or renewed, in whatever order, who may sign is what a reader of all papers finds', async () => {
  const seen: Record<string, number> = {
    done: 0,
    refused: 0,
    NO_TITLE: 0,
    BY_RIGHT: 0,
    BY_DELEGATION: 0,
    AMOUNT_TOO_HIGH: 0,
  };
  const saw = (what: string) => {
    seen[what] = (seen[what] ?? 0) + 1;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 18 }), async (steps) => {
      const { memberId, agents } = await commune();
      const base = Date.now();
      const at = (on: number) => new Date(base + on * DAY);
      const { paper, take } = clerk(memberId, agents, at);
      for (const one of steps) {
        const outcome = await reasonOf(take(one));
        expect(outcome).toMatch(/^[A-Z_]+$|^done$/);
        saw(outcome === 'done' ? 'done' : 'refused');
      }
      const times = [
        -41,
        -20,
        -1,
        1,
        20,
        41,
        ...[...paper.mandates, ...paper.delegations].flatMap(({ from, to: end }) => [from, from - 1, end - 1]),
      ];
      for (const on of new Set(times.filter((one) => one !== 0 && Number.isFinite(one)))) {
        expect(paper.mandates.filter((one) => one.executive && one.from <= on && on < one.to).length).toBeLessThan(2);
        for (const [nthAgent, agentId] of agents.entries()) {
          const found = naive(paper, { agent: nthAgent, nature: 'ACT_NATURE_CONTRACT', amount: 101, at: on });
          const asked = { agentId, nature: 'ACT_NATURE_CONTRACT', amountCents: 101n, at: at(on) } as const;
          const said = await ask('checkSigningRight', asked);
          expect(said.maySign, `${JSON.stringify(paper)} ${nthAgent} ${on}`).toBe(found);
          saw(said.verdict.replace('SIGNING_VERDICT_', ''));
        }
      }
    }),
    { numRuns: 40, seed: 22_032_026 },
  );
  // Enough of each was seen, or the promise was not tried.
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(5);
}, 60_000);

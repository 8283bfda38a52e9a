import { status } from '@grpc/grpc-js';
import { deposit, enrol, inDays, requestId, type TestPlatform, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';
import { encode, type Rpc, rpcs } from './contract.ts';
import { flatSchedule } from './good-requests.ts';
import { caught, expectRefusal, refusalOf } from './refused.ts';
import { replicasOf } from './replicas.ts';
import { contentsOf, quiet } from './rows.ts';
import { type Wires, wiresTo } from './wire.ts';

const AT_ONCE = 50;

test('the same request_id 50 times at once at two replicas, and again after a crash: one effect and the same bytes; another body is refused; another operator may use the id too', async () => {
  await using platform = await testPlatform({ processes: true });
  await using second = await replicasOf(platform);
  using ofBfc = await wiresToBoth(platform, second, 'bfc');
  using ofIdf = await wiresToBoth(platform, second, 'idf');
  const answered: { ask: Ask; bytes: Buffer; known: Known }[] = [];
  const [bfc, idf]: [Known, Known] = [{}, {}];
  const covered = new Set<string>();

  for (const ask of asks) {
    const rpc = rpcOf(ask.name);
    if (ask.name === 'OpenTenders') await letDeadlinesPass(platform);
    if (ask.name === 'MarkActPublished') await depositFor(platform, { bfc, idf });
    await quiet(platform);
    const before = await effectsOf(platform);
    const bytes = await sameFromAll(ofBfc, rpc, encode(rpc.method.requestType.$type, ask.request(bfc)));
    expect(await effectsOf(platform), ask.name).toEqual({ ...before, bfc: before.bfc + 1 });
    const known = { ...bfc };
    Object.assign(bfc, idsIn(rpc, bytes));
    answered.push({ ask, bytes, known });

    const other = encode(rpc.method.requestType.$type, { ...ask.request(known), ...ask.other });
    const reused = { code: status.ALREADY_EXISTS, reason: 'REQUEST_ID_REUSED' };
    expectRefusal(await caught(ofBfc.first[rpc.service].unary(rpc.path, other)), ask.name, reused);

    const elsewhere = await sameFromAll(ofIdf, rpc, encode(rpc.method.requestType.$type, ask.request(idf)));
    Object.assign(idf, idsIn(rpc, elsewhere));
    expect(await effectsOf(platform), ask.name).toEqual({ bfc: before.bfc + 1, idf: before.idf + 1 });
    covered.add(rpc.path);
  }
  const commands = rpcs.filter(({ writes, method }) => writes && !method.requestStream);
  expect([...covered].sort()).toEqual(commands.map(({ path }) => path).sort());

  await quiet(platform);
  const before = await contentsOf(platform);
  for (const service of Object.values(platform.processes)) {
    await service.kill9();
    await service.start();
  }
  for (const { ask, bytes, known } of answered) {
    const rpc = rpcOf(ask.name);
    const again = await sameFromAll(ofBfc, rpc, encode(rpc.method.requestType.$type, ask.request(known)));
    expect(again.equals(bytes), ask.name).toBe(true);
  }
  await quiet(platform);
  expect(await contentsOf(platform)).toEqual(before);
});

test('in bulk streams too: an item sent 50 times, in several streams at once and again after a restart, is done once and has one receipt', async () => {
  await using platform = await testPlatform();
  const token = await platform.issuer.sign({ subject: 'bfc-admin' });
  const options = { metadata: { authorization: `Bearer ${token}`, 'jonction-operator': 'bfc' } };
  const bulk = rpcOf('AdmitMembers');
  const items = ['Agencourt', 'Beaune'].map((name) => ({ ...organisation, name, requestId: requestId() }));
  const bytes = items.map((member) => encode(bulk.method.requestType.$type, { member }));
  const many = Array.from({ length: AT_ONCE / 5 }, () => bytes).flat();
  const send = async () => {
    using wires = wiresTo(platform, options);
    const streams = await Promise.all(Array.from({ length: 5 }, () => wires.membership.stream(bulk.path, many)));
    return streams.flat();
  };
  const before = await effectsOf(platform);
  const receipts = await send();
  expect(receipts).toHaveLength(many.length * 5);
  const kinds = new Set(receipts.map((receipt) => receipt.toString('hex')));
  expect(kinds.size).toBe(2);
  expect(await effectsOf(platform)).toEqual({ ...before, bfc: before.bfc + 2 });
  await platform.restart('membership');
  expect(new Set((await send()).map((receipt) => receipt.toString('hex')))).toEqual(kinds);
  expect(await effectsOf(platform)).toEqual({ ...before, bfc: before.bfc + 2 });

  using wires = wiresTo(platform, options);
  // The item is the unary command: its id is the same one, and its answer what the receipt bears.
  const unary = rpcOf('AdmitMember');
  const answer = await wires.membership.unary(unary.path, encode(unary.method.requestType.$type, items[0] ?? {}));
  expect(receipts[0]?.includes(answer)).toBe(true);
  const other = encode(bulk.method.requestType.$type, { member: { ...items[0], name: 'Chenove' } });
  const reused = { code: status.ALREADY_EXISTS, reason: 'REQUEST_ID_REUSED' };
  expectRefusal(await refusalOf(wires, bulk, other), 'another body', reused);
  expect(await effectsOf(platform)).toEqual({ ...before, bfc: before.bfc + 2 });
});

test('a refusal is not remembered: the same request_id succeeds once the reason is gone', async () => {
  await using platform = await testPlatform();
  const { membership } = await platform.as('bfc-admin');
  const { member } = await membership.admitMember({ ...organisation, requestId: requestId() });
  const asked = { requestId: requestId(), memberId: member?.memberId ?? '', subject: 'x', displayName: 'X' };
  await membership.enrolAgent({ ...asked, requestId: requestId(), subject: 'taken' });
  await expect(membership.enrolAgent({ ...asked, subject: 'taken' })).rejects.toMatchObject({
    reason: 'SUBJECT_ENROLLED',
  });
  expect((await membership.enrolAgent(asked)).agent?.subject).toBe('x');
});

test('a kept answer is for those who have the right at this moment: not for who lost it, nor for who never had it', async () => {
  await using platform = await testPlatform();
  const { memberId, agentId, subject, caller } = await enrol(platform);
  const asked = { requestId: requestId(), memberId, title: 'Voirie', deadline: new Date(deadline) };
  const first = await caller.procurement.createConsultation(asked);
  const { membership, procurement } = await platform.as('bfc-admin');
  // Who asks does not matter, only that it may.
  expect(await procurement.createConsultation(asked)).toEqual(first);
  const stranger = await platform.as('stranger');
  await expect(stranger.procurement.createConsultation(asked)).rejects.toMatchObject({ reason: 'NOT_ENROLLED' });
  await membership.revokeEntitlement({ requestId: requestId(), agentId, role: 'ROLE_BUYER' });
  await quiet(platform);
  const again = (await platform.as(subject)).procurement.createConsultation(asked);
  await expect(again).rejects.toMatchObject({ reason: 'RIGHT_MISSING' });
});

/** Ids that answers gave, by field. */
const IDS = ['memberId', 'agentId', 'consultationId', 'scheduleId', 'mergeId', 'mandateId', 'delegationId'] as const;
type Known = Partial<Record<(typeof IDS)[number] | 'actId', string>>;

interface Ask {
  name: string;
  request(known: Known): object;
  /** What makes it another body. */
  other: object;
}

const organisation = { kind: 'ORGANIZATION_KIND_COMMUNE', name: 'Agencourt', departementCode: '21' } as const;
const uuid = '0198b3a4-7c1e-7d00-8a00-0123456789ab';
const deadline = inDays(30).toISOString();
const later = inDays(40).toISOString();
const soon = inDays(10).toISOString();
const terms = { procedure: 'PROCEDURE_ADAPTED', nature: 'NATURE_WORKS', estimateCents: '5000000' };
const description = {
  ...{ reference: 'R-1', summary: '', cpvCode: '45233140', placeCodes: ['FRC11'], lots: [], durationMonths: 6 },
  socialConsiderations: ['SOCIAL_CONSIDERATION_NONE'],
  environmentalConsiderations: ['ENVIRONMENTAL_CONSIDERATION_NONE'],
};

/** On a day to come, so that it is ordered, and nothing follows. */
const planned = {
  ...{ kind: 'MERGE_KIND_NEW_COMMUNE', effectiveOn: inDays(90).toISOString().slice(0, 10), successorMemberId: uuid },
  created: organisation,
};

/** One request for each command, in an order in which each succeeds; each has one request_id, whoever sends it. */
const today = new Date().toISOString().slice(0, 10);
const year = new Date().getUTCFullYear();
const asks: Ask[] = (
  [
    { name: 'AdmitMember', request: () => organisation, other: { name: 'Beaune' } },
    {
      name: 'EnrolAgent',
      request: ({ memberId }) => ({ memberId, subject: 'somebody', displayName: 'Some Body' }),
      other: { displayName: 'Some Body ' },
    },
    {
      name: 'RecordMandate',
      request: ({ memberId, agentId }) => ({ memberId, agentId, function: 'MANDATE_FUNCTION_MAYOR' }),
      other: { function: 'MANDATE_FUNCTION_COUNCILLOR' },
    },
    {
      name: 'EnrolAgent',
      request: ({ memberId }) => ({ memberId, subject: 'director', displayName: 'Director' }),
      other: { displayName: 'Director ' },
    },
    {
      name: 'GrantSigningDelegation',
      request: ({ mandateId, agentId }) => ({ mandateId, agentId, orderRef: 'AR-1' }),
      other: { orderRef: 'AR-2' },
    },
    {
      name: 'RevokeSigningDelegation',
      request: ({ delegationId }) => ({ delegationId }),
      other: { delegationId: uuid },
    },
    {
      name: 'EndMandate',
      request: ({ mandateId }) => ({ mandateId, cause: 'MANDATE_END_CAUSE_DEATH' }),
      other: { cause: 'MANDATE_END_CAUSE_REMOVAL' },
    },
    {
      name: 'RenewCouncil',
      request: ({ memberId, agentId }) => ({ memberId, mandates: [{ agentId, function: 'MANDATE_FUNCTION_MAYOR' }] }),
      other: { mandates: [] },
    },
    {
      name: 'AppointRepresentative',
      request: ({ memberId, agentId }) => ({ memberId, titularAgentId: agentId }),
      other: { decisionRef: 'D-1' },
    },
    {
      name: 'GrantEntitlement',
      request: ({ agentId }) => ({ agentId, role: 'ROLE_READER' }),
      other: { role: 'ROLE_BUYER' },
    },
    {
      name: 'RevokeEntitlement',
      request: ({ agentId }) => ({ agentId, role: 'ROLE_READER' }),
      other: { agentId: uuid },
    },
    {
      name: 'RecordChange',
      request: ({ memberId }) => ({ change: { memberId, effectiveOn: '2026-01-01', renaming: { name: 'Neuve' } } }),
      other: { change: { memberId: uuid } },
    },
    {
      name: 'RecordStep',
      request: ({ memberId }) => ({
        ...{ memberId, kind: 'STEP_KIND_SUBSCRIPTION', effectiveOn: today, service: 'SUBSCRIBED_SERVICE_SIGNATURE' },
      }),
      other: { service: 'SUBSCRIBED_SERVICE_OPEN_DATA' },
    },
    { name: 'CloseVintage', request: () => ({ vintage: 2026, changes: 1 }), other: { changes: 2 } },
    {
      name: 'AdoptSchedule',
      request: () => ({ schedule: flatSchedule, decisionRef: 'AG-2026-03' }),
      other: { decisionRef: 'AG-2026-04' },
    },
    {
      name: 'RecordSize',
      request: ({ memberId }) => ({ memberId, effectiveOn: today, size: { staff: 12 } }),
      other: { size: { staff: 13 } },
    },
    {
      name: 'AssessContributions',
      request: ({ scheduleId }) => ({ year, scheduleId, dueOn: '2999-12-31' }),
      other: { dueOn: '2999-12-30' },
    },
    {
      name: 'SettleContribution',
      request: ({ memberId }) => ({ memberId, year, settledOn: today }),
      other: { payerId: 'somebody' },
    },
    {
      name: 'CreateConsultation',
      request: ({ memberId }) => ({ memberId, title: 'Voirie', deadline }),
      other: { title: 'Toiture' },
    },
    {
      name: 'DescribeConsultation',
      request: ({ consultationId }) => ({ consultationId, title: 'Voirie', deadline, terms, description }),
      other: { title: 'Toiture' },
    },
    { name: 'SubmitConsultation', request: ({ consultationId }) => ({ consultationId }), other: { etag: 'v9' } },
    {
      name: 'ScheduleConsultation',
      request: ({ consultationId }) => ({ consultationId, publishAt: soon }),
      other: { etag: 'v9' },
    },
    { name: 'ReturnConsultation', request: ({ consultationId }) => ({ consultationId }), other: { etag: 'v9' } },
    { name: 'PublishConsultation', request: ({ consultationId }) => ({ consultationId }), other: { etag: 'v1' } },
    {
      name: 'ExtendConsultation',
      request: ({ consultationId }) => ({ consultationId, deadline: later }),
      other: { etag: 'v2' },
    },
    {
      name: 'RectifyConsultation',
      request: ({ consultationId }) => ({ consultationId, title: 'Rue', deadline: later, description }),
      other: { title: 'Toiture' },
    },
    { name: 'CloseConsultation', request: ({ consultationId }) => ({ consultationId }), other: { etag: 'v3' } },
    { name: 'OpenTenders', request: ({ consultationId }) => ({ consultationId }), other: { etag: 'v9' } },
    {
      name: 'RecordLotStep',
      request: ({ consultationId }) => ({
        ...{ consultationId, lotNumber: 1, kind: 'LOT_STEP_KIND_UNSUCCESSFUL', decisionRef: 'D-1' },
      }),
      other: { lotNumber: 2 },
    },
    {
      name: 'MarkActPublished',
      request: ({ actId }) => ({ actId, publishedOn: '2026-01-06' }),
      other: { etag: 'v4' },
    },
    {
      name: 'StartMerge',
      request: ({ memberId = '' }) => ({ plan: { ...planned, predecessorMemberIds: [memberId] } }),
      other: { plan: { kind: 'MERGE_KIND_SIMPLE' } },
    },
    { name: 'CancelMerge', request: ({ mergeId }) => ({ mergeId }), other: { mergeId: uuid } },
  ] satisfies Ask[] as Ask[]
).map(({ request, ...ask }) => {
  const id = requestId();
  return { ...ask, request: (known) => ({ ...request(known), requestId: id }) };
});

/** Weeks go by. */
async function letDeadlinesPass({ databases }: TestPlatform): Promise<void> {
  await databases.procurement?.query(`update consultation set deadline = now() - interval '1 day'`);
}

/** An upload is no unary command: its repeats have a test of their own, beside the command. */
async function depositFor(platform: TestPlatform, knownOf: Record<string, Known>): Promise<void> {
  for (const [operator, known] of Object.entries(knownOf)) {
    const { teletransmission } = await platform.as(`${operator}-admin`, operator);
    known.actId = (await deposit(teletransmission, known.memberId ?? '')).actId;
  }
}

function rpcOf(name: string): Rpc {
  const rpc = rpcs.find(({ method }) => method.name === name);
  if (!rpc) throw new Error(`${name} is no RPC any more`);
  return rpc;
}

type Both = { first: Wires; second: Wires } & Disposable;

/** Wires to both replicas, as the administrator of an operator. */
async function wiresToBoth(platform: TestPlatform, other: Pick<TestPlatform, 'address'>, operator: string) {
  const token = await platform.issuer.sign({ subject: `${operator}-admin` });
  const options = { metadata: { authorization: `Bearer ${token}`, 'jonction-operator': operator } };
  const [first, second] = [wiresTo(platform, options), wiresTo(other, options)];
  const close = () => {
    first[Symbol.dispose]();
    second[Symbol.dispose]();
  };
  return { first, second, [Symbol.dispose]: close } satisfies Both;
}

/** Sends the same bytes 50 times at once, to both replicas in turn, and gives the one answer that all must have. */
async function sameFromAll({ first, second }: Both, { service, path }: Rpc, bytes: Uint8Array): Promise<Buffer> {
  const calls = Array.from({ length: AT_ONCE }, (_, nth) => (nth % 2 ? second : first)[service].unary(path, bytes));
  const answers = await Promise.all(calls);
  expect(new Set(answers.map((answer) => answer.toString('hex'))).size, path).toBe(1);
  return answers[0] as Buffer;
}

/** How many events commands of each operator recorded; each command records one, and what follows from it has a cause. */
async function effectsOf(platform: TestPlatform): Promise<{ bfc: number; idf: number }> {
  const count = { bfc: 0, idf: 0 };
  for (const database of Object.values(platform.databases)) {
    const rows = await database.query<{ operator: 'bfc' | 'idf' }>(`select operator from outbox where causation = ''`);
    for (const { operator } of rows) count[operator]++;
  }
  return count;
}

/** The ids in an answer, by field. */
function idsIn({ method }: Rpc, bytes: Buffer): Known {
  const text = JSON.stringify(method.responseType.toJSON(method.responseType.decode(bytes)));
  return Object.fromEntries(
    [...text.matchAll(new RegExp(`"(${IDS.join('|')})":"([^"]+)"`, 'g'))].map(([, id, value]) => [id, value]),
  );
}

import { PeopleServiceDefinition } from '@jonction/contracts';
import type { Client } from '@jonction/contracts/client';
import { actHeader, deposit, enrol, eventually, messagesOf, pdf, requestId, testPlatform } from '@jonction/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const parts = new AsyncDisposableStack();
let platform: Awaited<ReturnType<typeof testPlatform>>;
let people: Client<typeof PeopleServiceDefinition>;

beforeAll(async () => {
  platform = parts.use(await testPlatform({ services: ['membership', 'teletransmission'] }));
  const token = await platform.issuer.sign({ subject: 'bfc-admin' });
  people = platform.call(PeopleServiceDefinition, 'membership', { token, operator: 'bfc' });
});
afterAll(() => parts.disposeAsync());

/** A commune with somebody who deposits, its mayor, and another agent. */
async function commune() {
  const { memberId, agentId, caller } = await enrol(platform, { role: 'ROLE_TRANSMITTER' });
  const { membership } = await platform.as('bfc-admin');
  const person = { requestId: requestId(), memberId, subject: requestId(), displayName: 'Director' };
  const { agent } = await membership.enrolAgent(person);
  const sign = (signatoryAgentId: string, more: object = {}) =>
    deposit(caller.teletransmission, memberId, { signatoryAgentId, ...more });
  return { memberId, mayor: agentId, director: agent?.agentId ?? '', sign };
}

const started = async (memberId: string, agentId: string, term: object = {}) => {
  const asked = { requestId: requestId(), memberId, agentId, function: 'MANDATE_FUNCTION_MAYOR' as const, term };
  return (await people.recordMandate(asked)).mandate?.mandateId ?? '';
};
const ended = (mandateId: string) =>
  people.endMandate({ requestId: requestId(), mandateId, cause: 'MANDATE_END_CAUSE_RESIGNATION' });
const rows = (text: string) => platform.databases.teletransmission?.query(text);

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { reason?: string }) => error.reason ?? String(error),
  );

test('an act is signed by who may at that moment: the very next deposit after the answer to a change obeys it', async () => {
  const { memberId, mayor, sign } = await commune();
  for (let round = 0; round < 10; round++) {
    expect(await reasonOf(sign(mayor))).toBe('SIGNATORY_UNFIT');
    const mandateId = await started(memberId, mayor);
    const act = await sign(mayor);
    expect(act).toMatchObject({ signatoryAgentId: mayor, mandateId, delegationId: '' });
    await ended(mandateId);
  }
  await started(memberId, mayor, { startsAt: new Date(Date.now() + 3_600_000) });
  expect(await reasonOf(sign(mayor))).toBe('SIGNATORY_UNFIT');
  expect(await rows('select from parked')).toEqual([]);
});

test('a delegate signs acts of that nature up to that amount, for that member, until it is revoked or its mandate ends', async () => {
  const { memberId, mayor, director, sign } = await commune();
  const mandateId = await started(memberId, mayor);
  const grant = async (more: object = {}) => {
    const asked = { requestId: requestId(), mandateId, agentId: director, orderRef: 'AR-1', ...more };
    return (await people.grantSigningDelegation(asked)).delegation?.delegationId ?? '';
  };
  const delegationId = await grant({ natures: ['ACT_NATURE_CONTRACT'], maxAmountCents: 100n });
  const contract = { nature: 'ACT_NATURE_CONTRACT', amountCents: 100n };
  const act = await sign(director, contract);
  expect(act).toMatchObject({ signatoryAgentId: director, mandateId, delegationId, amountCents: 100n });
  const told = await rows(`select body::json->>'delegationId' as id from outbox where aggregate_id = '${act.actId}'`);
  expect(told).toContainEqual({ id: delegationId });
  expect(await reasonOf(sign(director, { ...contract, amountCents: 101n }))).toBe('SIGNATORY_UNFIT');
  expect(await reasonOf(sign(director, { ...contract, nature: 'ACT_NATURE_BUDGET' }))).toBe('SIGNATORY_UNFIT');
  const other = await commune();
  expect(await reasonOf(other.sign(director, contract))).toBe('SIGNATORY_UNFIT');
  await people.revokeSigningDelegation({ requestId: requestId(), delegationId });
  expect(await reasonOf(sign(director, contract))).toBe('SIGNATORY_UNFIT');
  await grant();
  expect(await reasonOf(sign(director))).toBe('done');
  await ended(mandateId);
  expect(await reasonOf(sign(director))).toBe('SIGNATORY_UNFIT');
});

test('an end that comes by its date needs no event', async () => {
  const { memberId, mayor, sign } = await commune();
  const endsAt = new Date(Date.now() + 1_500);
  await started(memberId, mayor, { endsAt });
  const before = await sign(mayor);
  await eventually(async () => expect(await reasonOf(sign(mayor))).toBe('SIGNATORY_UNFIT'));
  expect(before.depositedAt?.getTime()).toBeLessThan(endsAt.getTime());
  const late = `select from act where signatory_agent_id = '${mayor}' and deposited_at >= '${endsAt.toISOString()}'`;
  expect(await rows(late)).toEqual([]);
});

test('while it cannot be known who may sign, nobody does, and an act without a signatory is taken; later the same request succeeds', async () => {
  const { memberId, mayor, sign } = await commune();
  const mandateId = await started(memberId, mayor);
  await sign(mayor);
  await platform.stop('membership');
  const document = pdf();
  const header = actHeader(memberId, document, { signatoryAgentId: mayor });
  const { teletransmission } = await platform.as('bfc-admin');
  const again = () => reasonOf(teletransmission.depositAct(messagesOf(header, document)));
  expect(await again()).toBe('SIGNING_RIGHTS_UNCERTAIN');
  expect(await reasonOf(deposit(teletransmission, memberId))).toBe('done');
  await platform.restart('membership');
  await eventually(async () => expect(await again()).toBe('done'));
  // News that could not be acted upon leave the copy as it was: it is not trusted until they are.
  const parked = `insert into parked (event_id, operator, context, member_id, aggregate_id, seq, type, body, traceparent, correlation, occurred_at, reason, attempts)
    values (gen_random_uuid(), 'bfc', 'membership', '${memberId}', '${mandateId}', 2, 'jonction.membership.v1.MandateEnded', '{}', '', '', now(), 'Error', 4)`;
  await rows(parked);
  expect(await reasonOf(sign(mayor))).toBe('SIGNING_RIGHTS_UNCERTAIN');
  await rows('update parked set released_at = now()');
  expect(await reasonOf(sign(mayor))).toBe('done');
});

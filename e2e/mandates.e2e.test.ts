import { ActServiceDefinition, PeopleServiceDefinition } from '@jonction/contracts';
import { type CallError, type Client, connectTo } from '@jonction/contracts/client';
import {
  actHeader,
  enrol,
  eventually,
  messagesOf,
  pdf,
  requestId,
  type TestPlatform,
  testPlatform,
} from '@jonction/testing';
import { expect, test } from 'vitest';
import { replicasOf } from './replicas.ts';

const DEPOSITORS = 4;
const ROUNDS = 5;
const ENOUGH = 12;
const PROMISE_MS = 1_000;

interface Deposit {
  sentAt: number;
  answeredAt: number;
  outcome: string;
}

test('deposits signed without pause at two replicas: refused before the mandate starts, taken while it holds, and never once its end was answered', async () => {
  await using platform = await testPlatform({ processes: true, services: ['membership', 'teletransmission'] });
  await using second = await replicasOf(platform);
  const { people, memberId, mayor, as } = await stage(platform);
  const addresses = [platform.address('teletransmission'), second.address('teletransmission')];
  await using signing = await signWithoutPause(addresses, as, { memberId, mayor, patient: true });
  for (let round = 0; round < ROUNDS; round++) {
    await signing.several('SIGNATORY_UNFIT');
    const start = await timed(() => started(people, memberId, mayor));
    await signing.several('taken');
    const end = await timed(() => ended(people, start.value));
    await signing.several('SIGNATORY_UNFIT');
    const since = signing.deposits.splice(0);
    const outcomesOf = (when: (one: Deposit) => boolean) => [...new Set(since.filter(when).map((one) => one.outcome))];
    expect(outcomesOf(({ answeredAt }) => answeredAt < start.sentAt)).toEqual(['SIGNATORY_UNFIT']);
    expect(outcomesOf((one) => one.sentAt > start.answeredAt && one.answeredAt < end.sentAt)).toEqual(['taken']);
    // More than was promised: what is sent once the end was answered is refused, and the second is not needed.
    expect(outcomesOf(({ sentAt }) => sentAt > end.answeredAt)).toEqual(['SIGNATORY_UNFIT']);
    const late = since.filter((one) => one.outcome === 'taken' && one.answeredAt > end.answeredAt + PROMISE_MS);
    expect(late).toEqual([]);
  }
}, 120_000);

test('who is elected again signs without a gap, through any number of renewals', async () => {
  await using platform = await testPlatform({ processes: true, services: ['membership', 'teletransmission'] });
  const { people, memberId, mayor, as } = await stage(platform);
  await started(people, memberId, mayor);
  await using signing = await signWithoutPause([platform.address('teletransmission')], as, {
    memberId,
    mayor,
    patient: true,
  });
  for (let round = 0; round < ROUNDS; round++) {
    await signing.several('taken');
    const mandates = [{ agentId: mayor, function: 'MANDATE_FUNCTION_MAYOR' as const }];
    const { endedMandateIds } = await people.renewCouncil({ requestId: requestId(), memberId, mandates });
    expect(endedMandateIds).toHaveLength(1);
  }
  await signing.several('taken');
  expect(signing.deposits.filter(({ outcome }) => outcome !== 'taken')).toEqual([]);
}, 120_000);

test('a mandate that ends while the bus is dead lets nobody sign: it is not known who may, until the news arrives', async () => {
  await using platform = await testPlatform({ processes: true, services: ['membership', 'teletransmission'] });
  const { people, memberId, mayor, as } = await stage(platform);
  const mandateId = await started(people, memberId, mayor);
  await using signing = await signWithoutPause([platform.address('teletransmission')], as, {
    memberId,
    mayor,
    patient: false,
  });
  await signing.several('taken');
  await platform.nats.kill9();
  const end = await timed(() => ended(people, mandateId));
  await signing.several('SIGNING_RIGHTS_UNCERTAIN');
  await platform.nats.start();
  await signing.several('SIGNATORY_UNFIT');
  const late = signing.deposits.filter(({ outcome, sentAt }) => outcome === 'taken' && sentAt > end.answeredAt);
  expect(late).toEqual([]);
}, 120_000);

/** A commune, somebody who will be its mayor, and somebody who deposits. */
async function stage(platform: TestPlatform) {
  const token = await platform.issuer.sign({ subject: 'bfc-admin' });
  const as = { token, operator: 'bfc' };
  const { memberId, agentId: mayor } = await enrol(platform);
  return { people: platform.call(PeopleServiceDefinition, 'membership', as), memberId, mayor, as };
}

type People = Client<typeof PeopleServiceDefinition>;

async function started(people: People, memberId: string, agentId: string): Promise<string> {
  const asked = { requestId: requestId(), memberId, agentId, function: 'MANDATE_FUNCTION_MAYOR' as const };
  return (await people.recordMandate(asked)).mandate?.mandateId ?? '';
}

async function ended(people: People, mandateId: string): Promise<void> {
  await people.endMandate({ requestId: requestId(), mandateId, cause: 'MANDATE_END_CAUSE_RESIGNATION' });
}

async function timed<T>(work: () => Promise<T>) {
  const sentAt = performance.now();
  const value = await work();
  return { value, sentAt, answeredAt: performance.now() };
}

/** Several depositors, each with its next act as soon as it has the answer to the last, until disposed. */
async function signWithoutPause(
  addresses: string[],
  as: { token: string; operator: string },
  { memberId, mayor, patient }: { memberId: string; mayor: string; patient: boolean },
) {
  const deposits: Deposit[] = [];
  let over = false;
  const depositor = async (nth: number) => {
    using acts = connectTo(ActServiceDefinition, addresses[nth % addresses.length] ?? '', as);
    while (!over) {
      const document = pdf();
      const header = actHeader(memberId, document, { signatoryAgentId: mayor });
      const send = () =>
        acts.depositAct(messagesOf(header, document)).then(
          () => 'taken',
          (error: CallError) => error.reason || String(error),
        );
      let sentAt = performance.now();
      let outcome = await send();
      // A machine that is too busy to know in time says so, and the same request is judged when it is sent again.
      while (patient && !over && outcome === 'SIGNING_RIGHTS_UNCERTAIN') {
        sentAt = performance.now();
        outcome = await send();
      }
      deposits.push({ sentAt, answeredAt: performance.now(), outcome });
    }
  };
  const running = Array.from({ length: DEPOSITORS }, (_, nth) => depositor(nth));
  return {
    deposits,
    /** Waits until some more have this outcome. */
    async several(outcome: string) {
      const from = deposits.length;
      const seen = () => deposits.slice(from).filter((one) => one.outcome === outcome).length;
      await eventually(() => expect(seen(), outcome).toBeGreaterThan(ENOUGH), { withinMs: 30_000 });
    },
    async [Symbol.asyncDispose]() {
      over = true;
      await Promise.all(running);
    },
  };
}

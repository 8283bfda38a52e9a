import { randomUUID } from 'node:crypto';
import { ConsultationPublished, ConsultationServiceDefinition } from '@jonction/contracts';
import { CallError, type Client as Caller, connectTo } from '@jonction/contracts/client';
import { enrol, eventually, inDays, requestId, type TestDatabase, testPlatform } from '@jonction/testing';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { replicasOf } from './replicas.ts';

const CHANGES = 200;

test('two writers on one consultation beside a transaction held open: the order is kept, nothing is skipped, nothing waits', async () => {
  await using platform = await testPlatform({ processes: true });
  await using second = await replicasOf(platform);
  const { memberId, caller, subject } = await enrol(platform);
  const asked = { requestId: requestId(), memberId, title: 'Voirie', deadline: inDays(30) };
  const consultationId = (await caller.procurement.createConsultation(asked)).consultation?.consultationId ?? '';
  const jsm = await jetstreamManager(await platform.nats.provisioner());
  const database = platform.databases.procurement as TestDatabase;
  await using held = await holdOpen(database, memberId);
  await caller.procurement.publishConsultation({ requestId: requestId(), consultationId });

  const options = { token: await platform.issuer.sign({ subject }), operator: 'bfc' };
  using other = connectTo(ConsultationServiceDefinition, second.address('procurement'), options);
  // The relay finds many events at once when NATS comes back, and few at a time afterwards.
  await platform.nats.kill9();
  const clock = { next: inDays(31).getTime() };
  const writers = [caller.procurement, other].map((writer) => extendMany(writer, consultationId, clock));
  await platform.nats.start();
  const lost = (await Promise.all(writers)).reduce((sum, one) => sum + one);
  // They did meet: some lost the race, and tried again.
  expect(lost).toBeGreaterThan(0);

  // A draft, a publication, the changes: all of them are sent and heard while the other transaction is still open.
  const all = Array.from({ length: CHANGES + 2 }, (_, nth) => nth + 1);
  await eventually(async () => expect(await seqsOf(jsm, consultationId)).toEqual(all), { withinMs: 30_000 });
  await eventually(async () => {
    const { shelf } = await caller['dce-library'].getShelf({ consultationId });
    expect(shelf).toMatchObject({ revision: CHANGES + 1 });
  });
  expect(await seqsOf(jsm, held.consultationId)).toEqual([]);

  await held.commit();
  await eventually(async () => expect(await seqsOf(jsm, held.consultationId)).toEqual([1]));
  await eventually(async () => {
    const { shelf } = await caller['dce-library'].getShelf({ consultationId: held.consultationId });
    expect(shelf).toMatchObject({ revision: 1 });
  });
  const [late] = await database.query<{ passed: number }>(
    `select count(*)::int as passed from outbox o, outbox h
     where h.aggregate_id = $1 and o.position > h.position and o.stream_seq < h.stream_seq`,
    [held.consultationId],
  );
  expect(late?.passed).toBeGreaterThanOrEqual(CHANGES);
  expect(await seqsOf(jsm, consultationId)).toEqual(all);
});

/** Puts the deadline later until it did so often enough; returns how often another writer was faster. */
async function extendMany(
  { extendConsultation }: Pick<Caller<typeof ConsultationServiceDefinition>, 'extendConsultation'>,
  consultationId: string,
  clock: { next: number },
): Promise<number> {
  let lost = 0;
  for (let done = 0; done < CHANGES / 2; ) {
    clock.next += 60_000;
    const change = { requestId: requestId(), consultationId, deadline: new Date(clock.next) };
    try {
      await extendConsultation(change);
      done++;
    } catch (error) {
      if (!(error instanceof CallError) || !['CONFLICT', 'DEADLINE_NOT_LATER'].includes(error.reason)) throw error;
      lost++;
    }
  }
  return lost;
}

/** A transaction that has drawn its place in the outbox, for another consultation, and does not end. */
async function holdOpen(database: TestDatabase, memberId: string) {
  const client = new Client({ connectionString: database.appUrl });
  await client.connect();
  const consultationId = randomUUID();
  const at = new Date();
  const event = ConsultationPublished.fromPartial({
    operator: 'bfc',
    memberId,
    consultationId,
    title: 'Toiture',
    buyerName: 'Agencourt',
    publishedAt: at,
    deadline: inDays(30),
  });
  await client.query('begin');
  await client.query(`select set_config('app.operator', 'bfc', true)`);
  await client.query(
    `insert into outbox (event_id, operator, member_id, aggregate_id, seq, type, body, traceparent, causation, correlation, occurred_at)
     values ($1, 'bfc', $2, $3, 1, $4, $5, '', '', 'held', $6)`,
    [
      randomUUID(),
      memberId,
      consultationId,
      ConsultationPublished.$type,
      JSON.stringify(ConsultationPublished.toJSON(event)),
      at,
    ],
  );
  return {
    consultationId,
    commit: () => client.query('commit'),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** The counts that the events of one aggregate bear, in the order of the stream. */
async function seqsOf(jsm: JetStreamManager, aggregateId: string): Promise<number[]> {
  const { state } = await jsm.streams.info('procurement');
  const seqs: number[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await jsm.streams.getMessage('procurement', { seq });
    if (message?.header.get('ce-subject') === aggregateId) seqs.push(Number(message.header.get('jonction-seq')));
  }
  return seqs;
}

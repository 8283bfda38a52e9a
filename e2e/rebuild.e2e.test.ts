import { rmSync } from 'node:fs';
import {
  enrol,
  eventually,
  inDays,
  requestId,
  type TestPlatform,
  testDatabase,
  testNats,
  testPlatform,
} from '@jonction/testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { rebuildStream } from '../scripts/rebuild-stream.ts';
import { reconcileStream } from '../scripts/reconcile-stream.ts';

interface Stored {
  seq: number;
  subject: string;
  id: string | undefined;
  body: string;
}

async function stored(nats: NatsConnection, stream: string): Promise<Stored[]> {
  const { state } = await (await jetstreamManager(nats)).streams.info(stream);
  const all: Stored[] = [];
  if (state.messages === 0) return all;
  const consumer = await jetstream(nats).consumers.get(stream, { deliver_policy: 'all' });
  for await (const message of await consumer.consume()) {
    all.push({ seq: message.seq, subject: message.subject, id: message.headers?.get('ce-id'), body: message.string() });
    if (message.seq === state.last_seq) break;
  }
  return all;
}

async function publishMany(platform: TestPlatform, count: number) {
  const { memberId, caller } = await enrol(platform);
  const ids = await Promise.all(
    Array.from({ length: count }, async () => {
      const { consultation } = await caller.procurement.createConsultation({
        requestId: requestId(),
        memberId,
        title: 'Voirie',
        deadline: inDays(30),
      });
      const consultationId = consultation?.consultationId ?? '';
      await caller.procurement.publishConsultation({ requestId: requestId(), consultationId });
      return consultationId;
    }),
  );
  return { ids, caller };
}

const shelves = (platform: TestPlatform) =>
  platform.databases['dce-library']?.query(
    'select consultation_id, revision, version, open_until from shelf order by 1',
  );
const sentAll = (platform: TestPlatform) =>
  eventually(async () => {
    for (const database of Object.values(platform.databases))
      expect(await database.query('select from outbox where stream_seq is null')).toHaveLength(0);
  });

test('the whole store of nats-server is deleted: provision and rebuild give identical bodies, and no effect is doubled', async () => {
  await using platform = await testPlatform();
  const { ids, caller } = await publishMany(platform, 120);
  await eventually(async () => expect(await shelves(platform)).toHaveLength(ids.length));
  await sentAll(platform);
  const streams = ['membership', 'procurement', 'dce_library'];
  const provisioner = await platform.nats.provisioner();
  const before = await Promise.all(streams.map((stream) => stored(provisioner, stream)));
  const effects = await shelves(platform);

  await platform.nats.stop();
  rmSync(platform.nats.storeDir, { recursive: true });
  await platform.nats.start();
  // Said while the stream is away: it comes after what is rebuilt.
  const [first = ''] = ids;
  await caller.procurement.extendConsultation({ requestId: requestId(), consultationId: first, deadline: inDays(50) });
  await platform.nats.provision();
  const nats = await platform.nats.provisioner();
  for (const [at, stream] of streams.entries()) {
    const database = platform.databases[stream.replace('_', '-')];
    const done = await rebuildStream(nats, database?.relayUrl ?? '', stream);
    expect(done).toBe(before[at]?.length);
  }
  await eventually(
    async () => expect((await caller['dce-library'].getShelf({ consultationId: first })).shelf?.revision).toBe(2),
    { withinMs: 30_000 },
  );
  await sentAll(platform);
  for (const [at, stream] of streams.entries()) {
    const after = await stored(nats, stream);
    expect(after.slice(0, before[at]?.length)).toEqual(before[at]);
    expect(
      await reconcileStream(nats, platform.databases[stream.replace('_', '-')]?.relayUrl ?? '', stream),
    ).toMatchObject({ differences: [], waiting: 0 });
  }
  expect((await shelves(platform))?.filter((shelf) => shelf.consultation_id !== first)).toEqual(
    effects?.filter((shelf) => shelf.consultation_id !== first),
  );
});

test('a relay left alone with an empty stream sends nothing and waits for the rebuild', async () => {
  await using platform = await testPlatform({ services: ['membership'] });
  await sentAll(platform);
  await platform.stop('membership');
  await platform.nats.stop();
  rmSync(platform.nats.storeDir, { recursive: true });
  await platform.nats.start();
  await platform.nats.provision();
  await platform.restart('membership');
  const { membership } = await platform.as('bfc-admin');
  await membership.admitMember({
    requestId: requestId(),
    kind: 'ORGANIZATION_KIND_COMMUNE',
    name: 'Agey',
    departementCode: '21',
  });
  const nats = await platform.nats.provisioner();
  expect(await stored(nats, 'membership')).toHaveLength(0);
  const rebuilt = await rebuildStream(nats, platform.databases.membership?.relayUrl ?? '', 'membership');
  await eventually(async () => expect(await stored(nats, 'membership')).toHaveLength(rebuilt + 1));
});

test('reconcile finds one missing, one extra and one altered event among 10,000', async () => {
  await using database = await testDatabase('procurement');
  await using server = await testNats();
  const nats = await server.provisioner();
  await database.query(
    `insert into outbox (event_id, operator, member_id, aggregate_id, seq, type, body, traceparent, causation, correlation, occurred_at, stream_seq)
     select gen_random_uuid(), 'bfc', 'm', 'a' || n, 1, 'jonction.procurement.v1.ConsultationClosed', '{"n":' || n || '}', '', '', 'c', now(), n
     from generate_series(1, 10000) n`,
  );
  await rebuildStream(nats, database.relayUrl, 'procurement');
  expect(await reconcileStream(nats, database.relayUrl, 'procurement')).toEqual({
    compared: 10_000,
    waiting: 0,
    differences: [],
  });

  const jsm = await jetstreamManager(nats);
  // An attacker or a broken disk: the stream forbids deletion, so the three are made by what the outbox says of them.
  const [missing] = await database.query<{ event_id: string }>(
    `insert into outbox (event_id, operator, member_id, aggregate_id, seq, type, body, traceparent, causation, correlation, occurred_at, stream_seq)
     values (gen_random_uuid(), 'bfc', 'm', 'lost', 1, 'jonction.procurement.v1.ConsultationClosed', '{}', '', '', 'c', now(), 10001) returning event_id`,
  );
  const [extra] = await database.query<{ event_id: string }>(
    'delete from outbox where stream_seq = 815 returning event_id',
  );
  const [altered] = await database.query<{ event_id: string }>(
    `update outbox set body = '{"n":0}' where stream_seq = 4711 returning event_id`,
  );
  const { differences } = await reconcileStream(nats, database.relayUrl, 'procurement');
  expect(differences).toEqual([
    { kind: 'extra', eventId: extra?.event_id, seq: 815 },
    { kind: 'different', eventId: altered?.event_id, seq: 4711 },
    { kind: 'missing', eventId: missing?.event_id, seq: 10_001 },
  ]);
  expect((await jsm.streams.info('procurement')).config).toMatchObject({
    deny_delete: true,
    deny_purge: true,
    discard: 'new',
  });
});

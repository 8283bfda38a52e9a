import { randomBytes } from 'node:crypto';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { CallError } from '@jonction/contracts/client';
import { enrol, eventually, inDays, requestId, testPlatform, testTraces } from '@jonction/testing';
import { expect, test } from 'vitest';

const asIs = (bytes: Buffer) => bytes;

test('health says SERVING without a token, and reflection describes the contract when it is on', async () => {
  await using platform = await testPlatform({ services: ['membership'] });
  const client = new Client(platform.address('membership'), credentials.createInsecure());
  using _ = { [Symbol.dispose]: () => client.close() };
  const health = await new Promise<Buffer | undefined>((resolve, reject) =>
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', asIs, asIs, Buffer.alloc(0), (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  );
  expect(health).toEqual(Buffer.from([0x08, 0x01]));
  const reflection = client.makeBidiStreamRequest(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    asIs,
    asIs,
    new Metadata(),
    { deadline: Date.now() + 5_000 },
  );
  // list_services is field 7 of the request, a string.
  reflection.write(Buffer.from([0x3a, 0x00]));
  reflection.end();
  const answers: string[] = [];
  for await (const answer of reflection) answers.push(String(answer));
  expect(answers.join()).toContain('jonction.membership.v1.MembershipService');
});

test('one log line a request, with its trace; nothing that a person typed is in a log or in a span', async () => {
  await using traces = await testTraces();
  await using platform = await testPlatform({ processes: true, otlp: traces.endpoint });
  const canary = `Canari${randomBytes(6).toString('hex')}`;
  const traceId = randomBytes(16).toString('hex');
  const { memberId, caller } = await enrol(platform, { name: `Commune ${canary}` });
  const administrator = await platform.as('bfc-admin');
  const { membership } = administrator;
  await membership.enrolAgent({
    requestId: requestId(),
    memberId,
    subject: `s-${canary.length}`,
    displayName: `Mme ${canary} 06 12 34 56 78`,
  });
  const draft = { requestId: requestId(), memberId, title: `Objet ${canary} nom@${canary}.fr`, deadline: inDays(30) };
  const { consultation } = await caller.procurement.createConsultation(draft, {});
  const consultationId = consultation?.consultationId ?? '';
  // Refusals and defects must not quote either: a wrong title, and a row that stands in the way of the library.
  await expect(
    caller.procurement.createConsultation({ ...draft, requestId: requestId(), title: `${canary}\0` }),
  ).rejects.toThrow(CallError);
  await platform.databases['dce-library']?.query(
    `insert into shelf values ($1, 'bfc', $2, $3, $3, $3, now(), 'SHELF_STATUS_OPEN', now(), null, 9)`,
    [consultationId, memberId, canary],
  );
  await caller.procurement.publishConsultation(
    { requestId: requestId(), consultationId },
    { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` },
  );
  await eventually(async () =>
    expect(await platform.databases['dce-library']?.query('select from parked')).toHaveLength(1),
  );
  await membership.listMembers({ nameContains: canary });

  await eventually(async () =>
    expect((await traces.spansOf(traceId)).map((span) => span.name)).toContain(
      'park jonction.procurement.v1.ConsultationPublished',
    ),
  );
  const lines = platform
    .logOf('procurement')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter((line) => line.trace_id === traceId)).toMatchObject([
    { event: 'request', rpc: 'ConsultationService/PublishConsultation', status: 'OK', operator: 'bfc' },
  ]);
  const everything = ['membership', 'procurement', 'dce-library'] as const;
  const logs = everything.map((name) => platform.logOf(name)).join('\n');
  const spans = JSON.stringify(await traces.last(2_000));
  expect(spans).toContain(traceId);
  for (const trail of [logs, spans]) expect(trail).not.toContain(canary);
});

test('a service told to stop under load answers what it accepted, loses nothing, and ends by itself', async () => {
  await using platform = await testPlatform({ processes: true });
  const { memberId, caller } = await enrol(platform);
  const procurement = platform.processes.procurement;
  const outcomes = Array.from({ length: 400 }, () =>
    caller.procurement
      .createConsultation({ requestId: requestId(), memberId, title: 'Voirie', deadline: inDays(30) })
      .then(
        ({ consultation }) => consultation?.consultationId,
        (error: CallError) => error,
      ),
  );
  await outcomes[20];
  await procurement?.stop();
  const settled = await Promise.all(outcomes);
  const accepted = settled.filter((outcome) => typeof outcome === 'string');
  const refused = settled.filter((outcome) => outcome instanceof CallError);
  expect(accepted.length).toBeGreaterThan(20);
  expect(refused.every((error) => error.code === status.UNAVAILABLE)).toBe(true);
  const rows = await platform.databases.procurement?.query<{ consultation_id: string }>(
    'select consultation_id from consultation',
  );
  expect(rows?.map((row) => row.consultation_id).sort()).toEqual([...accepted].sort());
  expect(platform.logOf('procurement')).toContain('"event":"stopped"');
});

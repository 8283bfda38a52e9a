import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { ConsultationServiceDefinition, MembershipServiceDefinition } from '@jonction/contracts';
import { CallError, connectTo } from '@jonction/contracts/client';
import { environmentOf, freePort, provisionPlatform, ROOT, startPostgres } from '@jonction/stack';
import { enrol, eventually, inDays, requestId, testIssuer, testNats, testPlatform } from '@jonction/testing';
import { expect, inject, test } from 'vitest';

const AWAY_MS = 60_000;

test('NATS is away for 60 s under load: commands still succeed, and everything flows when it returns', async () => {
  await using platform = await testPlatform();
  const { memberId, caller } = await enrol(platform);
  const { procurement } = caller;
  const accepted: string[] = [];
  const publishOne = async () => {
    const { consultation } = await procurement.createConsultation({
      requestId: requestId(),
      memberId,
      title: 'Voirie',
      deadline: inDays(30),
    });
    const consultationId = consultation?.consultationId ?? '';
    await procurement.publishConsultation({ requestId: requestId(), consultationId });
    accepted.push(consultationId);
  };
  await publishOne();
  await platform.nats.kill9();
  const back = performance.now() + AWAY_MS;
  // Bounded: some forty a second at most, for as long as it is away.
  while (performance.now() < back) {
    await publishOne();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await platform.nats.start();
  expect(accepted.length).toBeGreaterThan(50);
  const library = platform.databases['dce-library'];
  await eventually(
    async () => {
      const rows = await library?.query<{ consultation_id: string; revision: number }>(
        'select consultation_id, revision from shelf',
      );
      expect(rows?.map((row) => row.consultation_id).sort()).toEqual([...accepted].sort());
      expect(rows?.every((row) => row.revision === 1)).toBe(true);
    },
    { withinMs: 60_000, everyMs: 500 },
  );
  const [left] =
    (await platform.databases.procurement?.query<{ left: string }>(
      'select count(*) as left from outbox where stream_seq is null',
    )) ?? [];
  expect(left?.left).toBe('0');
});

test('PostgreSQL is away: commands are refused with UNAVAILABLE, and all works again by itself when it returns', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jonction-outage-'));
  await using parts = new AsyncDisposableStack();
  parts.defer(() => rmSync(folder, { recursive: true, force: true }));
  const postgres = parts.use(
    await startPostgres({
      dir: join(folder, 'postgres'),
      port: await freePort(),
      logFile: join(folder, 'postgres.log'),
    }),
  );
  const nats = parts.use(await testNats());
  const issuer = parts.use(await testIssuer());
  const secret = inject('secret');
  await provisionPlatform({ adminUrl: postgres.adminUrl, natsUrl: nats.url, secret });
  const ports: Record<string, number> = {};
  for (const name of ['membership', 'procurement']) {
    const { start } = await import(join(ROOT, 'services', name, 'src/main.ts'));
    const { readConfig } = await import(join(ROOT, 'services', name, 'src/config.ts'));
    const env = environmentOf(name, {
      adminUrl: postgres.adminUrl,
      natsUrl: nats.url,
      secret,
      issuer: issuer.issuer,
      grpcPort: 0,
    });
    ports[name] = parts.use((await start(readConfig(env))) as { port: number } & AsyncDisposable).port;
  }
  const options = { token: await issuer.sign({ subject: 'bfc-admin' }), operator: 'bfc', deadlineMs: 20_000 };
  using membership = connectTo(MembershipServiceDefinition, `127.0.0.1:${ports.membership}`, options);
  using procurement = connectTo(ConsultationServiceDefinition, `127.0.0.1:${ports.procurement}`, options);
  const admit = () =>
    membership.admitMember({
      requestId: requestId(),
      kind: 'ORGANIZATION_KIND_COMMUNE',
      name: 'Agencourt',
      departementCode: '21',
    });
  const memberId = (await admit()).member?.memberId ?? '';
  const draft = { requestId: requestId(), memberId, title: 'Voirie', deadline: inDays(30) };
  await eventually(() => procurement.createConsultation(draft), { withinMs: 30_000 });

  await postgres.kill9();
  for (const call of [
    () => admit(),
    () => procurement.listConsultations({}),
    () => procurement.createConsultation(draft),
  ]) {
    const error = await call().then(
      () => undefined,
      (reason: CallError) => reason,
    );
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({ code: status.UNAVAILABLE, reason: 'DATABASE_UNAVAILABLE' });
    expect(error?.french).toMatch(/request_id/);
  }
  await postgres.start();
  // A new member reaches procurement again: command, relay, consumer have all found their way back.
  const later = (await eventually(() => admit(), { withinMs: 30_000 })).member?.memberId ?? '';
  await eventually(() => procurement.createConsultation({ ...draft, requestId: requestId(), memberId: later }), {
    withinMs: 30_000,
  });
});

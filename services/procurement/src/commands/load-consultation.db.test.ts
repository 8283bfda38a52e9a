import { ConsultationServiceDefinition, MemberAdmitted } from '@jonction/contracts';
import { type Ask, entitled, heard, inDays, requestId, type TestService, testService } from '@jonction/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

// The commands that change one consultation, alone and against each other.

type Definition = typeof ConsultationServiceDefinition;
const parts = { name: 'procurement', definition: ConsultationServiceDefinition, tables, subscriptions, rpc };
const RIGHTS = ['procurement.read', 'procurement.write', 'procurement.publish'];

async function drafted() {
  const service = await testService(parts);
  const memberId = uuidv7();
  await service.hear(...entitled('bfc-admin', RIGHTS), heard(MemberAdmitted, { memberId, name: 'Agencourt' }));
  const wanted = { requestId: requestId(), memberId, title: 'Voirie', deadline: inDays(30) };
  const consultationId = (await service.ask('createConsultation', wanted)).consultation?.consultationId ?? '';
  return { service, consultationId, other: await service.replica() };
}

async function published() {
  const made = await drafted();
  await made.service.ask('publishConsultation', { requestId: requestId(), consultationId: made.consultationId });
  return made;
}

/** The aggregate's events by their count, with whether they lie in the outbox in this order. */
async function story({ db }: TestService<Definition>, consultationId: string): Promise<string[]> {
  const rows = await db.query<{ seq: number; type: string }>(
    'select seq, type from outbox where aggregate_id = $1 order by position',
    [consultationId],
  );
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, nth) => nth + 1));
  return rows.map(({ type }) => type.replace('jonction.procurement.v1.', ''));
}

const closings = ({ db }: TestService<Definition>) =>
  db.query<{ key: string; run_at: Date }>('select key, run_at from graphile_worker._private_jobs');

/** What became of calls made at once, refusals by their reason, in no order. */
async function outcomesOf(calls: Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((one) => (one.status === 'fulfilled' ? 'done' : String(one.reason.reason ?? one.reason))).sort();
}

test('a publication is one change, its event, and a closing planned at the deadline', async () => {
  const { service, consultationId } = await published();
  await using _ = service;
  const [row] = await service.db.query('select status, version, deadline, published_at from consultation');
  expect(row).toMatchObject({ status: 'CONSULTATION_STATUS_PUBLISHED', version: 2, published_at: expect.any(Date) });
  expect(await story(service, consultationId)).toEqual(['ConsultationDrafted', 'ConsultationPublished']);
  expect(await closings(service)).toEqual([{ key: `close ${consultationId}`, run_at: row?.deadline }]);
});

test('a draft can be published once, even when two people try at the same time', async () => {
  const { service, consultationId, other } = await drafted();
  await using _ = service;
  const publish = (ask: Ask<Definition>) => ask('publishConsultation', { requestId: requestId(), consultationId });
  expect(await outcomesOf([publish(service.ask), publish(other)])).toEqual(['NOT_A_DRAFT', 'done']);
  expect(await story(service, consultationId)).toEqual(['ConsultationDrafted', 'ConsultationPublished']);
  expect(await closings(service)).toHaveLength(1);
});

test('an extension moves the deadline and the planned closing, and tells both deadlines', async () => {
  const { service, consultationId } = await published();
  await using _ = service;
  const deadline = inDays(40);
  await service.ask('extendConsultation', { requestId: requestId(), consultationId, deadline });
  expect(await service.db.query('select deadline, version from consultation')).toEqual([{ deadline, version: 3 }]);
  expect((await closings(service)).map(({ run_at }) => run_at)).toEqual([deadline]);
  const [event] = await service.db.query<{ body: string }>(
    `select body from outbox where type like '%DeadlineExtended'`,
  );
  expect(JSON.parse(event?.body ?? '')).toMatchObject({
    deadline: deadline.toISOString(),
    deadlineBefore: expect.any(String),
  });
});

test('many extensions at once by two processes: each is done or refused, and the events tell them in the order in which they were done', async () => {
  const { service, consultationId, other } = await published();
  await using _ = service;
  const calls = Array.from({ length: 30 }, (_, nth) =>
    (nth % 2 ? other : service.ask)('extendConsultation', {
      requestId: requestId(),
      consultationId,
      deadline: inDays(40 + nth),
    }),
  );
  const outcomes = await outcomesOf(calls);
  const done = outcomes.filter((one) => one === 'done').length;
  expect(done).toBeGreaterThan(0);
  expect(outcomes.filter((one) => !['done', 'DEADLINE_NOT_LATER', 'CONFLICT'].includes(one))).toEqual([]);
  expect(await story(service, consultationId)).toHaveLength(2 + done);
  const rows = await service.db.query<{ body: string }>(
    `select body from outbox where type like '%DeadlineExtended' order by position`,
  );
  const told = rows.map(({ body }) => JSON.parse(body) as { deadlineBefore: string; deadline: string });
  // Each begins where the one before ended, and the last is what stands.
  expect(told.slice(1).map(({ deadlineBefore }) => deadlineBefore)).toEqual(
    told.slice(0, -1).map(({ deadline }) => deadline),
  );
  const [row] = await service.db.query<{ deadline: Date }>('select deadline from consultation');
  expect(row?.deadline.toISOString()).toBe(told.at(-1)?.deadline);
  expect((await closings(service)).map(({ run_at }) => run_at)).toEqual([row?.deadline]);
});

test('a consultation is closed once, even when two people try; what is closed is not extended', async () => {
  const { service, consultationId, other } = await published();
  await using _ = service;
  const close = (ask: Ask<Definition>) => ask('closeConsultation', { requestId: requestId(), consultationId });
  expect(await outcomesOf([close(service.ask), close(other)])).toEqual(['NOT_OPEN', 'done']);
  expect(
    await outcomesOf([
      service.ask('extendConsultation', { requestId: requestId(), consultationId, deadline: inDays(50) }),
    ]),
  ).toEqual(['NOT_OPEN']);
  expect(await story(service, consultationId)).toEqual([
    'ConsultationDrafted',
    'ConsultationPublished',
    'ConsultationClosed',
  ]);
  expect(await service.db.query('select status, closed_at from consultation')).toEqual([
    { status: 'CONSULTATION_STATUS_CLOSED', closed_at: expect.any(Date) },
  ]);
});

test('an etag that is no longer right keeps a change from being made on what others changed', async () => {
  const { service, consultationId } = await published();
  await using _ = service;
  const extend = (etag: string, days: number) =>
    service.ask('extendConsultation', { requestId: requestId(), consultationId, deadline: inDays(days), etag });
  const { etag = '' } = (await service.ask('getConsultation', { consultationId })).consultation ?? {};
  expect((await extend(etag, 40)).consultation?.etag).not.toBe(etag);
  await expect(extend(etag, 50)).rejects.toMatchObject({ reason: 'ETAG_STALE' });
  expect(await story(service, consultationId)).toHaveLength(3);
});

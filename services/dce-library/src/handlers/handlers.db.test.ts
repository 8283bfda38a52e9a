import { randomUUID } from 'node:crypto';
import { ConsultationClosed, ConsultationPublished, DeadlineExtended } from '@jonction/contracts';
import { type Heard, handleAll } from '@jonction/events';
import { openDatabase } from '@jonction/service';
import { type TestDatabase, testDatabase } from '@jonction/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { subscriptions } from '../subscriptions.ts';

const handlers = new Map(subscriptions.map((subscription) => [subscription.type.$type, subscription]));
let copy: TestDatabase;
let database: Awaited<ReturnType<typeof openDatabase>>;

beforeAll(async () => {
  copy = await testDatabase('dce-library');
  database = await openDatabase({ url: copy.appUrl, entities: tables });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await copy[Symbol.asyncDispose]();
});

interface Said {
  type: { $type: string; fromPartial(part: object): unknown; toJSON(message: never): unknown };
  seq: number;
  body: object;
}

function heard(consultationId: string, { type, seq, body }: Said): Heard {
  const message = type.fromPartial({ operator: 'bfc', memberId: MEMBER, consultationId, ...body }) as never;
  return {
    id: randomUUID(),
    type: type.$type,
    operator: 'bfc',
    memberId: MEMBER,
    aggregateId: consultationId,
    seq,
    time: new Date('2026-03-02T09:00:00Z'),
    traceparent: '',
    causation: '',
    correlation: 'c',
    body: JSON.stringify(type.toJSON(message)),
  };
}

const MEMBER = randomUUID();
const [deadline, later] = [new Date('2026-04-01T12:00:00Z'), new Date('2026-05-01T12:00:00Z')];

function story(consultationId: string): Heard[] {
  return [
    heard(consultationId, {
      type: ConsultationPublished,
      seq: 2,
      body: { title: 'Voirie', buyerName: 'Agencourt', deadline },
    }),
    heard(consultationId, { type: DeadlineExtended, seq: 3, body: { deadlineBefore: deadline, deadline: later } }),
    heard(consultationId, { type: ConsultationClosed, seq: 4, body: { closedAt: later } }),
  ];
}

const shelf = async (consultationId: string) =>
  (await copy.query('select * from shelf where consultation_id = $1', [consultationId]))[0];
const said = async (consultationId: string) =>
  (await copy.query('select type from outbox where aggregate_id = $1 order by seq', [consultationId])).map(({ type }) =>
    type.split('.').at(-1),
  );

test('each fact of a consultation acts once on its shelf, however often it is heard', async () => {
  const id = randomUUID();
  for (const event of story(id)) for (let times = 0; times < 2; times++) await handleAll(database, handlers, [event]);
  expect(await shelf(id)).toMatchObject({
    revision: 3,
    status: 'SHELF_STATUS_CLOSED',
    open_until: later,
    closed_at: later,
  });
  expect(await said(id)).toEqual(['ShelfOpened', 'ShelfClosed']);
});

test('heard as one batch, with repeats in it, the effect is the same', async () => {
  const id = randomUUID();
  const [published, extended, closed] = story(id) as [Heard, Heard, Heard];
  await handleAll(database, handlers, [published, published, extended, closed, extended]);
  expect(await shelf(id)).toMatchObject({ revision: 3, status: 'SHELF_STATUS_CLOSED' });
  expect(await said(id)).toEqual(['ShelfOpened', 'ShelfClosed']);
});

test('an event that comes after a later one of its aggregate is parked, not handled', async () => {
  const id = randomUUID();
  const [published, extended, closed] = story(id) as [Heard, Heard, Heard];
  await handleAll(database, handlers, [published, closed]);
  await handleAll(database, handlers, [extended]);
  expect(await copy.query('select reason, seq from parked where aggregate_id = $1', [id])).toEqual([
    { reason: 'OutOfOrder', seq: 3 },
  ]);
  expect(await shelf(id)).toMatchObject({ revision: 2, open_until: deadline });
});

test('an extension without its publication is parked, and what follows waits behind it', async () => {
  const id = randomUUID();
  const [, extended, closed] = story(id) as [Heard, Heard, Heard];
  await handleAll(database, handlers, [extended, closed]);
  expect(await copy.query('select reason, seq from parked where aggregate_id = $1 order by seq', [id])).toEqual([
    { reason: 'NOT_FOUND', seq: 3 },
    { reason: 'BEHIND_PARKED', seq: 4 },
  ]);
});

import { randomUUID } from 'node:crypto';
import { ConsultationPublished, DeadlineExtended, ShelfServiceDefinition as definition } from '@jonction/contracts';
import { release } from '@jonction/events';
import { eventually, heard, type TestService, testService } from '@jonction/testing';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const handlers = new Map(subscriptions.map((subscription) => [subscription.type.$type, subscription]));
const parts = { name: 'dce-library', definition, tables, subscriptions, rpc };
type Service = TestService<typeof definition>;

/** A library in which the publication of a consultation is parked, and what would be handled behind it. */
async function withParked() {
  const service = await testService(parts);
  const consultation = { memberId: randomUUID(), consultationId: randomUUID() };
  const published = heard(ConsultationPublished, { ...consultation, title: 'Voirie', deadline: new Date() }, 2);
  const extended = heard(DeadlineExtended, { ...consultation, deadline: new Date() }, 3);
  await service.db.query(
    `insert into shelf values ($1, 'bfc', $2, 'x', 'in the way', 'x', now(), 'SHELF_STATUS_OPEN', now(), null, 99)`,
    [consultation.consultationId, randomUUID()],
  );
  await service.hear(published);
  expect(await parked(service)).toEqual([2]);
  await service.db.query('delete from shelf');
  return { service, published, extended };
}

async function parked({ db }: Service): Promise<number[]> {
  const rows = await db.query<{ seq: number }>('select seq from parked where released_at is null order by seq');
  return rows.map(({ seq }) => seq);
}

/** Another replica in the middle of a transaction. */
async function replica({ db }: Service): Promise<Client> {
  const client = new Client({ connectionString: db.ownerUrl });
  await client.connect();
  await client.query('begin');
  await client.query(`select set_config('app.operator', 'bfc', true)`);
  return client;
}

const someoneWaits = ({ db }: Service) =>
  eventually(async () => {
    const waiting = await db.query(
      'select from pg_locks l join pg_database d on d.oid = l.database or l.database is null where not granted and d.datname = current_database()',
    );
    expect(waiting.length).toBeGreaterThan(0);
  });

test('an event that comes behind a parked one, while another replica releases that one, is not left behind nothing', async () => {
  const { service, published, extended } = await withParked();
  await using _ = service;
  const other = await replica(service);
  await other.query('select from parked where event_id = $1 for update', [published.id]);
  // It sees the first one parked, and waits to know whether it stays so.
  const hearing = service.hear(extended);
  await someoneWaits(service);
  await other.query('update parked set released_at = now() where event_id = $1', [published.id]);
  await other.query(
    `insert into inbox (event_id, operator, context, aggregate_id, seq, type) values ($1, 'bfc', 'procurement', $2, 2, $3)`,
    [published.id, published.aggregateId, published.type],
  );
  await other.query(
    `insert into shelf values ($1, 'bfc', $2, 'x', 'as released', 'x', now(), 'SHELF_STATUS_OPEN', now(), null, 1)`,
    [published.aggregateId, published.memberId],
  );
  await other.query('commit');
  await other.end();
  await hearing;
  expect(await parked(service)).toEqual([]);
  expect(await service.db.query('select seq from inbox order by seq')).toEqual([{ seq: 2 }, { seq: 3 }]);
});

test('a release takes along what another replica has parked behind the first event meanwhile', async () => {
  const { service, published, extended } = await withParked();
  await using _ = service;
  const other = await replica(service);
  await other.query('select from parked where event_id = $1 for update', [published.id]);
  const releasing = release(service.database, handlers, 'bfc');
  await someoneWaits(service);
  await other.query(
    `insert into parked (event_id, operator, context, member_id, aggregate_id, seq, type, body, traceparent, correlation, occurred_at, reason, attempts)
     select $2, operator, context, member_id, aggregate_id, 3, $3, $4, traceparent, correlation, occurred_at, 'BEHIND_PARKED', 0
     from parked where event_id = $1`,
    [published.id, extended.id, extended.type, extended.body],
  );
  await other.query('commit');
  await other.end();
  expect(await releasing).toEqual({ released: 2, failed: '' });
  expect(await parked(service)).toEqual([]);
});

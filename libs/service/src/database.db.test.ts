import { type TestDatabase, testDatabase } from '@jonction/testing';
import { defineEntity, p } from '@mikro-orm/core';
import { expect, test } from 'vitest';
import { type Database, inOperator, openDatabase, sql, transact } from './database.ts';
import { isConflict } from './status.ts';

const CONNECTIONS = 2;

async function opened(parts: AsyncDisposableStack): Promise<{ own: TestDatabase; database: Database }> {
  const own = parts.use(await testDatabase('procurement'));
  return { own, database: parts.use(await openDatabase({ url: own.appUrl, entities: [], connections: CONNECTIONS })) };
}

async function work(database: Database, cut: (pid: number) => Promise<unknown>): Promise<number> {
  const em = inOperator(database, 'bfc');
  return transact(em, async () => {
    const [before] = await sql<{ pid: number }>(em, 'select pg_backend_pid() as pid');
    await cut(before?.pid ?? 0);
    const [after] = await sql<{ pid: number }>(em, 'select pg_backend_pid() as pid');
    return after?.pid ?? 0;
  });
}

test('a session cut in the middle of a transaction is replaced, however often that happens', async () => {
  await using parts = new AsyncDisposableStack();
  const { own, database } = await opened(parts);
  for (let times = 0; times < CONNECTIONS * 3; times++) {
    await expect(work(database, (pid) => own.query('select pg_terminate_backend($1, 5000)', [pid]))).rejects.toThrow();
  }
  expect(await Promise.all(Array.from({ length: CONNECTIONS }, () => work(database, async () => {})))).toHaveLength(
    CONNECTIONS,
  );
});

test('a session cut at the moment of its commit is replaced, however often that happens', async () => {
  await using parts = new AsyncDisposableStack();
  const { own, database } = await opened(parts);
  const commitCut = async () => {
    const em = inOperator(database, 'bfc');
    await transact(em, async () => {
      const [session] = await sql<{ pid: number }>(em, 'select pg_backend_pid() as pid');
      await own.query('select pg_terminate_backend($1, 5000)', [session?.pid]);
    });
  };
  for (let times = 0; times < CONNECTIONS * 3; times++) await expect(commitCut()).rejects.toThrow();
  expect(await work(database, async () => {})).toBeGreaterThan(0);
});

class Counter {
  id!: number;
  value!: number;
  version!: number;
}
const counters = defineEntity({
  class: Counter,
  tableName: 'counter',
  properties: { id: p.integer().primary(), value: p.integer(), version: p.integer().version() },
});

test.each([1, 2])(
  'of two that change the same %i rows at once, the later is told, and nothing is overwritten',
  async (rows) => {
    await using own = await testDatabase('procurement');
    await own.query('create table counter (id int primary key, value int not null, version int not null default 1)');
    await own.query('grant all on counter to public');
    await own.query('insert into counter select n, 0 from generate_series(1, $1::int) n', [rows]);
    await using database = await openDatabase({ url: own.appUrl, entities: [counters], connections: CONNECTIONS });
    const everyoneHasRead = Promise.withResolvers<void>();
    let readers = 0;
    const addOne = () => {
      const em = inOperator(database, 'bfc');
      return transact(em, async () => {
        for (const counter of await em.find(Counter, {})) counter.value++;
        if (++readers === 2) everyoneHasRead.resolve();
        await everyoneHasRead.promise;
        await em.flush();
      });
    };
    const outcomes = await Promise.allSettled([addOne(), addOne()]);
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [isConflict(outcome.reason)] : []));
    expect(lost).toEqual([true]);
    expect(await own.query('select distinct value, version from counter')).toEqual([{ value: 1, version: 2 }]);
  },
);

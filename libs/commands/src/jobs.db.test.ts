import { causedBy, newCause, schedule, writeUnit } from '@jonction/events';
import { type Database, inOperator, isConflict, openDatabase, sql, transact } from '@jonction/service';
import { eventually, type TestDatabase, testDatabase } from '@jonction/testing';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { type Job, type OutgoingJob, startJobs } from './jobs.ts';

const tried = { operator: 'bfc', name: 'the work' };
/** Who holds the workers' lock (`true`) and who waits for it. */
const LOCK = `select granted from pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database()) order by granted desc`;

/** Adds a job, or makes the one of this key due now; as a command does, again when the worker had that one in hand. */
async function put(database: Database, key: string): Promise<void> {
  const em = inOperator(database, 'bfc');
  causedBy(em, newCause(new Date()));
  try {
    await transact(em, async () => {
      schedule(em, 'try', { ...tried, key }, { at: new Date(), key });
      await writeUnit(em);
    });
  } catch (error) {
    if (!isConflict(error)) throw error;
    await put(database, key);
  }
}

/** Counts how often each key was worked on. */
function counting() {
  const done = new Map<string, number>();
  const job: Job<{ operator: string; key: string }> = async (_, { key }) =>
    void done.set(key, (done.get(key) ?? 0) + 1);
  return { done, jobs: { try: job } };
}

async function opened(parts: AsyncDisposableStack): Promise<{ own: TestDatabase; database: Database }> {
  const own = parts.use(await testDatabase('procurement'));
  return { own, database: parts.use(await openDatabase({ url: own.appUrl, entities: [] })) };
}

test('a job that a killed worker left half done is done by the next one, at once', async () => {
  await using parts = new AsyncDisposableStack();
  const { own, database } = await opened(parts);
  await put(database, 'left');
  await own.query(
    `update graphile_worker._private_jobs set locked_by = 'worker-killed', locked_at = now(), attempts = 1`,
  );
  const { done, jobs } = counting();
  parts.use(startJobs(database, own.jobsUrl, jobs));
  await eventually(() => expect(done.get('left')).toBe(1));
});

test('jobs go on after every session of the worker was cut', async () => {
  await using parts = new AsyncDisposableStack();
  const { own, database } = await opened(parts);
  const { done, jobs } = counting();
  parts.use(startJobs(database, own.jobsUrl, jobs));
  await put(database, 'before');
  await eventually(() => expect(done.get('before')).toBe(1));
  await own.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'procurement_jobs' and datname = current_database()",
  );
  await put(database, 'after');
  await eventually(() => expect(done.get('after')).toBe(1));
});

test('of two workers one is active, and the other goes on when it is stopped', async () => {
  await using parts = new AsyncDisposableStack();
  const { own, database } = await opened(parts);
  const [first, second] = [counting(), counting()];
  const active = startJobs(database, own.jobsUrl, first.jobs);
  await eventually(async () => expect(await own.query(LOCK)).toEqual([{ granted: true }]));
  parts.use(startJobs(database, own.jobsUrl, second.jobs));
  await eventually(async () => expect(await own.query(LOCK)).toEqual([{ granted: true }, { granted: false }]));
  await put(database, 'first');
  await eventually(() => expect(first.done.get('first')).toBe(1));
  expect(second.done.size).toBe(0);
  await active[Symbol.asyncDispose]();
  await put(database, 'second');
  await eventually(() => expect(second.done.get('second')).toBe(1));
});

test('a session cut while it marks a job as done ends no worker: the job is done again, and others after it', async () => {
  await using parts = new AsyncDisposableStack();
  const { own, database } = await opened(parts);
  const { done, jobs } = counting();
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const waits: Job<{ operator: string; key: string }> = async (em, payload, context) => {
    begun.resolve();
    await goOn.promise;
    await jobs.try(em, payload, context);
  };
  parts.use(startJobs(database, own.jobsUrl, { try: waits }));
  await put(database, 'cut');
  await begun.promise;
  const table = new Client({ connectionString: own.jobsUrl });
  parts.defer(() => table.end());
  await table.connect();
  await table.query('begin; lock table graphile_worker._private_jobs in exclusive mode');
  goOn.resolve();
  const CUT = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query ilike 'delete%_private_jobs%'`;
  await eventually(async () => expect(await own.query(CUT)).toHaveLength(1));
  await table.query('rollback');
  await eventually(() => expect(done.get('cut')).toBe(2));
  await put(database, 'after');
  await eventually(() => expect(done.get('after')).toBe(1));
});

test('the outside is asked in no transaction: what was loaded is read before, what came of it is written after', async () => {
  await using parts = new AsyncDisposableStack();
  const { own, database } = await opened(parts);
  const steps: string[] = [];
  const open = `select from pg_stat_activity where datname = current_database() and usename = 'procurement_app' and xact_start is not null`;
  const seen: unknown[][] = [];
  const asks: OutgoingJob<{ operator: string; key: string }, string, string> = {
    async load(_, { key }) {
      steps.push(`load ${key}`);
      return key === 'nothing' ? undefined : key;
    },
    async call(loaded) {
      steps.push(`call ${loaded}`);
      seen.push(await own.query(open));
      if (steps.length < 4) throw new Error('tried again');
      return `${loaded} done`;
    },
    async record(em, _, result) {
      steps.push(`record ${result}`);
      await sql(em, 'select 1');
    },
  };
  parts.use(startJobs(database, own.jobsUrl, { try: asks }));
  await put(database, 'once');
  await eventually(() =>
    expect(steps).toEqual(['load once', 'call once', 'load once', 'call once', 'record once done']),
  );
  expect(seen).toEqual([[], []]);
  await put(database, 'nothing');
  await eventually(() => expect(steps.at(-1)).toBe('load nothing'));
});

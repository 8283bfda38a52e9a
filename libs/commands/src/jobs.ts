import { setTimeout as pause } from 'node:timers/promises';
import { causedBy, newCause, writeUnit } from '@jonction/events';
import {
  type Context,
  contextOf,
  type Database,
  defect,
  inOperator,
  inSpan,
  isConflict,
  log,
  ROOT_CONTEXT,
  SpanKind,
  transact,
} from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { run, type TaskList } from 'graphile-worker';
import { Client, Pool } from 'pg';
import { jobsLog } from './jobs-log.ts';

/** Does what was put off, for one operator, in one transaction with what it records. Running it twice must do it once. */
export type Job<Payload> = (em: EntityManager, payload: Payload, context: { now: Date }) => Promise<void>;

/**
 * Asks something of the outside, for one operator: `load` and `record` are transactions, `call` runs between them and in
 * none. Killed after `call`, it calls again: the other end must take the same thing twice and do it once. What `call`
 * throws has the job tried again later and later, and given up after some days; what may last longer it returns.
 */
export interface OutgoingJob<Payload, Loaded, Result> {
  /** Makes no span of its own: a look into a mailbox every few seconds is no news. */
  silent?: boolean;
  /** What to ask, or undefined when there is nothing to ask any more. */
  load(em: EntityManager, payload: Payload, context: { now: Date }): Promise<Loaded | undefined>;
  /** `signal` is aborted when the service stops. */
  call(loaded: Loaded, signal: AbortSignal): Promise<Result>;
  record(em: EntityManager, payload: Payload, result: Result, context: { now: Date }): Promise<void>;
}

type AnyJob = Job<never> | OutgoingJob<never, unknown, unknown>;

interface Scheduled {
  operator: string;
  traceparent: string;
  correlation: string;
}

const RETRY_MS = 500;
/** One for each job under way, and one that listens for new ones. */
const POOL = 4;

/**
 * Works through a service's jobs until disposed; what fails is tried again, later and later. One active worker a
 * service, held by an advisory lock; it outlives the loss of PostgreSQL.
 */
export function startJobs(database: Database, url: string, jobs: Record<string, AnyJob>): AsyncDisposable {
  const stop = new AbortController();
  const taskList: TaskList = Object.fromEntries(
    Object.entries(jobs).map(([name, job]) => [
      name,
      (payload) => work({ database, name, payload: payload as Scheduled, stop: stop.signal }, job as never),
    ]),
  );
  const running = (async () => {
    while (!stop.signal.aborted) {
      try {
        await holdAndWork(url, taskList, stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) log.warn({ event: 'jobs interrupted', ...defect(error) });
      }
      if (!stop.signal.aborted) await pause(RETRY_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

/** A worker that was killed left its jobs marked as under way, and graphile-worker would let them be for four hours. */
const TAKE_OVER = `
  select graphile_worker.force_unlock_workers(array(select distinct locked_by from graphile_worker.jobs where locked_by is not null))`;

/** Works until `end`, until the lock is lost with its session, or until graphile-worker gives up. */
async function holdAndWork(url: string, taskList: TaskList, end: AbortSignal): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'jobs', keepAlive: true });
  const over = new Promise<void>((resolve) => {
    client.on('error', () => resolve());
    end.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await client.connect();
    const held = client.query("select pg_advisory_lock(hashtext('jobs'))").then(() => true);
    if (!(await Promise.race([held, over]))) {
      held.catch(() => {});
      return;
    }
    await client.query(TAKE_OVER);
    await workUntil(over, url, taskList);
  } finally {
    client.end().catch(() => {});
  }
}

async function workUntil(over: Promise<void>, url: string, taskList: TaskList): Promise<void> {
  const pgPool = new Pool({ connectionString: url, max: POOL, keepAlive: true });
  // graphile-worker stops listening to its sessions when it is stopped, and one that is cut then would end the process.
  pgPool.on('error', () => {});
  pgPool.on('connect', (session) => session.on('error', () => {}));
  // Only in batches does it mind that an outcome could not be written: else that rejection would end the process.
  const preset = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } };
  try {
    const options = { concurrency: POOL - 1, pollInterval: 1_000, noHandleSignals: true, logger: jobsLog, preset };
    const runner = await run({ pgPool, taskList, ...options });
    await Promise.race([runner.promise, over]).finally(() => runner.stop().catch(() => {}));
  } finally {
    await pgPool.end();
  }
}

/** One run of a job. */
interface Run {
  database: Database;
  name: string;
  payload: Scheduled;
  stop: AbortSignal;
}

async function work(run: Run, job: Job<Scheduled> | OutgoingJob<Scheduled, unknown, unknown>): Promise<void> {
  const { name, payload } = run;
  if (typeof job === 'object' && job.silent) return ask(run, job, ROOT_CONTEXT);
  const attributes = { 'jonction.operator': payload.operator };
  await inSpan(`job ${name}`, { parent: contextOf(payload.traceparent), attributes }, (trace) =>
    typeof job === 'function'
      ? inTransaction(run, trace, (em, now) => job(em, payload, { now }))
      : ask(run, job, trace),
  );
}

async function ask(run: Run, job: OutgoingJob<Scheduled, unknown, unknown>, trace: Context): Promise<void> {
  const { name, payload, stop } = run;
  let loaded: unknown;
  await inTransaction(run, trace, async (em, now) => {
    loaded = await job.load(em, payload, { now });
  });
  if (loaded === undefined) return;
  const result = job.silent
    ? await job.call(loaded, stop)
    : await inSpan(`call ${name}`, { kind: SpanKind.CLIENT, parent: trace }, () => job.call(loaded, stop));
  await inTransaction(run, trace, (em, now) => job.record(em, payload, result, { now }));
}

/** Runs a part of a job in one transaction with what it records; again when others changed the same at the same time. */
async function inTransaction(
  { database, payload }: Run,
  trace: Context,
  part: (em: EntityManager, now: Date) => Promise<void>,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const em = inOperator(database, payload.operator);
    const now = new Date();
    causedBy(em, { ...newCause(now, trace), correlation: payload.correlation });
    try {
      const recorded = await transact(em, async () => {
        await part(em, now);
        await em.flush();
        return writeUnit(em);
      });
      if (recorded > 0) database.recorded();
      return;
    } catch (error) {
      if (!isConflict(error) || tries >= 8) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * tries));
    }
  }
}

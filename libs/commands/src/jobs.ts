import { causedBy, newCause, writeUnit } from '@jonction/events';
import { contextOf, type Database, inOperator, inSpan, isConflict, transact } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { run, type TaskList } from 'graphile-worker';
import { jobsLog } from './jobs-log.ts';

/** Does what was put off, for one operator, in one transaction with what it records. Running it twice must do it once. */
export type Job<Payload> = (em: EntityManager, payload: Payload, context: { now: Date }) => Promise<void>;

interface Scheduled {
  operator: string;
  traceparent: string;
  correlation: string;
}

/** Works through a service's jobs until disposed; what fails is tried again, later and later. */
export async function startJobs(
  database: Database,
  url: string,
  jobs: Record<string, Job<never>>,
): Promise<AsyncDisposable> {
  const taskList: TaskList = Object.fromEntries(
    Object.entries(jobs).map(([name, job]) => [name, (payload) => work(database, name, job, payload as Scheduled)]),
  );
  const runner = await run({
    connectionString: url,
    taskList,
    concurrency: 3,
    pollInterval: 1_000,
    noHandleSignals: true,
    logger: jobsLog,
    maxPoolSize: 3,
  });
  // A lost database ends graphile-worker's promise; the service is told by its own next query.
  runner.promise.catch(() => {});
  return { [Symbol.asyncDispose]: () => runner.stop() };
}

async function work(database: Database, name: string, job: Job<never>, payload: Scheduled): Promise<void> {
  await inSpan(
    `job ${name}`,
    { parent: contextOf(payload.traceparent), attributes: { 'jonction.operator': payload.operator } },
    async (trace) => {
      for (let tries = 1; ; tries++) {
        const em = inOperator(database, payload.operator);
        const now = new Date();
        causedBy(em, { ...newCause(now, trace), correlation: payload.correlation });
        try {
          const recorded = await transact(em, async () => {
            await job(em, payload as never, { now });
            await em.flush();
            return writeUnit(em);
          });
          if (recorded > 0) database.recorded();
          return;
        } catch (error) {
          if (!isConflict(error) || tries >= 5) throw error;
        }
      }
    },
  );
}

import { startJobs, startRunner } from '@jonction/commands';
import {
  ConsultationLifeServiceDefinition,
  ConsultationServiceDefinition,
  DeadlineServiceDefinition,
} from '@jonction/contracts';
import { startEvents } from '@jonction/events';
import { identifyBy, listen, log, openDatabase, runUntilSignal } from '@jonction/service';
import { byForm, readCodeLists } from './commands/code-lists.ts';
import { type Config, readConfig } from './config.ts';
import { tables } from './db/tables.ts';
import { jobs } from './jobs.ts';
import { deadlineRpc, lifeRpc, rpc } from './rpc.ts';
import { subscriptions } from './subscriptions.ts';

/** Starts procurement, part by part; disposing what it returns stops them in reverse order. */
export async function start(config: Config) {
  await using parts = new AsyncDisposableStack();
  const database = parts.use(await openDatabase({ url: config.APP_DATABASE_URL, entities: tables }));
  parts.use(
    startEvents(database, {
      natsUrl: config.NATS_URL,
      relayUrl: config.RELAY_DATABASE_URL,
      context: 'procurement',
      subscriptions,
    }),
  );
  parts.use(startJobs(database, config.JOBS_DATABASE_URL, jobs));
  if (!config.NORMS_DIR) log.warn({ event: 'codes are checked by their form alone: NORMS_DIR is not set' });
  const codes = config.NORMS_DIR ? readCodeLists(config.NORMS_DIR) : byForm;
  const runner = startRunner(database, { batch: config.COMMAND_BATCH });
  const { port } = parts.use(
    await listen({
      host: config.GRPC_HOST,
      port: config.GRPC_PORT,
      domain: 'procurement',
      identify: identifyBy(config.OIDC_ISSUER, config.OIDC_AUDIENCE),
      reflection: config.GRPC_REFLECTION === 'on',
      services: [
        { definition: ConsultationServiceDefinition, routes: rpc(database, runner) },
        { definition: DeadlineServiceDefinition, routes: deadlineRpc(database, runner) },
        { definition: ConsultationLifeServiceDefinition, routes: lifeRpc(database, runner, codes) },
      ],
    }),
  );
  const running = parts.move();
  return { port, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

if (import.meta.main) await runUntilSignal(() => start(readConfig()));

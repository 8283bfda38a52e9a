import { startJobs, startRunner } from '@jonction/commands';
import { ActServiceDefinition } from '@jonction/contracts';
import { openDocuments } from '@jonction/documents';
import { startEvents } from '@jonction/events';
import { identifyBy, listen, openDatabase, runUntilSignal } from '@jonction/service';
import { httpGateway } from './clients/http-gateway.ts';
import { membershipNews } from './clients/membership-news.ts';
import { type Config, readConfig } from './config.ts';
import { tables } from './db/tables.ts';
import { startSweeping } from './jobs/sweep-documents.ts';
import { jobs } from './jobs.ts';
import { rpc } from './rpc.ts';
import { subscriptions } from './subscriptions.ts';

/** Starts teletransmission, part by part; disposing what it returns stops them in reverse order. */
export async function start(config: Config) {
  await using parts = new AsyncDisposableStack();
  const documents = openDocuments({ folder: config.DOCUMENTS_DIR });
  const gateway = httpGateway(config.PREFECTURE_URL);
  const database = parts.use(await openDatabase({ url: config.APP_DATABASE_URL, entities: tables }));
  const news = membershipNews();
  parts.use(
    startEvents(database, {
      natsUrl: config.NATS_URL,
      relayUrl: config.RELAY_DATABASE_URL,
      context: 'teletransmission',
      subscriptions,
      connected: news.connected,
    }),
  );
  parts.use(startSweeping(database, documents));
  parts.use(startJobs(database, config.JOBS_DATABASE_URL, jobs(gateway, documents, config.PREFECTURE_POLL_MS)));
  const runner = startRunner(database, { batch: config.COMMAND_BATCH });
  const around = { documents, catchUp: news.catchUp };
  const { port } = parts.use(
    await listen({
      host: config.GRPC_HOST,
      port: config.GRPC_PORT,
      domain: 'teletransmission',
      identify: identifyBy(config.OIDC_ISSUER, config.OIDC_AUDIENCE),
      reflection: config.GRPC_REFLECTION === 'on',
      services: [{ definition: ActServiceDefinition, routes: rpc(database, runner, around) }],
    }),
  );
  const running = parts.move();
  return { port, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

if (import.meta.main) await runUntilSignal(() => start(readConfig()));

import { startRunner } from '@jonction/commands';
import { ShelfServiceDefinition } from '@jonction/contracts';
import { startEvents } from '@jonction/events';
import { identifyBy, listen, openDatabase, runUntilSignal } from '@jonction/service';
import { type Config, readConfig } from './config.ts';
import { tables } from './db/tables.ts';
import { rpc } from './rpc.ts';
import { subscriptions } from './subscriptions.ts';

/** Starts the library, part by part; disposing what it returns stops them in reverse order. */
export async function start(config: Config) {
  await using parts = new AsyncDisposableStack();
  const database = parts.use(await openDatabase({ url: config.APP_DATABASE_URL, entities: tables }));
  parts.use(
    startEvents(database, {
      natsUrl: config.NATS_URL,
      relayUrl: config.RELAY_DATABASE_URL,
      context: 'dce_library',
      subscriptions,
    }),
  );
  const { port } = parts.use(
    await listen({
      host: config.GRPC_HOST,
      port: config.GRPC_PORT,
      domain: 'dce-library',
      identify: identifyBy(config.OIDC_ISSUER, config.OIDC_AUDIENCE),
      reflection: config.GRPC_REFLECTION === 'on',
      services: [
        {
          definition: ShelfServiceDefinition,
          routes: rpc(database, startRunner(database, { batch: config.COMMAND_BATCH })),
        },
      ],
    }),
  );
  const running = parts.move();
  return { port, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

if (import.meta.main) await runUntilSignal(() => start(readConfig()));

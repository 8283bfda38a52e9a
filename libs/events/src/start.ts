import { setTimeout as pause } from 'node:timers/promises';
import { type Database, defect, log } from '@jonction/service';
import type { NatsConnection } from '@nats-io/transport-node';
import { startConsumers } from './consume.ts';
import { connectNats } from './nats.ts';
import { startRelay } from './relay.ts';
import type { Subscription } from './subscription.ts';

const RETRY_MS = 500;
const DRAIN_MS = 2_000;

export interface EventsOptions {
  natsUrl: string;
  /** The service's database as the role that may only read the outbox and mark it. */
  relayUrl: string;
  /** The service in snake_case: its context, its stream, its durables. */
  context: string;
  /** What it hears. */
  subscriptions: Subscription[];
  /** Given the connection once there is one, to ask or answer something beside. */
  connected?(nats: NatsConnection): void;
}

/**
 * Says what a service records and hears what it subscribed to, as soon as NATS is there. The service does not wait for it:
 * it takes commands meanwhile, and what they record is sent later.
 */
export function startEvents(database: Database, options: EventsOptions): AsyncDisposable {
  const stop = new AbortController();
  const running = run(database, options, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

async function run(database: Database, options: EventsOptions, end: AbortSignal): Promise<void> {
  const { natsUrl, relayUrl, context, subscriptions, connected } = options;
  const nats = await connectAtLast(natsUrl, context, end);
  if (!nats) return;
  connected?.(nats);
  await using parts = new AsyncDisposableStack();
  parts.defer(() => drain(nats));
  parts.use(startRelay(database, nats, { url: relayUrl, context }));
  parts.use(startConsumers(database, nats, { url: relayUrl, service: context, subscriptions }));
  if (!end.aborted) await new Promise((resolve) => end.addEventListener('abort', resolve, { once: true }));
}

async function connectAtLast(url: string, context: string, end: AbortSignal): Promise<NatsConnection | undefined> {
  while (!end.aborted) {
    try {
      return await connectNats(url, context);
    } catch (error) {
      log.warn({ event: 'nats not reached yet', ...defect(error) });
      await pause(RETRY_MS, undefined, { signal: end }).catch(() => {});
    }
  }
  return undefined;
}

/** Sends what is under way, for a bounded time: without a server there is nobody to say that it is done. */
async function drain(nats: NatsConnection): Promise<void> {
  await Promise.race([nats.drain().catch(() => {}), pause(DRAIN_MS, undefined, { ref: false })]);
  await nats.close();
}

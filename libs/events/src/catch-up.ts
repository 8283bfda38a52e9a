import { setTimeout as pause } from 'node:timers/promises';
import { type ConsumerInfo, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** For how long a caller waits at most. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 3;

/** Asked by who hears a context, answered by its active relay: the sequence behind which the stream holds all of its past. */
export function settledSubject(context: string): string {
  return `settled.${context}`;
}

/**
 * Makes a function that waits until this service has handled all that `context` had recorded when it was called, and gives
 * that instant (`performance.now()`), or undefined when it cannot be known within two seconds. Those who call while a
 * question is under way share the next one, so that nobody gets an answer to a question older than his own.
 */
export function catchUpWith(connection: () => NatsConnection | undefined, service: string, context: string) {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<number | undefined> | undefined;
  return (): Promise<number | undefined> => {
    next ??= last.then(() => {
      next = undefined;
      const asked = ask(connection(), service, context).catch(() => undefined);
      last = asked;
      return asked;
    });
    return next;
  };
}

async function ask(nats: NatsConnection | undefined, service: string, context: string): Promise<number | undefined> {
  if (!nats) return undefined;
  const askedAt = performance.now();
  const answer = await nats.request(settledSubject(context), '', { timeout: PATIENCE_MS });
  const settled = Number(answer.string());
  const jsm = await jetstreamManager(nats, { checkAPI: false });
  while (performance.now() - askedAt < PATIENCE_MS) {
    if (hasHandled(await jsm.consumers.info(context, service), settled)) return askedAt;
    await pause(LOOK_MS);
  }
  return undefined;
}

/** An event is acknowledged once what follows from it is committed. Of those behind the last acknowledged, none may be for us. */
function hasHandled({ ack_floor, num_pending, num_ack_pending }: ConsumerInfo, settled: number): boolean {
  return ack_floor.stream_seq >= settled || num_pending + num_ack_pending === 0;
}

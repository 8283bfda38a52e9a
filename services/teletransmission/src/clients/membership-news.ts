import { setTimeout as pause } from 'node:timers/promises';
import { type ConsumerInfo, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

const STREAM = 'membership';
const DURABLE = 'teletransmission';
/** For how long a caller waits at most. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 3;

/**
 * How late the copy of what membership said is. `catchUp` waits until all that membership had committed when it was called is
 * handled here, by whichever replica, and gives that instant (`performance.now()`), or undefined when it cannot be known
 * within two seconds. Those who call while a question is under way share the next one: nobody gets the answer to a question
 * older than his own.
 */
export function membershipNews() {
  let nats: NatsConnection | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<number | undefined> | undefined;
  return {
    connected(connection: NatsConnection): void {
      nats = connection;
    },
    catchUp(): Promise<number | undefined> {
      next ??= last.then(() => {
        next = undefined;
        const asked = ask(nats).catch(() => undefined);
        last = asked;
        return asked;
      });
      return next;
    },
  };
}

async function ask(nats: NatsConnection | undefined): Promise<number | undefined> {
  if (!nats) return undefined;
  const askedAt = performance.now();
  const answer = await nats.request(`settled.${STREAM}`, '', { timeout: PATIENCE_MS });
  const settled = Number(answer.string());
  const jsm = await jetstreamManager(nats, { checkAPI: false });
  while (performance.now() - askedAt < PATIENCE_MS) {
    if (hasHandled(await jsm.consumers.info(STREAM, DURABLE), settled)) return askedAt;
    await pause(LOOK_MS);
  }
  return undefined;
}

/** An event is acknowledged once what follows from it is committed; of those behind the last one, none may be for us. */
function hasHandled({ ack_floor, num_pending, num_ack_pending }: ConsumerInfo, settled: number): boolean {
  return ack_floor.stream_seq >= settled || num_pending + num_ack_pending === 0;
}

import { type ConsumerConfig, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Partner, Subscription } from './account.ts';

/** What a partner leaves unacknowledged at most, and asks for at most at once: one that stands still holds nothing else up. */
const BOUNDS = { max_ack_pending: 1_000, max_batch: 500, max_waiting: 16 };
const CONSUMER_NOT_FOUND = 10_014;

/** Makes the durables anew, from the first event or from an instant; gives them with the sequence each begins at. */
export async function makeDurables(
  nats: NatsConnection,
  wanted: Omit<Subscription, 'fromSeq'>[],
  from: Date | undefined,
): Promise<Subscription[]> {
  const jsm = await jetstreamManager(nats);
  const made: Subscription[] = [];
  for (const one of wanted) {
    await remove(jsm, one);
    const start: Partial<ConsumerConfig> = from
      ? { deliver_policy: 'by_start_time', opt_start_time: from.toISOString() }
      : { deliver_policy: 'all' };
    const { delivered } = await jsm.consumers.add(one.stream, { ...configOf(one), ...start });
    made.push({ ...one, fromSeq: from ? delivered.stream_seq + 1 : 1 });
  }
  return made;
}

/** Makes again the durables that are not there: those of a stream that was lost. Returns their names. */
export async function restoreDurables(nats: NatsConnection, partners: Partner[]): Promise<string[]> {
  const jsm = await jetstreamManager(nats);
  const restored: string[] = [];
  for (const one of partners.filter(({ revokedAt }) => !revokedAt).flatMap(({ subscriptions }) => subscriptions)) {
    const there = await jsm.consumers.info(one.stream, one.durable).catch(unlessAbsent);
    if (there) continue;
    const start = { deliver_policy: 'by_start_sequence', opt_start_seq: one.fromSeq } as const;
    await jsm.consumers.add(one.stream, { ...configOf(one), ...start });
    restored.push(one.durable);
  }
  return restored;
}

export async function removeDurables(nats: NatsConnection, { subscriptions }: Partner): Promise<void> {
  const jsm = await jetstreamManager(nats);
  for (const one of subscriptions) await remove(jsm, one);
}

/** How many events wait for the partner, those it has not acknowledged included. */
export async function waitingFor(nats: NatsConnection, { subscriptions }: Partner): Promise<number> {
  const jsm = await jetstreamManager(nats);
  let waiting = 0;
  for (const { stream, durable } of subscriptions) {
    const info = await jsm.consumers.info(stream, durable).catch(unlessAbsent);
    waiting += info ? info.num_pending + info.num_ack_pending : 0;
  }
  return waiting;
}

function configOf({ durable, subjects }: Pick<Subscription, 'durable' | 'subjects'>): Partial<ConsumerConfig> {
  return {
    durable_name: durable,
    ack_policy: 'explicit',
    replay_policy: 'instant',
    max_deliver: -1,
    ack_wait: 30_000_000_000,
    filter_subjects: subjects,
    ...BOUNDS,
  };
}

async function remove(jsm: JetStreamManager, { stream, durable }: Pick<Subscription, 'stream' | 'durable'>) {
  await jsm.consumers.delete(stream, durable).catch(unlessAbsent);
}

function unlessAbsent(error: { code?: number }): undefined {
  if (error.code !== CONSUMER_NOT_FOUND) throw error;
}

import { contextNameOf, type Subscription, streamSubjects, subjectsOf } from '@jonction/events';
import { type ConsumerConfig, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** A service that speaks, listens, or both. */
export interface Speaker {
  /** The service's name in snake_case: its context, its stream, its durables. */
  name: string;
  subscriptions: Subscription[];
}

/** What NATS must hold for the services: made and kept by `provision` alone. Returns what it made or changed. */
export async function provisionStreams(nats: NatsConnection, services: Speaker[], replicas = 1): Promise<string[]> {
  const jsm = await jetstreamManager(nats);
  const done: string[] = [];
  const absent = async (look: Promise<unknown>) => {
    try {
      await look;
      return false;
    } catch (error) {
      if (![10_059, 10_014].includes((error as { code?: number }).code ?? 0)) throw error;
      return true;
    }
  };
  for (const { name } of services) {
    if (await absent(jsm.streams.info(name))) {
      await jsm.streams.add(streamOf(name, replicas));
      done.push(`stream ${name}`);
      continue;
    }
    const { config } = await jsm.streams.info(name);
    if (config.num_replicas === replicas) continue;
    await jsm.streams.update(name, { num_replicas: replicas });
    done.push(`stream ${name}: ${replicas} copies instead of ${config.num_replicas}`);
  }
  for (const { name, subscriptions } of services) {
    const byStream = Map.groupBy(subscriptions, ({ type }) => contextNameOf(type.$type));
    for (const [stream, heard] of byStream) {
      const wanted = durableOf(name, heard);
      if (await absent(jsm.consumers.info(stream, name))) {
        await jsm.consumers.add(stream, wanted);
        done.push(`durable ${name} on ${stream}`);
        continue;
      }
      const { config } = await jsm.consumers.info(stream, name);
      if (JSON.stringify(config.filter_subjects) === JSON.stringify(wanted.filter_subjects)) continue;
      await jsm.consumers.update(stream, name, { filter_subjects: wanted.filter_subjects ?? [] });
      done.push(`durable ${name} on ${stream}: other events, from now on (those said before are not heard again)`);
    }
  }
  return done;
}

/** Everything for ever, nothing taken back: what the context says is evidence. */
function streamOf(name: string, replicas: number): Pick<StreamConfig, 'name' | 'subjects'> & Partial<StreamConfig> {
  return {
    name,
    subjects: [streamSubjects(name)],
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    deny_delete: true,
    deny_purge: true,
    allow_atomic: true,
    allow_direct: false,
    num_replicas: replicas,
  };
}

/** From the first event, in order; one acknowledgement stands for all before it, which a strictly ordered reader may do. */
function durableOf(service: string, heard: Subscription[]): Partial<ConsumerConfig> {
  return {
    durable_name: service,
    ack_policy: 'all',
    deliver_policy: 'all',
    replay_policy: 'instant',
    max_deliver: -1,
    ack_wait: 60_000_000_000,
    max_ack_pending: 10_000,
    filter_subjects: heard.map(({ type }) => subjectsOf(type.$type)).sort(),
  };
}

import { natsOptions } from '@jonction/events';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { answer } from '../child.ts';

// The floor of exactly-once handling: takes messages and acknowledges each, and does nothing with them.
let nats: NatsConnection;

async function prepare({ natsUrl }: { natsUrl: string }): Promise<void> {
  nats = await connect({ ...natsOptions(natsUrl), inboxPrefix: '_INBOX.provisioner' });
}

/** Consumes `count` messages of a stream after `seq`. Gives messages a second, from the first request to the last acknowledgement. */
async function consume({ stream, seq, count }: { stream: string; seq: number; count: number }): Promise<number> {
  const jsm = await jetstreamManager(nats);
  const { name } = await jsm.consumers.add(stream, {
    ack_policy: AckPolicy.Explicit,
    deliver_policy: 'by_start_sequence',
    opt_start_seq: seq + 1,
    max_ack_pending: 10_000,
    inactive_threshold: 60_000_000_000,
  });
  const consumer = await jetstream(nats).consumers.get(stream, name);
  const startedAt = performance.now();
  const messages = await consumer.consume({ max_messages: 1_000 });
  let taken = 0;
  for await (const message of messages) {
    message.ack();
    if (++taken === count) break;
  }
  await nats.flush();
  const perSecond = count / ((performance.now() - startedAt) / 1_000);
  await messages.close();
  await jsm.consumers.delete(stream, name);
  return perSecond;
}

answer({ prepare, consume });

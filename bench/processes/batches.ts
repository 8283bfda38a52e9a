import { natsOptions } from '@jonction/events';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { answer } from '../child.ts';

const BATCH = 500;
const STREAM = 'bench_floor';

// The floor of the relay: sends messages that lie ready in memory, in atomic batches, each acknowledged before the next.
let nats: NatsConnection;
let ready: { subject: string; body: string; options: { headers: MsgHdrs } }[] = [];

async function prepare({ natsUrl }: { natsUrl: string }): Promise<void> {
  nats = await connect({ ...natsOptions(natsUrl), inboxPrefix: '_INBOX.provisioner' });
  const jsm = await jetstreamManager(nats);
  await jsm.streams.add({
    name: STREAM,
    subjects: ['floor.>'],
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    allow_atomic: true,
    allow_direct: false,
  });
}

/** Takes the messages after `seq` of the context's stream as they stand there, headers and all. */
async function take({ context, seq, count }: { context: string; seq: number; count: number }): Promise<void> {
  const js = jetstream(nats);
  const consumer = await js.consumers.get(context, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: seq + 1,
  });
  ready = [];
  const messages = await consumer.consume({ max_messages: 2_000 });
  for await (const message of messages) {
    const set = headers();
    for (const key of message.headers?.keys() ?? [])
      if (!key.startsWith('Nats-Batch')) set.set(key, message.headers?.get(key) ?? '');
    ready.push({
      subject: message.subject.replace(/^[^.]+/, 'floor'),
      body: message.string(),
      options: { headers: set },
    });
    if (ready.length === count) break;
  }
  await messages.close();
}

/** Messages a second. */
async function send(): Promise<number> {
  const js = jetstream(nats);
  const startedAt = performance.now();
  for (let from = 0; from < ready.length; from += BATCH) {
    const [first, ...rest] = ready.slice(from, from + BATCH);
    const last = rest.pop();
    if (!first || !last) throw new Error('a batch has two messages at least');
    const batch = await js.startBatch(first.subject, first.body, first.options);
    for (const { subject, body, options } of rest) batch.add(subject, body, options);
    await batch.commit(last.subject, last.body, last.options);
  }
  return ready.length / ((performance.now() - startedAt) / 1_000);
}

answer({ prepare, take, send });

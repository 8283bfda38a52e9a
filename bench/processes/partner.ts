import { constants, setPriority } from 'node:os';
import { natsOptions, type Row, send, subjectOf } from '@jonction/events';
import { type ConsumerMessages, jetstream } from '@nats-io/jetstream';
import { connect, credsAuthenticator, headers, type NatsConnection } from '@nats-io/transport-node';
import { answer } from '../child.ts';
import { quantile } from '../rounds.ts';

const TYPE = 'jonction.procurement.v1.ConsultationPublished';
const SENT_AT = 'bench-sent-at';

// A vendor: it hears its durable as examples/partner-listen does. One that measures also says the events it waits for.
let partner: NatsConnection;
let speaker: NatsConnection;
let messages: ConsumerMessages;
let times: number[] = [];

async function prepare({ natsUrl, creds, name }: { natsUrl: string; creds: string; name: string }): Promise<void> {
  const authenticator = credsAuthenticator(Buffer.from(creds));
  const { servers } = natsOptions(natsUrl);
  partner = await connect({ servers: servers ?? '', authenticator, inboxPrefix: `_INBOX.${name}` });
  speaker = await connect({ ...natsOptions(natsUrl), inboxPrefix: '_INBOX.provisioner' });
}

/** Stores events that wait. */
async function fill({ count }: { count: number }): Promise<void> {
  const js = jetstream(speaker);
  let last = 0;
  for (let done = 0; done < count; done += 500) last = await send(js, Array.from({ length: 500 }, rowOf), last);
}

function rowOf(): Row {
  const id = crypto.randomUUID();
  const about = { operator: 'bfc', member_id: id, aggregate_id: id, seq: 1, type: TYPE };
  const chain = { traceparent: '', causation: '', correlation: id };
  return { position: '0', event_id: id, ...about, body: JSON.stringify({ id }), ...chain, occurred_at: new Date() };
}

/** Takes and acknowledges `count` events of a durable. Gives the seconds that took. */
async function drain({ durable, count }: { durable: string; count: number }): Promise<number> {
  // A vendor has a machine of its own: here it yields the processor to what is measured.
  setPriority(constants.priority.PRIORITY_LOW);
  const startedAt = performance.now();
  const consumer = await jetstream(partner, { domain: 'jonction' }).consumers.get('procurement', durable);
  let taken = 0;
  const heard = await consumer.consume({ max_messages: 100 });
  for await (const message of heard) {
    message.ack();
    if (++taken === count) break;
  }
  await partner.flush();
  await heard.close();
  return (performance.now() - startedAt) / 1_000;
}

/** Hears a durable from now on, until the process ends. */
async function listen({ durable }: { durable: string }): Promise<void> {
  const consumer = await jetstream(partner, { domain: 'jonction' }).consumers.get('procurement', durable);
  messages = await consumer.consume({ max_messages: 100 });
  void hear();
}

async function hear(): Promise<void> {
  for await (const message of messages) {
    const sentAt = Number(message.headers?.get(SENT_AT));
    if (sentAt) times.push(performance.now() - sentAt);
    message.ack();
  }
}

/** Says events at a rate, whether or not they are heard, and gives the p99 from there to the listener, in ms. */
async function measure({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<number> {
  times = [];
  const js = jetstream(speaker);
  const startedAt = performance.now();
  const all = perSecond * seconds;
  const sent: Promise<unknown>[] = [];
  for (let at = 0; at < all; at++) {
    const wait = startedAt + (at * 1_000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const set = headers();
    set.set(SENT_AT, String(performance.now()));
    sent.push(js.publish(subjectOf(TYPE, 'idf', 'bench'), '{}', { headers: set }));
  }
  await Promise.all(sent);
  const end = performance.now() + 10_000;
  while (times.length < all && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  if (times.length < all) throw new Error(`${all - times.length} of ${all} events were not heard`);
  return quantile(
    times.toSorted((a, b) => a - b),
    0.99,
  );
}

answer({ prepare, fill, drain, listen, measure });

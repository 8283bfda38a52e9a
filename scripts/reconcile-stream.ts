import { type Row, subjectOf } from '@jonction/events';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';

/** One place where the stream and the outbox disagree. `seq` is the stream's. */
export interface Difference {
  kind: 'missing' | 'extra' | 'different';
  eventId: string;
  seq: number;
}

export interface Reconciled {
  compared: number;
  /** Rows of the outbox not sent yet; no fault by itself. */
  waiting: number;
  differences: Difference[];
}

const PAGE = 1_000;

/** Compares a context's stream with its outbox, event by event: what is missing, what is extra, what is different. */
export async function reconcileStream(nats: NatsConnection, url: string, stream: string): Promise<Reconciled> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ waiting: string }>(
      'select count(*) as waiting from outbox where stream_seq is null',
    );
    const result: Reconciled = { compared: 0, waiting: Number(rows[0]?.waiting), differences: [] };
    const sent = outboxRows(client);
    let row = (await sent.next()).value;
    for await (const stored of streamMessages(nats, stream)) {
      while (row && Number(row.stream_seq) < stored.seq) {
        result.differences.push({ kind: 'missing', eventId: row.event_id, seq: Number(row.stream_seq) });
        row = (await sent.next()).value;
      }
      if (!row || Number(row.stream_seq) > stored.seq) {
        result.differences.push({ kind: 'extra', eventId: stored.id, seq: stored.seq });
        continue;
      }
      result.compared++;
      if (!same(row, stored)) result.differences.push({ kind: 'different', eventId: row.event_id, seq: stored.seq });
      row = (await sent.next()).value;
    }
    for (; row; row = (await sent.next()).value)
      result.differences.push({ kind: 'missing', eventId: row.event_id, seq: Number(row.stream_seq) });
    return result;
  } finally {
    await client.end();
  }
}

type Sent = Row & { stream_seq: string };

interface Stored {
  seq: number;
  id: string;
  subject: string;
  body: string;
  aggregateSeq: string;
}

function same(row: Sent, stored: Stored): boolean {
  const subject = subjectOf(row.type, row.operator, row.member_id);
  return (
    stored.id === row.event_id &&
    stored.body === row.body &&
    stored.subject === subject &&
    stored.aggregateSeq === String(row.seq)
  );
}

async function* outboxRows(client: Client): AsyncGenerator<Sent, undefined> {
  let cursor = 0;
  while (true) {
    const { rows } = await client.query<Sent>(
      'select * from outbox where stream_seq > $1 order by stream_seq limit $2',
      [cursor, PAGE],
    );
    if (rows.length === 0) return undefined;
    yield* rows;
    cursor = Number(rows.at(-1)?.stream_seq);
  }
}

/** Every message of the stream, in order, up to the last it has now. */
async function* streamMessages(nats: NatsConnection, stream: string): AsyncGenerator<Stored> {
  const js = jetstream(nats);
  const { state } = await (await js.streams.get(stream)).info();
  if (state.messages === 0) return;
  const consumer = await js.consumers.get(stream, { deliver_policy: 'all' });
  const messages = await consumer.consume({ max_messages: PAGE });
  for await (const message of messages) {
    const { headers } = message;
    yield {
      seq: message.seq,
      id: headers?.get('ce-id') ?? '',
      subject: message.subject,
      body: message.string(),
      aggregateSeq: headers?.get('jonction-seq') ?? '',
    };
    if (message.seq >= state.last_seq) break;
  }
  await messages.close();
}

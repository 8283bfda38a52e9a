import { envelope, type Row, subjectOf } from '@jonction/events';
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

/**
 * Compares a context's stream with its outbox, event by event: what is missing, what is extra, what is different. Safe
 * while both grow: what was marked as sent before the stream was looked at must be in it, and what the stream holds
 * beyond must at least be in the outbox.
 */
export async function reconcileStream(nats: NatsConnection, url: string, stream: string): Promise<Reconciled> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ waiting: string; sent: string }>(
      'select count(*) filter (where stream_seq is null) as waiting, coalesce(max(stream_seq), 0) as sent from outbox',
    );
    const result: Reconciled = { compared: 0, waiting: Number(rows[0]?.waiting), differences: [] };
    const upTo = Number(rows[0]?.sent);
    const sent = outboxRows(client, upTo);
    let row = (await sent.next()).value;
    const missing = (gone: Sent) =>
      result.differences.push({ kind: 'missing', eventId: gone.event_id, seq: Number(gone.stream_seq) });
    for await (const stored of streamMessages(nats, stream)) {
      for (; row && Number(row.stream_seq) < stored.seq; row = (await sent.next()).value) missing(row);
      if (!row || Number(row.stream_seq) > stored.seq) {
        const underWay = stored.seq > upTo && (await isKnown(client, stored.id));
        if (!underWay) result.differences.push({ kind: 'extra', eventId: stored.id, seq: stored.seq });
        continue;
      }
      result.compared++;
      if (!same(row, stored)) result.differences.push({ kind: 'different', eventId: row.event_id, seq: stored.seq });
      row = (await sent.next()).value;
    }
    for (; row; row = (await sent.next()).value) missing(row);
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
  headers: Record<string, string>;
}

/** Subject, body and the whole envelope but the trace, which a lone message carries on from its own publishing. */
function same(row: Sent, stored: Stored): boolean {
  const expected = envelope(row, '');
  return (
    stored.subject === subjectOf(row.type, row.operator, row.member_id) &&
    stored.body === row.body &&
    expected.keys().every((name) => stored.headers[name] === expected.get(name))
  );
}

async function isKnown(client: Client, eventId: string): Promise<boolean> {
  const { rows } = await client.query('select from outbox where event_id::text = $1', [eventId]);
  return rows.length > 0;
}

async function* outboxRows(client: Client, upTo: number): AsyncGenerator<Sent, undefined> {
  let cursor = 0;
  while (true) {
    const { rows } = await client.query<Sent>(
      'select * from outbox where stream_seq > $1 and stream_seq <= $2 order by stream_seq limit $3',
      [cursor, upTo, PAGE],
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
    const headers = Object.fromEntries(
      (message.headers?.keys() ?? []).map((name) => [name, message.headers?.get(name) ?? '']),
    );
    yield { seq: message.seq, id: headers['ce-id'] ?? '', subject: message.subject, body: message.string(), headers };
    // The last one of all may be gone: then nothing is pending before its number comes.
    if (message.seq >= state.last_seq || message.info.pending === 0) break;
  }
  await messages.close();
}

import { type Context, contextOf, inSpan, SpanKind, traceparentOf } from '@jonction/service';
import type { JetStreamClient } from '@nats-io/jetstream';
import { type MsgHdrs, MsgHdrsImpl } from '@nats-io/nats-core';
import { contextNameOf, subjectOf } from './event.ts';

/** A row of the outbox. */
export interface Row {
  position: string;
  event_id: string;
  operator: string;
  member_id: string;
  aggregate_id: string;
  seq: number;
  type: string;
  body: string;
  traceparent: string;
  causation: string;
  correlation: string;
  occurred_at: Date;
}

/**
 * The server prepares an atomic batch beside the stream before it stores it: about 10 ms on the disk, however small it is.
 * That many events sent one behind the other are stored sooner.
 */
const FEW = 16;

/**
 * Stores the rows in the stream, right behind its sequence `last` and without a gap: all of them, or the first few when it
 * throws. Returns the sequence of the last one. A stream that was lost meanwhile, or that another relay wrote to, ends
 * elsewhere and refuses them.
 */
export async function send(js: JetStreamClient, rows: Row[], last: number): Promise<number> {
  const [first] = rows;
  if (!first) return 0;
  const context = contextNameOf(first.type);
  const lone = rows.length === 1;
  const parents = rows.map((row) => contextOf(row.traceparent));
  return inSpan(
    lone ? `publish ${first.type}` : 'publish batch',
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'nats',
        'messaging.destination.name': context,
        'messaging.batch.message_count': rows.length,
      },
      ...(lone ? { parent: parents[0] as Context } : { links: parents }),
    },
    async (inside) => {
      if (lone) return sendFew(js, [{ ...first, traceparent: traceparentOf(inside) }], last);
      return rows.length > FEW ? sendBatch(js, rows, last) : sendFew(js, rows, last);
    },
  );
}

/** All under way at once; each names the sequence of the one before it, so none is stored when that one was not. */
async function sendFew(js: JetStreamClient, rows: Row[], last: number): Promise<number> {
  const answers = await Promise.allSettled(
    rows.map((row, at) =>
      js.publish(subjectOf(row.type, row.operator, row.member_id), row.body, {
        headers: behind(last + at, envelope(row, row.traceparent)),
        timeout: 5_000,
      }),
    ),
  );
  const refused = answers.find((answer) => answer.status === 'rejected');
  if (refused) throw refused.reason;
  return last + rows.length;
}

async function sendBatch(js: JetStreamClient, rows: Row[], last: number): Promise<number> {
  const message = (row: Row) => [subjectOf(row.type, row.operator, row.member_id), row.body] as const;
  const options = (row: Row) => ({ headers: envelope(row, row.traceparent) });
  const [first, end] = [rows[0] as Row, rows.at(-1) as Row];
  const batch = await js.startBatch(...message(first), { headers: behind(last, envelope(first, first.traceparent)) });
  for (const row of rows.slice(1, -1)) batch.add(...message(row), options(row));
  const { seq } = await batch.commit(...message(end), options(end));
  return seq;
}

/** The server refuses the message unless the stream ends with this sequence; a batch says so in its first one. */
function behind(last: number, set: MsgHdrs): MsgHdrs {
  set.set('Nats-Expected-Last-Sequence', String(last));
  return set;
}

const LINE_BREAK = /[\r\n]/;

/**
 * CloudEvents 1.0, binary mode of its NATS binding. The library drops `msgID` in a batch, so the header is set here; and
 * all are set at once, because setting them one by one looks through those before each time.
 */
export function envelope(row: Row, traceparent: string): MsgHdrs {
  const set: Record<string, string> = {
    'Nats-Msg-Id': row.event_id,
    'ce-specversion': '1.0',
    'ce-id': row.event_id,
    'ce-type': row.type,
    'ce-source': `/jonction/${contextNameOf(row.type)}`,
    'ce-subject': row.aggregate_id,
    'ce-time': row.occurred_at.toISOString(),
    'ce-datacontenttype': 'application/json',
    'jonction-seq': String(row.seq),
    ...(row.causation && { 'jonction-causation': row.causation }),
    'jonction-correlation': row.correlation,
    ...(traceparent && { traceparent }),
  };
  const lists: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(set)) {
    if (LINE_BREAK.test(value)) throw new Error(`${name} of event ${row.event_id} holds a line break`);
    lists[name] = [value];
  }
  return MsgHdrsImpl.fromRecord(lists);
}

import { mark, type Row, send } from '@jonction/events';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';

const BATCH = 500;

/**
 * Stores again what a lost stream held, from the outbox, in the order it was stored; the relay goes on with the rest.
 * Begun anew after an interruption, it goes on where it was. Refuses when the stream holds something else at its end.
 */
export async function rebuildStream(
  nats: NatsConnection,
  url: string,
  stream: string,
  progress: (done: number, all: number) => void = () => {},
): Promise<number> {
  const jsm = await jetstreamManager(nats);
  const js = jetstream(nats);
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: counted } = await client.query<{ all: string }>(
      'select count(*) as all from outbox where stream_seq is not null',
    );
    const all = Number(counted[0]?.all);
    let done = (await jsm.streams.info(stream)).state.last_seq;
    if (done > 0) await sameEnd(client, jsm, stream, done);
    let cursor = done;
    while (true) {
      const { rows } = await client.query<Row & { stream_seq: string }>(
        'select * from outbox where stream_seq > $1 order by stream_seq limit $2',
        [cursor, BATCH],
      );
      const last = rows.at(-1);
      if (!last) return done;
      cursor = Number(last.stream_seq);
      done = await send(js, rows, done);
      // Sequences are the same again unless the old stream held strangers.
      if (done !== cursor) await mark(client, rows, done);
      progress(done, all);
    }
  } finally {
    await client.end();
  }
}

async function sameEnd(
  client: Client,
  jsm: Awaited<ReturnType<typeof jetstreamManager>>,
  stream: string,
  seq: number,
): Promise<void> {
  const stored = await jsm.streams.getMessage(stream, { seq });
  const { rows } = await client.query<{ event_id: string }>('select event_id from outbox where stream_seq = $1', [seq]);
  if (stored?.header.get('ce-id') === rows[0]?.event_id) return;
  throw new Error(
    `stream ${stream} ends with an event that the outbox does not have at ${seq}: delete the stream, run provision, then rebuild`,
  );
}

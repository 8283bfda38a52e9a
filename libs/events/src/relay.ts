import { type Database, defect, log } from '@jonction/service';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { type Row, send } from './publish.ts';

/** At most 1,000 messages go in an atomic batch; 500 is where the rate stops growing. */
const BATCH = 500;
const POLL_MS = 500;
const RETRY_MS = 500;

export interface RelayOptions {
  /** The service's database as the role that may only read the outbox and mark it. */
  url: string;
  /** The context whose events these are; also the stream's name. */
  context: string;
}

/**
 * Sends what the outbox holds to the context's stream, in order, once. There is no cursor: the rows without a stream
 * sequence are what is left to send. One relay a service is active, held by an advisory lock; it outlives the loss of
 * PostgreSQL and of NATS.
 */
export function startRelay(database: Database, nats: NatsConnection, options: RelayOptions): AsyncDisposable {
  const stop = new AbortController();
  const alarm = alarmClock(stop.signal);
  const nudge = `nudge.${options.context}`;
  // The active relay may be in another replica: a word on core NATS wakes it too.
  let active = false;
  const recorded = database.onRecorded(() => {
    if (active) alarm.ring();
    else if (!nats.isClosed()) nats.publish(nudge);
  });
  const listening = nats.subscribe(nudge, { callback: () => alarm.ring() });
  const running = (async () => {
    while (!stop.signal.aborted) {
      try {
        const activate = (now: boolean) => {
          active = now;
        };
        await holdAndSend(nats, options, { alarm, end: stop.signal, activate });
      } catch (error) {
        log.warn({ event: 'relay interrupted', context: options.context, ...defect(error) });
        await alarm.wait(RETRY_MS, true);
      }
      active = false;
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      recorded[Symbol.dispose]();
      listening.unsubscribe();
      await running;
    },
  };
}

type Alarm = ReturnType<typeof alarmClock>;

/** Waits for a ring, a time, or the end. A ring that comes while nobody waits is kept. */
function alarmClock(end: AbortSignal) {
  let rung = false;
  let wake: (() => void) | undefined;
  const ring = () => {
    rung = true;
    wake?.();
  };
  end.addEventListener('abort', ring);
  return {
    ring,
    async wait(ms: number, deaf = false) {
      if (end.aborted || (rung && !deaf)) {
        rung = false;
        return;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          if (deaf && !end.aborted) return;
          clearTimeout(timer);
          resolve();
        };
      });
      wake = undefined;
      rung = false;
    },
  };
}

/** When a relay works: woken by the alarm, until the end; `activate` tells that it holds the lock. */
interface Watch {
  alarm: Alarm;
  end: AbortSignal;
  activate(now: boolean): void;
}

async function holdAndSend(nats: NatsConnection, { url, context }: RelayOptions, watch: Watch): Promise<void> {
  const { alarm, end, activate } = watch;
  const client = new Client({ connectionString: url, application_name: `${context} relay`, keepAlive: true });
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {});
  client.on('error', reject);
  const stopped = () => reject(new Stopped());
  end.addEventListener('abort', stopped, { once: true });
  try {
    await client.connect();
    // A mark that a crash of PostgreSQL takes back is found again in the stream, so none has to wait for the disk.
    await client.query('set synchronous_commit = off');
    await Promise.race([client.query('select pg_advisory_lock(hashtext($1))', [`relay ${context}`]), lost]);
    activate(true);
    const jsm = await jetstreamManager(nats, { checkAPI: false });
    const js = jetstream(nats);
    let next = BATCH;
    while (!end.aborted) {
      const last = await settle(client, jsm, context);
      if (last === undefined) {
        await alarm.wait(2_000, true);
        continue;
      }
      next = await sendUntilRefused(client, js, watch, { size: next, last });
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    end.removeEventListener('abort', stopped);
    client.end().catch(() => {});
  }
}

class Stopped extends Error {}

/**
 * Marks what a lost acknowledgement left unmarked: this relay alone writes the stream, so whatever stands behind the
 * last marked sequence was sent by it. Returns the stream's last sequence, or undefined, having said what to do, when the
 * stream is missing or behind.
 */
export async function settle(client: Client, jsm: JetStreamManager, context: string): Promise<number | undefined> {
  const { rows } = await client.query<{ marked: string }>('select coalesce(max(stream_seq), 0) as marked from outbox');
  const marked = Number(rows[0]?.marked ?? 0);
  let last: number;
  try {
    last = (await jsm.streams.info(context)).state.last_seq;
  } catch (error) {
    if ((error as { code?: number }).code !== 10_059) throw error;
    log.error({ event: 'stream missing', stream: context, remedy: 'npm run provision' });
    return undefined;
  }
  if (last < marked) {
    log.error({
      event: 'stream behind the outbox',
      stream: context,
      last,
      marked,
      remedy: `npm run rebuild -- ${context}`,
    });
    return undefined;
  }
  for (let seq = marked + 1; seq <= last; seq++) {
    const stored = await jsm.streams.getMessage(context, { seq });
    const id = stored?.header.get('ce-id');
    await client.query(
      'update outbox set stream_seq = $1, published_at = now() where event_id = $2 and stream_seq is null',
      [seq, id],
    );
  }
  return last;
}

/**
 * Sends batch after batch, behind the stream's `last` sequence. Returns the size to go on with after a batch was refused:
 * one at a time, then batches again.
 */
async function sendUntilRefused(
  client: Client,
  js: JetStreamClient,
  { alarm, end }: Watch,
  from: { size: number; last: number },
): Promise<number> {
  let { size, last } = from;
  let rows: Row[] = [];
  let stored: Row[] = [];
  while (!end.aborted) {
    if (rows.length === 0) {
      // What was just stored is marked while the next are sent: they do not wait for it.
      rows = await read(client, size, stored);
      if (rows.length > 0) continue;
      await mark(client, stored, last);
      stored = [];
      await alarm.wait(POLL_MS);
      continue;
    }
    // While the stream stores these, those before them are marked, and of a long queue those after them are read.
    const next = rows.length === size ? Math.min(BATCH, size * 2) : 0;
    const [sent, ahead] = await Promise.allSettled([
      send(js, rows, last),
      markAndRead(client, { stored, last }, next, rows),
    ]);
    if (ahead.status === 'rejected') throw ahead.reason;
    if (sent.status === 'rejected') {
      log.warn({ event: 'publish failed', events: rows.length, ...defect(sent.reason) });
      await alarm.wait(RETRY_MS, true);
      return rows.length > 1 ? 1 : BATCH;
    }
    [stored, rows, last, size] = [rows, ahead.value, sent.value, Math.min(BATCH, size * 2)];
  }
  await mark(client, stored, last);
  return BATCH;
}

/** Notes the sequences of what was stored up to `last`, and reads what comes after the rows under way, `size` at most. */
async function markAndRead(
  client: Client,
  { stored, last }: { stored: Row[]; last: number },
  size: number,
  underWay: Row[],
): Promise<Row[]> {
  await mark(client, stored, last);
  return size === 0 ? [] : read(client, size, underWay);
}

async function read(client: Client, size: number, underWay: Row[]): Promise<Row[]> {
  const { rows } = await client.query<Row>({
    name: 'unsent',
    text: `select * from outbox where stream_seq is null and position <> all ($2::bigint[]) order by position limit $1`,
    values: [size, underWay.map((row) => row.position)],
  });
  return rows;
}

/** A batch is stored in one piece, so its sequences follow each other up to the last. */
export async function mark(client: Client, rows: Row[], lastSeq: number): Promise<void> {
  if (rows.length === 0) return;
  await client.query({
    name: 'mark',
    text: `update outbox set stream_seq = sent.seq, published_at = now()
           from unnest($1::bigint[], $2::bigint[]) as sent (position, seq) where outbox.position = sent.position`,
    values: [rows.map((row) => row.position), rows.map((_, at) => lastSeq - rows.length + 1 + at)],
  });
}

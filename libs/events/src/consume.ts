import { type Database, defect, log } from '@jonction/service';
import { type Consumer, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { contextNameOf } from './event.ts';
import { type Heard, handleAll, isOutage, release } from './inbox.ts';
import type { Subscription } from './subscription.ts';

/** Events handled in one transaction at most. */
const BATCH = 200;
/** Events the client holds ahead of the handlers. */
const AHEAD = 1_000;
const RETRY_MS = 500;

export interface ConsumeOptions {
  /** The listening service's name; its durables bear it. */
  service: string;
  /** The database as the relay role, for the lock that makes one replica the active one. */
  url: string;
  subscriptions: Subscription[];
}

/**
 * Hears the events of a service's subscriptions, each stream through one durable, strictly in stream order.
 *
 * After a crash the server would deliver what comes next before what is due again. So each session begins by setting the
 * durable back to its last acknowledged event, and ends as soon as a delivery is missing or repeated. The inbox makes
 * the repeats harmless.
 */
export function startConsumers(database: Database, nats: NatsConnection, options: ConsumeOptions): AsyncDisposable {
  const stop = new AbortController();
  const handlers = new Map(options.subscriptions.map((subscription) => [subscription.type.$type, subscription]));
  const turns = oneAtATime();
  const streams = new Set(options.subscriptions.map(({ type }) => contextNameOf(type.$type)));
  const running = [...streams].map((stream) =>
    holdAndHear(database, nats, { ...options, stream, handlers, turns, end: stop.signal }),
  );
  const releases = nats.subscribe(`release.${options.service}`, {
    callback: (_, message) => {
      const { operator, aggregateId } = message.json<{ operator: string; aggregateId?: string }>();
      // Between two batches, so that no event slips in front of a released one.
      void turns(() => release(database, handlers, operator, aggregateId)).then(
        (outcome) => message.respond(JSON.stringify(outcome)),
        (error) => message.respond(JSON.stringify({ released: 0, failed: String((error as Error).name) })),
      );
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      releases.unsubscribe();
      await Promise.all(running);
    },
  };
}

interface Hearing extends ConsumeOptions {
  stream: string;
  handlers: Map<string, Subscription>;
  turns: ReturnType<typeof oneAtATime>;
  end: AbortSignal;
}

function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}

async function holdAndHear(database: Database, nats: NatsConnection, hearing: Hearing): Promise<void> {
  const { end, url, service, stream } = hearing;
  while (!end.aborted) {
    const client = new Client({
      connectionString: url,
      application_name: `${service} hears ${stream}`,
      keepAlive: true,
    });
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    const over = AbortSignal.any([end, lost.signal]);
    over.addEventListener('abort', () => void client.end().catch(() => {}));
    try {
      await client.connect();
      await client.query('select pg_advisory_lock(hashtext($1))', [`hear ${stream}`]);
      while (!over.aborted) await session(database, nats, hearing, over);
    } catch (error) {
      if (!end.aborted) log.warn({ event: 'consumer interrupted', stream, ...defect(error) });
    } finally {
      client.end().catch(() => {});
    }
    await pause(RETRY_MS, end);
  }
}

/** One run of deliveries without gap. It ends, to begin anew, when the server or the link did not keep the order. */
async function session(database: Database, nats: NatsConnection, hearing: Hearing, over: AbortSignal): Promise<void> {
  const { service, stream } = hearing;
  const consumer = await durable(nats, hearing, over);
  if (!consumer) return;
  const messages = await consumer.consume({
    max_messages: AHEAD,
    idle_heartbeat: 1_000,
    abort_on_missing_resource: true,
  });
  const finish = () => messages.stop();
  over.addEventListener('abort', finish, { once: true });
  const disconnected = watchLink(nats, messages, finish);
  try {
    let expected = 0;
    let batch: JsMsg[] = [];
    for await (const message of messages) {
      const { deliverySequence } = message.info;
      if (expected !== 0 && deliverySequence !== expected) {
        log.warn({ event: 'delivery out of order', service, stream, expected, got: deliverySequence });
        break;
      }
      expected = deliverySequence + 1;
      batch.push(message);
      if (batch.length < BATCH && atHand(messages) > 0) continue;
      await handleBatch(database, hearing, batch, over);
      batch = [];
    }
  } finally {
    over.removeEventListener('abort', finish);
    disconnected();
    await messages.close().catch(() => {});
  }
}

/**
 * How many messages the client holds for this loop. Its own `getPending` also counts requests for more that it has sent
 * already: waiting for those would keep the last events of a burst until another comes.
 */
function atHand(messages: { getReceived(): number; getProcessed(): number }): number {
  return messages.getReceived() - messages.getProcessed();
}

/** The durable, set back to its last acknowledged event; undefined after having said which command makes it. */
async function durable(
  nats: NatsConnection,
  { service, stream, end }: Hearing,
  over: AbortSignal,
): Promise<Consumer | undefined> {
  try {
    const jsm = await jetstreamManager(nats, { checkAPI: false });
    await jsm.consumers.reset(stream, service);
    return await jetstream(nats).consumers.get(stream, service);
  } catch (error) {
    if (over.aborted) return undefined;
    log.warn({ event: 'durable not ready', service, stream, remedy: 'npm run provision', ...defect(error) });
    await pause(RETRY_MS, end);
    return undefined;
  }
}

/** Deliveries under way when the link breaks are lost, and due again only after others: the session must begin anew. */
function watchLink(
  nats: NatsConnection,
  messages: { status(): AsyncIterable<{ type: string; count?: number }> },
  finish: () => void,
): () => void {
  let watching = true;
  const link = nats.status();
  void (async () => {
    for await (const { type } of link) {
      if (!watching) break;
      if (type === 'disconnect') finish();
    }
  })();
  void (async () => {
    for await (const notice of messages.status()) {
      if (notice.type === 'heartbeats_missed' && (notice.count ?? 0) >= 2) finish();
      if (
        notice.type === 'consumer_deleted' ||
        notice.type === 'consumer_not_found' ||
        notice.type === 'stream_not_found'
      )
        finish();
    }
  })();
  return () => {
    watching = false;
    (link as unknown as { stop?(): void }).stop?.();
  };
}

/** Handles what came, however long the database is away, and only then acknowledges it with all that came before. */
async function handleBatch(
  database: Database,
  { handlers, turns, stream, end }: Hearing,
  batch: JsMsg[],
  over: AbortSignal,
): Promise<void> {
  const events = batch.map(heard);
  const last = batch.at(-1);
  while (!over.aborted) {
    try {
      await turns(() => handleAll(database, handlers, events));
      last?.ack();
      return;
    } catch (error) {
      log.warn({ event: 'events wait', stream, events: events.length, outage: isOutage(error), ...defect(error) });
      await pause(RETRY_MS, end);
    }
  }
}

function heard(message: JsMsg): Heard {
  // Asked one by one, each header would be looked for among all.
  const told = new Map([...(message.headers ?? [])].map(([name, [value = '']]) => [name, value]));
  const [, , , , operator = '', member = ''] = message.subject.split('.');
  return {
    id: told.get('ce-id') ?? '',
    type: told.get('ce-type') ?? '',
    operator,
    memberId: member === '_' ? '' : member,
    aggregateId: told.get('ce-subject') ?? '',
    seq: Number(told.get('jonction-seq')),
    time: new Date(told.get('ce-time') ?? 0),
    traceparent: told.get('traceparent') ?? '',
    causation: told.get('jonction-causation') ?? '',
    correlation: told.get('jonction-correlation') ?? '',
    body: message.string(),
  };
}

async function pause(ms: number, end: AbortSignal): Promise<void> {
  if (end.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    end.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      end.removeEventListener('abort', done);
      resolve();
    }
  });
}

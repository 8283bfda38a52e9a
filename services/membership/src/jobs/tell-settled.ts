import { setTimeout as pause } from 'node:timers/promises';
import { defect, log } from '@jonction/service';
import type { NatsConnection } from '@nats-io/transport-node';
import { Pool } from 'pg';

const LOOK_MS = 3;
/** For how long an answer may be of use to who asked. */
const PATIENCE_MS = 2_000;

const LAST = 'select coalesce(max(position), 0)::text as position from outbox';
const SETTLED = `
  select coalesce(max(stream_seq), 0)::text as seq,
    exists (select from outbox where stream_seq is null and position <= $1::bigint) as waiting from outbox`;

/**
 * Tells who asks how far membership's stream must have been heard to know all that was committed before the question: waits
 * until the relay, wherever it runs, has sent that, and answers with the last sequence. Who gets no answer knows nothing.
 */
export function tellSettled(relayUrl: string) {
  const patience = { connectionTimeoutMillis: PATIENCE_MS, query_timeout: PATIENCE_MS };
  const pool = new Pool({
    connectionString: relayUrl,
    application_name: 'settled',
    max: 1,
    keepAlive: true,
    ...patience,
  });
  pool.on('error', () => {});
  return {
    answerOn(nats: NatsConnection): void {
      const answer = async (respond: (sequence: string) => void) => {
        const sequence = await settledNow(pool).catch((error) => log.warn({ event: 'not settled', ...defect(error) }));
        if (sequence !== undefined) respond(sequence);
      };
      nats.subscribe('settled.membership', {
        callback: (_, question) => void answer((sequence) => question.respond(sequence)),
      });
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** The stream's last sequence, once it holds all that is committed now; undefined when that takes too long. */
async function settledNow(pool: Pool): Promise<string | undefined> {
  const end = performance.now() + PATIENCE_MS;
  const last = await pool.query<{ position: string }>(LAST);
  while (performance.now() < end) {
    const { rows } = await pool.query<{ seq: string; waiting: boolean }>(SETTLED, [last.rows[0]?.position]);
    if (rows[0]?.waiting === false) return rows[0].seq;
    await pause(LOOK_MS);
  }
  return undefined;
}

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type Row, send } from '@jonction/events';
import { ROOT } from '@jonction/stack';
import type { TestNats } from '@jonction/testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { inject } from 'vitest';

/** Runs `npm run partner` on a nats-server of a test. The database is not touched. */
export async function partnerCommand(nats: TestNats, ...args: string[]) {
  const given = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', NATS_URL: nats.url };
  const child = spawn(process.execPath, ['scripts/partner.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...given, JONCTION_SECRET: inject('secret') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (part) => (texts.out += part));
  child.stderr.setEncoding('utf8').on('data', (part) => (texts.err += part));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...texts };
}

/** A partner made by the command; gives its credentials. */
export async function makePartner(nats: TestNats, name: string, ...options: string[]): Promise<string> {
  const { code, out, err } = await partnerCommand(nats, 'create', name, ...options);
  if (code !== 0) throw new Error(err);
  return out;
}

/** A connection that does not come back once it is closed. */
export function asPartner(
  nats: TestNats,
  creds: string,
  name: string,
  more: ConnectionOptions = {},
): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(Buffer.from(creds));
  return connect({ servers: nats.url, authenticator, inboxPrefix: `_INBOX.${name}`, reconnect: false, ...more });
}

/** Stores events as the relay does, in order. */
export async function storeEvents(nats: NatsConnection, context: string, rows: Partial<Row>[]): Promise<void> {
  const { state } = await (await jetstreamManager(nats)).streams.info(context);
  const whole = rows.map((row) => ({ ...blank(context), ...row }));
  await send(jetstream(nats), whole, state.last_seq);
}

function blank(context: string): Row {
  return {
    position: '0',
    event_id: randomUUID(),
    operator: 'bfc',
    member_id: '',
    aggregate_id: randomUUID(),
    seq: 1,
    type: `jonction.${context}.v1.ConsultationPublished`,
    body: '{}',
    traceparent: '',
    causation: '',
    correlation: randomUUID(),
    occurred_at: new Date('2026-09-01T08:00:00Z'),
  };
}

/** What the server says to a message on a subject: `answered`, `refused`, or `unanswered` when it may be sent. */
export async function said(connection: NatsConnection, subject: string, body = ''): Promise<string> {
  try {
    await connection.request(subject, body, { timeout: 500 });
    return 'answered';
  } catch (error) {
    const text = String((error as Error).cause ?? error);
    if (/permission/i.test(text)) return 'refused';
    if (/no responders|timeout/i.test(text)) return 'unanswered';
    throw error;
  }
}

/** `taken` when the server lets us listen there, `refused` when it does not. */
export async function heard(connection: NatsConnection, subject: string): Promise<string> {
  let refused = false;
  const subscription = connection.subscribe(subject, {
    callback: (error) => {
      refused ||= /permission/i.test(String(error));
    },
  });
  await connection.flush(); // the refusal comes before the answer to a ping sent after it
  subscription.unsubscribe();
  return refused ? 'refused' : 'taken';
}

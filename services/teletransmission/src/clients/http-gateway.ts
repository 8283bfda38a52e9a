import { once } from 'node:events';
import http, { type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ActNature } from '@jonction/contracts';
import { log, UUID } from '@jonction/service';
import type { Answer } from '../domain/answer.ts';
import { type Envelope, type Gateway, GatewayUnavailable, type IncomingMessage } from './gateway.ts';

/** The longest that a prefecture may take for a whole document, and for a list of messages. */
const SEND_WITHIN_MS = 120_000;
const ANSWER_WITHIN_MS = 10_000;
const LONGEST_ID = 200;
const LONGEST_DETAIL = 4_000;
/** The prefecture's unique id of an act: departement, SIREN, day, number, nature (its XSD, numbers of 2004 included). */
const PREFECTURE_ACT_ID = /^[0-9|]\d[0-9AB|]-\d{9}-\d{8}-[A-Za-z0-9_ -]{1,15}-[A-Z]{2}$/;

const ABBREVIATIONS: Partial<Record<ActNature, string>> = {
  ACT_NATURE_DELIBERATION: 'DE',
  ACT_NATURE_REGULATORY_ORDER: 'AR',
  ACT_NATURE_INDIVIDUAL_ORDER: 'AI',
  ACT_NATURE_CONTRACT: 'CC',
  ACT_NATURE_BUDGET: 'BF',
  ACT_NATURE_OTHER: 'AU',
};

/** The gateway of the simulated prefecture: a document a request, JSON messages. */
export function httpGateway(url: string): Gateway {
  const box = (mailbox: string, message = '') =>
    `${url}/mailboxes/${encodeURIComponent(mailbox)}${message && `/${encodeURIComponent(message)}`}`;
  return {
    async send(envelope, signal) {
      const document = await envelope.document.open();
      try {
        const headers = {
          'content-type': 'application/pdf',
          'content-length': envelope.document.size,
          'x-envelope': headerOf(envelope),
        };
        const within = AbortSignal.any([signal, AbortSignal.timeout(SEND_WITHIN_MS)]);
        const status = await post(`${url}/envelopes`, document, { headers, signal: within });
        if (status !== 200) throw new GatewayUnavailable(`the prefecture answers ${status}`);
      } finally {
        document.destroy();
      }
    },
    async receive(mailbox, signal) {
      const answer = await ask(box(mailbox), { signal: soon(signal) });
      return messagesIn(await answer.json().catch(() => undefined));
    },
    async remove(mailbox, messageId, signal) {
      // One that is gone was removed before a crash.
      await ask(box(mailbox, messageId), { method: 'DELETE', signal: soon(signal) }, [404, 410]);
    },
  };
}

const soon = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);

/** Sends a document and gives the status of the answer. Not by `fetch`, which held a hundred of 150 MiB at a time. */
async function post(url: string, document: Readable, options: RequestOptions): Promise<number> {
  const { request } = url.startsWith('https:') ? https : http;
  const outgoing = request(url, { ...options, method: 'POST' });
  const answered = once(outgoing, 'response') as Promise<[http.IncomingMessage]>;
  try {
    // The answer may come, when it is a refusal, before the last byte is sent.
    const [answer] = await Promise.race([answered, pipeline(document, outgoing).then(() => answered)]);
    answer.resume();
    return answer.statusCode ?? 0;
  } catch (error) {
    throw new GatewayUnavailable('the prefecture cannot be reached', { cause: error });
  }
}

/** Whatever is not a success may be one later: it is the other side that must be mended. */
async function ask(url: string, request: RequestInit, also: number[] = []): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, request);
  } catch (error) {
    throw new GatewayUnavailable('the prefecture cannot be reached', { cause: error });
  }
  if (answer.ok || also.includes(answer.status)) return answer;
  await answer.body?.cancel();
  throw new GatewayUnavailable(`the prefecture answers ${answer.status}`);
}

function headerOf(envelope: Envelope): string {
  const { envelopeId, siren, departementCode, number, nature, subject, subjectCode, decidedOn, document } = envelope;
  const fields = {
    envelope_id: envelopeId,
    mailbox: envelope.mailbox,
    siren,
    departement: departementCode ? departementCode.padStart(3, '0') : '',
    number,
    nature: ABBREVIATIONS[nature] ?? 'AU',
    subject,
    subject_code: subjectCode,
    decided_on: decidedOn,
    sha256: document.sha256,
    size: document.size,
  };
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/**
 * Throws GatewayUnavailable when this is no list. An entry without an id could be neither kept nor removed: it is passed
 * over, so that those behind it are read.
 */
function messagesIn(list: unknown): IncomingMessage[] {
  const { messages } = (list ?? {}) as { messages?: unknown };
  if (!Array.isArray(messages)) throw new GatewayUnavailable('the mailbox answers with no list');
  return messages.flatMap((one: { message_id?: unknown; body?: unknown } | null) => {
    const { message_id: messageId, body } = one ?? {};
    if (!isText(messageId, LONGEST_ID)) {
      log.warn({ event: 'mailbox of the prefecture holds an entry without an id' });
      return [];
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
    return [{ messageId, body: Buffer.from(text), answer: answerIn(text) }];
  });
}

/** What a message says, judged field by field: it comes from outside. Undefined when it is not understood. */
export function answerIn(body: string): Answer | undefined {
  let said: Record<string, unknown> | null;
  try {
    said = JSON.parse(body) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  const { type, envelope_id: envelopeId, id_acte: id, date_reception: day, code, detail } = said ?? {};
  if (typeof envelopeId !== 'string' || !UUID.test(envelopeId)) return undefined;
  if (type === 'ARActe' && typeof id === 'string' && PREFECTURE_ACT_ID.test(id) && isDay(day))
    return { kind: 'acknowledgement', envelopeId, prefectureActId: id, receivedOn: day };
  if (type === 'AnomalieActe' && isText(code, 20) && isText(detail, LONGEST_DETAIL))
    return { kind: 'anomaly', envelopeId, code, detail };
  return undefined;
}

/** Text that PostgreSQL keeps: neither empty nor with a NUL. */
function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest && !value.includes('\0');
}

function isDay(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const time = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value);
}

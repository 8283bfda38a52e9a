import { createHash } from 'node:crypto';
import type { OutgoingJob } from '@jonction/commands';
import { ActAcknowledged, ActBecameEnforceable, ActRejected, ActTransmitted } from '@jonction/contracts';
import { causedBy, newCause, record, schedule } from '@jonction/events';
import { inSpan, log, sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type Gateway, GatewayUnavailable, type IncomingMessage } from '../clients/gateway.ts';
import { Act, type Effect } from '../domain/act.ts';

interface Payload {
  operator: string;
}

/** What was acted upon and still lies in the mailbox. */
interface Mailbox {
  operator: string;
  done: string[];
}

interface Read {
  removed: string[];
  messages: IncomingMessage[];
}

/**
 * Reads the mailbox of an operator, for ever: each run plans the next. A message is removed from it by the run after the
 * one that committed what follows from it, so that a crash anywhere leads to reading it again, never to losing it.
 */
export function readAnswers(gateway: Gateway, pollMs: number): OutgoingJob<Payload, Mailbox, Read> {
  return {
    silent: true,
    async load(em, { operator }) {
      const rows = await sql<{ id: string }>(em, TO_REMOVE, [operator]);
      return { operator, done: rows.map(({ id }) => id) };
    },
    async call({ operator, done }, signal) {
      const removed: string[] = [];
      try {
        for (const id of done) {
          await gateway.remove(operator, id, signal);
          removed.push(id);
        }
        return { removed, messages: await gateway.receive(operator, signal) };
      } catch (error) {
        if (!(error instanceof GatewayUnavailable)) throw error;
        log.warn({ event: 'mailbox of the prefecture out of reach', operator });
        return { removed, messages: [] };
      }
    },
    async record(em, { operator }, { removed, messages }, { now }) {
      await sql(em, REMOVED, [operator, removed, now]);
      for (const message of messages) await take(em, operator, message, now);
      causedBy(em, newCause(now));
      // What was read now is removed at once; an empty mailbox is looked at again after a while.
      scheduleReading(em, operator, new Date(now.getTime() + (messages.length > 0 ? 0 : pollMs)));
    },
  };
}

/** Has the mailbox of an operator read; an earlier plan is replaced. */
export function scheduleReading(em: EntityManager, operator: string, at: Date): void {
  schedule(em, 'read-answers', { operator } satisfies Payload, { at, key: `read ${operator}` });
}

const TO_REMOVE =
  'select distinct message_id as id from incoming_message where operator = $1 and removed_at is null limit 50';
const REMOVED = `
  update incoming_message set removed_at = $3 where operator = $1 and message_id = any ($2) and removed_at is null`;
/** One that comes again after it was removed is to be removed again. */
const AGAIN = `
  update incoming_message set removed_at = null where operator = $1 and message_id = $2 and sha256 = $3 returning 1`;
const KEEP = `
  insert into incoming_message (operator, message_id, sha256, body, outcome, act_id, read_at) values ($1, $2, $3, $4, $5, $6, $7)`;

/** Acts upon a message once, however often it is read; what nobody understands is kept, set aside for a person. */
async function take(em: EntityManager, operator: string, message: IncomingMessage, now: Date): Promise<void> {
  const { messageId, body, answer } = message;
  const sha256 = createHash('sha256').update(body).digest('hex');
  if ((await sql(em, AGAIN, [operator, messageId, sha256])).length > 0) return;
  await inSpan(
    'process an answer of the prefecture',
    { attributes: { 'jonction.operator': operator } },
    async (trace) => {
      causedBy(em, newCause(now, trace));
      const act = answer && (await em.findOne(Act, { envelopeId: answer.envelopeId, operator }));
      const effect: Effect = act ? act.hear(answer, now) : { outcome: 'SET_ASIDE' };
      if (effect.outcome === 'APPLIED') tell(em, effect);
      if (effect.outcome === 'SET_ASIDE') log.warn({ event: 'message of the prefecture set aside', operator, sha256 });
      await sql(em, KEEP, [operator, messageId, sha256, body, effect.outcome, act?.actId ?? null, now]);
    },
  );
}

function tell(em: EntityManager, effect: Extract<Effect, { outcome: 'APPLIED' }>): void {
  const { transmitted, acknowledged, enforceable, rejected } = effect;
  if (transmitted) record(em, ActTransmitted, transmitted);
  if (acknowledged) record(em, ActAcknowledged, acknowledged);
  if (enforceable) record(em, ActBecameEnforceable, enforceable);
  if (rejected) record(em, ActRejected, rejected);
}

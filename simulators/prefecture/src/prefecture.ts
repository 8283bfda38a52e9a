import { randomUUID } from 'node:crypto';
import type { Entry, Envelope, Ledger, Message } from './ledger.ts';

/** How it behaves; what the number of an act ends with moves it for that act alone. */
export interface Behaviour {
  /** Between the reception of an envelope and its answer, in milliseconds. */
  delayMs: number;
  /** How many times each answer is written; 2 shows that the reader minds. */
  copies: number;
  /** Refuses everything with this code; takes everything when it is empty. */
  anomaly: string;
}

export interface Prefecture extends Disposable {
  /** Takes an envelope, once: false when it was there already. */
  take(envelope: Envelope): boolean;
  /** The oldest messages that were not removed. */
  mailbox(name: string): Message[];
  /** Puts any text into a mailbox, as an official may. */
  write(mailbox: string, body: string): Message;
  remove(messageId: string): void;
}

const PAGE = 50;

/** The State's side, from its ledger: what it received, what it answered, what was read. */
export function openPrefecture(ledger: Ledger, behaviour: Behaviour): Prefecture {
  const received = new Map<string, Envelope>();
  const answered = new Set<string>();
  const messages = new Map<string, Message>();
  const timers = new Set<NodeJS.Timeout>();

  function note(entry: Entry): void {
    if (entry.kind === 'received') received.set(entry.envelope.envelope_id, entry.envelope);
    if (entry.kind === 'answered') answered.add(entry.envelope_id);
    if (entry.kind === 'answered') for (const message of entry.messages) messages.set(message.message_id, message);
    if (entry.kind === 'written') messages.set(entry.message.message_id, entry.message);
    if (entry.kind === 'removed') messages.delete(entry.message_id);
  }

  function tell(entry: Entry): void {
    ledger.append(entry);
    note(entry);
  }

  function answerLater(envelope: Envelope, dueAt: number): void {
    if (envelope.number.endsWith('_MUET')) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        const at = Date.now();
        tell({ kind: 'answered', at, envelope_id: envelope.envelope_id, messages: answersTo(envelope, behaviour, at) });
      },
      Math.max(0, dueAt - Date.now()),
    );
    timers.add(timer);
  }

  for (const entry of ledger.entries) note(entry);
  for (const entry of ledger.entries) {
    if (entry.kind === 'received' && !answered.has(entry.envelope.envelope_id))
      answerLater(entry.envelope, entry.at + behaviour.delayMs);
  }
  return {
    take(envelope) {
      const at = Date.now();
      const isNew = !received.has(envelope.envelope_id);
      if (!isNew) tell({ kind: 'repeated', at, envelope_id: envelope.envelope_id });
      else {
        tell({ kind: 'received', at, envelope });
        answerLater(envelope, at + behaviour.delayMs);
      }
      return isNew;
    },
    mailbox: (name) => [...messages.values()].filter(({ mailbox }) => mailbox === name).slice(0, PAGE),
    write(mailbox, body) {
      const message = { message_id: randomUUID(), mailbox, body };
      tell({ kind: 'written', at: Date.now(), message });
      return message;
    },
    remove(messageId) {
      if (messages.has(messageId)) tell({ kind: 'removed', at: Date.now(), message_id: messageId });
    },
    [Symbol.dispose]() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** The answer to an envelope, as many times as it is to be written; each copy is a message of its own. */
function answersTo(envelope: Envelope, { copies, anomaly }: Behaviour, at: number): Message[] {
  const { envelope_id, mailbox, siren, departement, number, nature, decided_on } = envelope;
  const refused = anomaly || (number.endsWith('_ANO') ? '002' : '');
  const uniqueId = `${departement || '000'}-${siren || '000000000'}-${decided_on.replaceAll('-', '')}-${number}-${nature}`;
  const answer = refused
    ? {
        type: 'AnomalieActe',
        envelope_id,
        code: refused,
        detail: `Acte refusé par la préfecture simulée (${refused}).`,
      }
    : { type: 'ARActe', envelope_id, id_acte: uniqueId, date_reception: dayInFrance(at) };
  const times = number.endsWith('_BIS') ? 2 : copies;
  return Array.from({ length: times }, (_, nth) => ({
    message_id: `${envelope_id}-${nth + 1}`,
    mailbox,
    body: JSON.stringify(answer),
  }));
}

/** The day at a prefecture, `YYYY-MM-DD`. */
function dayInFrance(at: number | string | Date): string {
  return new Date(at).toLocaleDateString('sv-SE', { timeZone: 'Europe/Paris' });
}

import type { Readable } from 'node:stream';
import type { ActNature } from '@jonction/contracts';
import type { Answer } from '../domain/answer.ts';

/** An act as it leaves: everything is drawn and stored before it is sent, so that a repeat is the same envelope. */
export interface Envelope {
  envelopeId: string;
  /** Where the answers are to go: each operator has its own box, by which an answer finds its tenant. */
  mailbox: string;
  /** Of the authority; both empty when membership knew none. */
  siren: string;
  departementCode: string;
  number: string;
  nature: ActNature;
  subject: string;
  subjectCode: string;
  /** `YYYY-MM-DD`. */
  decidedOn: string;
  document: { sha256: string; size: number; open(): Promise<Readable> };
}

/** A message of a mailbox, read but not removed. */
export interface IncomingMessage {
  messageId: string;
  /** As it came, to be kept. */
  body: Buffer;
  /** What it says, or undefined when nobody understands it. */
  answer: Answer | undefined;
}

/**
 * The way to a prefecture and back. Answers come later, in any order, perhaps twice; a message stays in the mailbox until
 * it is removed. Another protocol (archives over HTTPS, e-mails over IMAP) is another set of these three functions.
 */
export interface Gateway {
  /** Resolves once the prefecture has it. The same envelope again is taken once. Throws GatewayUnavailable. */
  send(envelope: Envelope, signal: AbortSignal): Promise<void>;
  /** Some messages of a mailbox, the oldest first; none when it is empty. Throws GatewayUnavailable. */
  receive(mailbox: string, signal: AbortSignal): Promise<IncomingMessage[]>;
  /** Removes a message for good; no error when it is gone. Throws GatewayUnavailable. */
  remove(mailbox: string, messageId: string, signal: AbortSignal): Promise<void>;
}

/** The other side is down, slow, or answers what it should not: trying again later is right, with the same envelope. */
export class GatewayUnavailable extends Error {
  override name = 'GatewayUnavailable';
}

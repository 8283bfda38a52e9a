import type { OutgoingJob } from '@jonction/commands';
import { ActTransmitted } from '@jonction/contracts';
import type { Documents } from '@jonction/documents';
import { record, schedule } from '@jonction/events';
import { log } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type Envelope, type Gateway, GatewayUnavailable } from '../clients/gateway.ts';
import { Act } from '../domain/act.ts';
import { KnownMember } from '../domain/known-member.ts';
import { scheduleReading } from './read-answers.ts';

interface Payload {
  operator: string;
  actId: string;
  /** How often the prefecture was out of reach. */
  tries: number;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/**
 * Sends an act to the prefecture, until it has it: an outage, however long, is waited out. Killed before the outcome is
 * written, it sends the same envelope again, which the prefecture takes once.
 */
export function sendAct(
  gateway: Gateway,
  documents: Documents,
): OutgoingJob<Payload, Envelope, 'TAKEN' | 'UNAVAILABLE'> {
  return {
    async load(em, { operator, actId }) {
      const act = await em.findOneOrFail(Act, { actId, operator });
      if (act.status !== 'ACT_STATUS_DEPOSITED') return undefined;
      // In the name of who decided it, also when another has taken its place since.
      const author = await em.findOneOrFail(KnownMember, { memberId: act.authorMemberId, operator });
      return envelopeOf(act, author, documents);
    },
    async call(envelope, signal) {
      try {
        await gateway.send(envelope, signal);
        return 'TAKEN';
      } catch (error) {
        if (!(error instanceof GatewayUnavailable)) throw error;
        log.warn({ event: 'prefecture out of reach', envelope: envelope.envelopeId });
        return 'UNAVAILABLE';
      }
    },
    async record(em, { operator, actId, tries }, outcome, { now }) {
      const act = await em.findOneOrFail(Act, { actId, operator });
      if (outcome === 'UNAVAILABLE') {
        const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(tries, 20), LONGEST_WAIT_MS);
        scheduleSending(em, act, { at: new Date(now.getTime() + wait), tries: tries + 1 });
        return;
      }
      const transmitted = act.transmit(now);
      if (transmitted) record(em, ActTransmitted, transmitted);
      scheduleReading(em, operator, now);
    },
  };
}

/** Has the act sent; an earlier plan for the same one is replaced. */
export function scheduleSending(
  em: EntityManager,
  { operator, actId }: Act,
  { at, tries }: { at: Date; tries: number },
): void {
  schedule(em, 'send-act', { operator, actId, tries } satisfies Payload, { at, key: `send ${actId}` });
}

function envelopeOf(act: Act, { siren, departementCode }: KnownMember, documents: Documents): Envelope {
  const { operator, envelopeId, number, nature, subject, subjectCode, decidedOn } = act;
  const { documentSha256: sha256, documentSize: size } = act;
  return {
    ...{ envelopeId, mailbox: operator, siren, departementCode },
    ...{ number, nature, subject, subjectCode, decidedOn },
    document: { sha256, size, open: () => documents.read(operator, sha256) },
  };
}

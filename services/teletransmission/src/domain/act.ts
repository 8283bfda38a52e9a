import type {
  ActAcknowledged,
  ActBecameEnforceable,
  ActDeposited,
  ActLegallyPublished,
  ActNature,
  ActRejected,
  ActStatus,
  ActTakenOver,
  ActTransferred,
  ActTransmitted,
} from '@jonction/contracts';
import { refuse } from '../refusals.ts';
import type { Acknowledgement, Anomaly, Answer } from './answer.ts';

/** Upper case, digits and underscores, 15 at most, no underscore at either end. */
export const NUMBER = /^([A-Z0-9][A-Z0-9_]{0,13})?[A-Z0-9]$/;
/** Two to five levels of 1 to 99: `7.1`, `7.10.3`. */
export const SUBJECT_CODE = /^[1-9]\d?(\.[1-9]\d?){1,4}$/;

/** What is said when an act is another authority's: to those who followed the former one, then to those of the new one. */
export interface Transfer {
  left: ActTransferred;
  takenOver: ActTakenOver;
}

/** What an answer of the prefecture changed; one that says again what is known changes nothing, one that denies it is set aside. */
export type Effect =
  | { outcome: 'REPEATED' | 'SET_ASIDE' }
  | {
      outcome: 'APPLIED';
      /** When its sending was not yet known here: the answer proves it. */
      transmitted?: ActTransmitted | undefined;
      acknowledged?: ActAcknowledged;
      enforceable?: ActBecameEnforceable | undefined;
      rejected?: ActRejected;
    };

/** An act of a member on its way to the prefecture. The rules live here; nothing in this file knows about tables, RPC or NATS. */
export class Act {
  actId!: string;
  operator!: string;
  /** The authority that answers for it now. */
  memberId!: string;
  /** The authority that decided it, in whose name it is sent and whose number it bears. */
  authorMemberId!: string;
  number!: string;
  nature!: ActNature;
  subject!: string;
  subjectCode!: string;
  /** Days are `YYYY-MM-DD`, as the law counts them. */
  decidedOn!: string;
  documentSha256!: string;
  documentSize!: number;
  envelopeId!: string;
  status!: ActStatus;
  depositedAt!: Date;
  transmittedAt!: Date | null;
  receivedOn!: string | null;
  prefectureActId!: string | null;
  publishedOn!: string | null;
  enforceableOn!: string | null;
  anomalyCode!: string | null;
  anomalyDetail!: string | null;
  /** Null, as the two that follow, when it was not said who signed it. */
  signatoryAgentId!: string | null;
  mandateId!: string | null;
  /** Null for who signs by right. */
  delegationId!: string | null;
  /** 0 when it has none. */
  amountCents!: number;
  version!: number;

  deposit(now: Date): ActDeposited {
    mustBeDecided(this.decidedOn, now);
    this.status = 'ACT_STATUS_DEPOSITED';
    this.depositedAt = now;
    return {
      ...this.fields(),
      number: this.number,
      nature: this.nature,
      subjectCode: this.subjectCode,
      decidedOn: this.decidedOn,
      documentSha256: this.documentSha256,
      documentSize: BigInt(this.documentSize),
      depositedAt: now,
      signatoryAgentId: this.signatoryAgentId ?? '',
      mandateId: this.mandateId ?? '',
      delegationId: this.delegationId ?? '',
    };
  }

  /** The prefecture has taken it; undefined when that was known already. */
  transmit(now: Date): ActTransmitted | undefined {
    if (this.status !== 'ACT_STATUS_DEPOSITED') return undefined;
    this.status = 'ACT_STATUS_TRANSMITTED';
    this.transmittedAt = now;
    return { ...this.fields(), envelopeId: this.envelopeId, transmittedAt: now };
  }

  /** The prefecture answers, perhaps twice, perhaps before we learnt that it took the act. */
  hear(answer: Answer, now: Date): Effect {
    if (this.status === 'ACT_STATUS_ACKNOWLEDGED' || this.status === 'ACT_STATUS_REJECTED')
      return { outcome: this.isKnown(answer) ? 'REPEATED' : 'SET_ASIDE' };
    const transmitted = this.transmit(now);
    return answer.kind === 'acknowledgement'
      ? { outcome: 'APPLIED', transmitted, ...this.acknowledge(answer, now) }
      : { outcome: 'APPLIED', transmitted, rejected: this.reject(answer, now) };
  }

  /** The member says on which day it was published or notified. */
  publish(day: string, now: Date): { published: ActLegallyPublished; enforceable: ActBecameEnforceable | undefined } {
    if (this.status === 'ACT_STATUS_REJECTED') throw refuse('ACT_REJECTED', { act: this.actId });
    if (this.publishedOn !== null) throw refuse('ALREADY_PUBLISHED', { act: this.actId, day: this.publishedOn });
    const today = dayInFrance(now);
    if (day < this.decidedOn || day > today) throw refuse('PUBLICATION_DAY_WRONG', { first: this.decidedOn, today });
    this.publishedOn = day;
    return { published: { ...this.fields(), publishedOn: day }, enforceable: this.enforce() };
  }

  /** It runs until it is enforceable, or refused by the prefecture. */
  runs(): boolean {
    return this.status !== 'ACT_STATUS_REJECTED' && this.enforceableOn === null;
  }

  /** Another authority answers for it, and nothing else of it changes (CGCT L2113-5). */
  transfer({ memberId, mergeId }: { memberId: string; mergeId: string }, now: Date): Transfer {
    const fromMemberId = this.memberId;
    this.memberId = memberId;
    const { operator, actId, number, nature, status } = this;
    return {
      left: {
        ...{ operator, memberId: fromMemberId, actId, mergeId },
        ...{ successorMemberId: memberId, transferredAt: now },
      },
      takenOver: { ...this.fields(), fromMemberId, mergeId, number, nature, status },
    };
  }

  /** Throws OTHER_MEMBER unless the caller acts for the authority, or for the whole operator (no member). */
  mustBeActedForBy(callerMemberId: string): void {
    if (callerMemberId !== '' && callerMemberId !== this.memberId) throw refuse('OTHER_MEMBER');
  }

  /** Throws ETAG_STALE when the caller read an older state than this one; an empty etag asks for no such check. */
  mustBeAt(etag: string): void {
    if (etag !== '' && etag !== this.etag()) throw refuse('ETAG_STALE', { act: this.actId });
  }

  etag(): string {
    return `v${this.version}`;
  }

  private acknowledge({ prefectureActId, receivedOn }: Acknowledgement, now: Date) {
    this.status = 'ACT_STATUS_ACKNOWLEDGED';
    this.prefectureActId = prefectureActId;
    this.receivedOn = receivedOn;
    const acknowledged = { ...this.fields(), prefectureActId, receivedOn, acknowledgedAt: now };
    return { acknowledged, enforceable: this.enforce() };
  }

  private reject({ code, detail }: Anomaly, now: Date): ActRejected {
    this.status = 'ACT_STATUS_REJECTED';
    this.anomalyCode = code;
    this.anomalyDetail = detail;
    return { ...this.fields(), anomalyCode: code, rejectedAt: now };
  }

  /** CGCT L2131-1: an act binds once it is published (or notified) and transmitted; the later of the two days counts. */
  private enforce(): ActBecameEnforceable | undefined {
    if (this.publishedOn === null || this.receivedOn === null) return undefined;
    const [, later = ''] = [this.publishedOn, this.receivedOn].sort();
    this.enforceableOn = later;
    return { ...this.fields(), enforceableOn: later };
  }

  private isKnown(answer: Answer): boolean {
    return answer.kind === 'acknowledgement'
      ? answer.prefectureActId === this.prefectureActId && answer.receivedOn === this.receivedOn
      : answer.code === this.anomalyCode && answer.detail === this.anomalyDetail;
  }

  private fields() {
    return { operator: this.operator, memberId: this.memberId, actId: this.actId };
  }
}

/** Throws DECISION_IN_FUTURE for a day that has not come yet in France. */
export function mustBeDecided(decidedOn: string, now: Date): void {
  const today = dayInFrance(now);
  if (decidedOn > today) throw refuse('DECISION_IN_FUTURE', { today });
}

/** The day that it is in metropolitan France, `YYYY-MM-DD`. */
function dayInFrance(now: Date): string {
  // Swedes write their days so.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format(now);
}

import type { LotStatus, LotStepKind, Reservation } from '@jonction/contracts';
import { refuse } from '../refusals.ts';

type Short<T extends string, P extends string> = T extends `${P}${infer S}` ? S : never;
type Status = Short<LotStatus, 'LOT_STATUS_'>;

/** Where a lot must stand for a step to follow. A lot is given up until its signature (CCP R2185-1). */
const FROM: Partial<Record<LotStepKind, Status[]>> = {
  LOT_STEP_KIND_AWARD: ['IN_ANALYSIS'],
  LOT_STEP_KIND_UNSUCCESSFUL: ['IN_ANALYSIS'],
  LOT_STEP_KIND_DISCONTINUATION: ['OPEN', 'IN_ANALYSIS', 'AWARDED', 'STANDSTILL'],
  LOT_STEP_KIND_ANNULMENT: ['OPEN', 'IN_ANALYSIS', 'AWARDED', 'STANDSTILL', 'SIGNED', 'IN_EXECUTION'],
  LOT_STEP_KIND_REJECTIONS: ['AWARDED'],
  LOT_STEP_KIND_SIGNATURE: ['AWARDED', 'STANDSTILL'],
  LOT_STEP_KIND_NOTIFICATION: ['SIGNED'],
  LOT_STEP_KIND_COMPLETION: ['IN_EXECUTION'],
};

const LEADS_TO: Partial<Record<LotStepKind, Status>> = {
  LOT_STEP_KIND_AWARD: 'AWARDED',
  LOT_STEP_KIND_UNSUCCESSFUL: 'UNSUCCESSFUL',
  LOT_STEP_KIND_DISCONTINUATION: 'DISCONTINUED',
  LOT_STEP_KIND_ANNULMENT: 'ANNULLED',
  LOT_STEP_KIND_REJECTIONS: 'STANDSTILL',
  LOT_STEP_KIND_SIGNATURE: 'SIGNED',
  LOT_STEP_KIND_NOTIFICATION: 'IN_EXECUTION',
  LOT_STEP_KIND_COMPLETION: 'DONE',
};

const OVER: Status[] = ['DONE', 'UNSUCCESSFUL', 'DISCONTINUED', 'ANNULLED'];

/** What a step needs to know beside the lot. */
export interface LotStep {
  kind: LotStepKind;
  at: Date;
  now: Date;
  /** Whether the procedure is a formal one: then the rejected have a time to go to the judge. */
  formal: boolean;
  /** From when on the contract may be signed, of rejection letters. */
  signFrom?: Date | undefined;
  award?: { supplierSirets: string[]; amountCents: bigint; tendersReceived: number };
}

/** A step of a lot, as it is kept. */
export class RecordedLotStep {
  stepId!: string;
  operator!: string;
  consultationId!: string;
  lotNumber!: number;
  kind!: LotStepKind;
  occurredAt!: Date;
  decisionRef!: string;
  supplierSirets!: string[];
  /** 0 for all but an award. */
  amountCents!: bigint;
  tendersReceived!: number;
  recordedAt!: Date;
  recordedByAgentId!: string;
}

/** A part of a consultation that is awarded alone. */
export class Lot {
  lotId!: string;
  operator!: string;
  consultationId!: string;
  lotNumber!: number;
  title!: string;
  cpvCode!: string;
  placeCodes!: string[];
  reservation!: Reservation;
  status!: LotStatus;
  statusSince!: Date | null;
  /** Only one tender came: nobody was rejected. */
  soleTenderer!: boolean;
  /** From when on the contract may be signed; null before the rejection letters, or where no time is asked for. */
  signFrom!: Date | null;
  supplierSirets!: string[];
  amountCents!: bigint | null;
  version!: number;

  /** Takes the lot a step further. Throws TIMES_CONTRADICT, LOT_STEP_UNFIT, STANDSTILL_RUNS. */
  take(step: LotStep): void {
    const { kind, at, now } = step;
    const status = this.status.replace('LOT_STATUS_', '') as Status;
    if (!FROM[kind]?.includes(status)) throw refuse('LOT_STEP_UNFIT', { status: inWords(status), lot: this.lotNumber });
    if (at > now || (this.statusSince && at < this.statusSince))
      throw refuse('TIMES_CONTRADICT', { since: (this.statusSince ?? now).toISOString() });
    if (kind === 'LOT_STEP_KIND_SIGNATURE') this.mustBeSignable(status, step);
    if (kind === 'LOT_STEP_KIND_REJECTIONS') this.signFrom = step.signFrom ?? null;
    if (step.award) {
      this.supplierSirets = step.award.supplierSirets;
      this.amountCents = step.award.amountCents;
      this.soleTenderer = step.award.tendersReceived === 1;
    }
    this.status = `LOT_STATUS_${LEADS_TO[kind] as Status}`;
    this.statusSince = at;
  }

  /** Opens its tenders. One that was given up stays so. */
  open(at: Date): void {
    if (this.status !== 'LOT_STATUS_OPEN') return;
    this.status = 'LOT_STATUS_IN_ANALYSIS';
    this.statusSince = at;
  }

  isOver(): boolean {
    return OVER.includes(this.status.replace('LOT_STATUS_', '') as Status);
  }

  /** A formal procedure is signed after the standstill, unless nobody was rejected (CCP R2182-1, R2182-2). */
  private mustBeSignable(status: Status, { formal, at }: LotStep): void {
    if (!formal || (status === 'AWARDED' && this.soleTenderer)) return;
    if (status === 'AWARDED') throw refuse('LOT_STEP_UNFIT', { status: inWords(status), lot: this.lotNumber });
    if (this.signFrom && at < this.signFrom)
      throw refuse('STANDSTILL_RUNS', { sign_from: this.signFrom.toISOString(), lot: this.lotNumber });
  }
}

const inWords = (status: Status): string => status.replaceAll('_', ' ').toLowerCase();

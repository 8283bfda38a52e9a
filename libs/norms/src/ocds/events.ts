/** An operator as essential data name it: a `titulaire` of the format of 2022 fits as it is. */
export interface Operator {
  typeIdentifiant: string;
  id: string;
}

/** A part that is awarded alone. A consultation without lots has one, which is the whole. */
export interface LotFacts {
  /** 1 for the first. */
  number: number;
  title: string;
  /** With its check digit or without. */
  cpvCode: string;
  /** Where it is carried out, NUTS-3; those of the consultation when it says none of its own. */
  placeCodes: [string, ...string[]];
  reservation?: 'HANDICAP' | 'INTEGRATION' | 'SOCIAL_ECONOMY';
}

/** The words of the public contracts code, as the contracts and the norm `ccp` have them. */
export type Nature = 'WORKS' | 'SUPPLIES' | 'SERVICES' | 'SOCIAL_SERVICES';
export type Procedure =
  | 'ADAPTED'
  | 'OPEN'
  | 'RESTRICTED'
  | 'NEGOTIATED'
  | 'COMPETITIVE_DIALOGUE'
  | 'CONCESSION'
  | 'WITHOUT_COMPETITION';

/** What is public of a consultation. The estimate is not: it is the buyer's. */
export interface TenderFacts {
  title: string;
  summary?: string;
  procedure: Procedure;
  nature: Nature;
  /** How many firms were asked, where no notice asked all: absent of a published consultation. */
  consulted?: number;
  deadline: Date;
  /** Until when questions are answered. */
  enquiriesUntil?: Date;
  /** Renewals included. */
  durationMonths: number;
  /** Nothing where the contract considers neither. */
  social: ('CLAUSE' | 'CRITERION' | 'RESERVED')[];
  environmental: ('CLAUSE' | 'CRITERION')[];
  lots: [LotFacts, ...LotFacts[]];
}

export interface DocumentFacts {
  id: string;
  title: string;
  url: string;
}

/** Of a contract that changed: what is absent stays as it was. */
export interface ModificationFacts {
  /** 1 for the first of this contract. */
  number: number;
  notifiedAt: Date;
  amountCents?: bigint;
  durationMonths?: number;
  suppliers?: Operator[];
}

/**
 * What happens to a contracting process, at the moment it becomes public (`at`), which may be long after it happened: an award is
 * secret until the rejected are told, a signature until the holder is.
 */
export type ProcessEvent = { at: Date } & (
  | { kind: 'planned'; tender: TenderFacts }
  | { kind: 'published'; tender: TenderFacts; documents?: DocumentFacts[] }
  /** Put right or prolonged; `changedFields` as ConsultationRectified names them. */
  | { kind: 'rectified'; tender: TenderFacts; changedFields: string[] }
  | { kind: 'answered'; document: DocumentFacts }
  | { kind: 'opened'; openedAt: Date }
  | {
      kind: 'awarded';
      lot: number;
      decidedAt: Date;
      suppliers: Operator[];
      amountCents: bigint;
      tendersReceived: number;
    }
  | { kind: 'closedWithoutContract'; lot: number; decidedAt: Date; as: Without; rationale?: string }
  | { kind: 'notified'; lot: number; signedAt: Date; notifiedAt: Date; durationMonths: number }
  | { kind: 'modified'; lot: number; modification: ModificationFacts }
  /** A subcontractor is accepted; `number` is that of its act, 1 for the first of this contract. */
  | { kind: 'subcontracted'; lot: number; number: number; subcontractor: Operator }
  | { kind: 'completed'; lot: number }
);

/** Without success, given up (CCP R2185-1), or annulled by a judge. */
export type Without = 'UNSUCCESSFUL' | 'DISCONTINUED' | 'ANNULLED';

/** A contracting process: one consultation with all that follows from it. */
export interface Process {
  /** `ocds-` and the six characters that the Open Contracting Partnership gives to a publisher. */
  prefix: string;
  /** Our own id of it, which never changes: no number of a buyer, no year, no number of a modification. */
  id: string;
  buyer: { siret: string; name: string };
}

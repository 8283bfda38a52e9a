/** An operator as essential data name it. */
export interface Operator {
  typeIdentifiant: string;
  id: string;
}

/** What is said of a consultation. Moments are RFC 3339, amounts euros before tax. */
export interface TenderFacts {
  title: string;
  description?: string;
  /** The name of the procedure in the essential data. */
  procedure: string;
  /** Whether the consultation was published for all to answer: in a procédure adaptée the buyer may choose. */
  publicised: boolean;
  /** How many firms were asked, where none was invited by publication. */
  consulted?: number;
  codeCPV: string;
  estimate?: number;
  deadline: string;
  enquiriesUntil?: string;
}

/** What of the essential data of a marché is said again here: a record of the format of 2022 fits as it is. */
export interface EssentialData {
  id: string;
  objet: string;
  codeCPV: string;
  montant: number;
  dureeMois: number;
  dateNotification: string;
  titulaires: { titulaire: Operator }[];
}

/** What happens to a contracting process, in the order in which it becomes public (`at`). */
export type ProcessEvent = { at: string } & (
  | { kind: 'planned' | 'published'; tender: TenderFacts }
  | { kind: 'rectified'; tender: TenderFacts; rationale: string }
  | { kind: 'answered'; document: { id: string; title: string; url?: string } }
  | { kind: 'abandoned'; as: 'cancelled' | 'unsuccessful' | 'withdrawn'; rationale?: string }
  | { kind: 'awarded' | 'notified'; contract: EssentialData }
  | { kind: 'modified'; contract: EssentialData; modification: ModificationFacts }
  | { kind: 'subcontracted'; contract: EssentialData; subcontractor: Operator }
  | { kind: 'ended'; contract: EssentialData }
);

/** A `modification` of the essential data fits as it is. */
export interface ModificationFacts {
  id: number;
  dateNotificationModification: string;
  montant?: number;
  dureeMois?: number;
  titulaires?: { titulaire: Operator }[];
}

/** A contracting process: one consultation with all that follows from it. */
export interface Process {
  /** `ocds-` and the six characters that the Open Contracting Partnership gives to a publisher. */
  prefix: string;
  /** Our own id of it, which never changes: no number of a buyer, no year, no number of a modification. */
  id: string;
  buyer: { siret: string; name: string };
}
